"""Stand-in of vLLM's routers: capture_fn gets logical ids before they are mapped."""
from abc import ABC, abstractmethod


class FusedMoERouter(ABC):
    def select_experts(self, hidden_states, router_logits, *, input_ids=None):
        return self._select_experts(hidden_states, router_logits, input_ids=input_ids)


class BaseRouter(FusedMoERouter):
    def __init__(self, top_k, global_num_experts, eplb_state=None):
        super().__init__()
        self.top_k, self.global_num_experts, self.eplb_state, self.capture_fn = top_k, global_num_experts, eplb_state, None

    def set_capture_fn(self, capture_fn):
        """Set a capture callback for logical routed expert IDs."""
        self.capture_fn = capture_fn

    @abstractmethod
    def _compute_routing(self, hidden_states, router_logits, indices_type, *, input_ids=None):
        raise NotImplementedError

    def _select_experts(self, hidden_states, router_logits, topk_indices_dtype=None, *, input_ids=None):
        topk_weights, topk_ids = self._compute_routing(hidden_states, router_logits, topk_indices_dtype, input_ids=input_ids)
        if self.capture_fn is not None:
            self.capture_fn(topk_ids)
        if self.eplb_state is not None:
            topk_ids = self.eplb_state(topk_ids)
        return topk_weights, topk_ids
