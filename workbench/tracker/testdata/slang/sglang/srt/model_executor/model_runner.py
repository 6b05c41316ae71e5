"""Stand-in of SGLang's model runner."""
from types import SimpleNamespace

from sglang.srt.layers.moe.topk import TopK


class Model:
    def __init__(self, config):
        self.named = [(name + ".topk", TopK(config.top_k, custom_routing_function=config.route)) for name in config.names]
        self.experts = [(name + ".experts", SimpleNamespace(num_experts=config.experts)) for name in config.names]

    def named_modules(self):
        return iter([("", self)] + self.named + self.experts)

    def forward(self, batch):
        return [tuple(topk.forward(None, logits))[:2] for (_, topk), logits in zip(self.named, batch)]


class ModelRunner:
    def __init__(self, config, device):
        self.config, self.device, self.server_args, self.tp_rank, self.tp_size = config, device, config.server_args, 0, 1

    def load_model(self):
        self.model = Model(self.config)

    def init_cuda_graphs(self):
        self.forward(SimpleNamespace(forward_mode=self.config.decode, input_ids=[0] * 4))

    def forward(self, forward_batch, skip_attn_backend_init=False, pp_proxy_tensors=None):
        tokens = len(forward_batch.input_ids)
        return self.model.forward(self.config.batch(tokens, -(-tokens // 4) * 4))
