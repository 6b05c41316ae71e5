"""Stand-in of vLLM's FusedMoE before there were routers: select_experts is static."""


class FusedMoE:
    def __init__(self, num_experts, top_k, prefix, route):
        self.global_num_experts, self.top_k, self.layer_name, self.route = num_experts, top_k, prefix, route

    @staticmethod
    def select_experts(hidden_states, router_logits, top_k, use_grouped_topk, renormalize, topk_group=None, num_expert_group=None,
                       custom_routing_function=None, scoring_func="softmax", e_score_correction_bias=None, indices_type=None):
        return custom_routing_function(router_logits)

    def forward(self, hidden_states, router_logits):
        return self.forward_impl(hidden_states, router_logits)

    def forward_impl(self, hidden_states, router_logits):
        return FusedMoE.select_experts(hidden_states=hidden_states, router_logits=router_logits, top_k=self.top_k, use_grouped_topk=False,
                                       renormalize=True, custom_routing_function=self.route)
