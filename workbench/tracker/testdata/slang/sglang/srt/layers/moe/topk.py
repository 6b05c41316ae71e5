"""Stand-in of SGLang's top-k: select_experts knows no layer, the TopK that calls it does."""
from collections import namedtuple

StandardTopKOutput = namedtuple("StandardTopKOutput", "topk_weights topk_ids router_logits")
TopKConfig = namedtuple("TopKConfig", "top_k custom_routing_function")


class CustomOp:
    def __init__(self):
        self._forward_method = self.forward_cuda

    def forward(self, *args, **kwargs):
        return self._forward_method(*args, **kwargs)


class TopK(CustomOp):
    def __init__(self, top_k, *, layer_id=None, custom_routing_function=None):
        super().__init__()
        self.topk_config = TopKConfig(top_k, custom_routing_function)
        if layer_id is not None:
            self.layer_id = layer_id

    def forward_cuda(self, hidden_states, router_logits, *, num_token_non_padded=None, expert_location_dispatch_info=None):
        return select_experts(hidden_states, router_logits, self.topk_config, num_token_non_padded=num_token_non_padded,
                              expert_location_dispatch_info=expert_location_dispatch_info)


def select_experts(hidden_states, router_logits, topk_config, *, num_token_non_padded=None, expert_location_dispatch_info=None):
    weights, ids = topk_config.custom_routing_function(router_logits)
    return StandardTopKOutput(weights, ids, router_logits)
