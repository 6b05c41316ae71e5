"""Stand-in of vLLM's model runner: its published methods and arguments."""
from vllm.model import build


class GPUModelRunner:
    def __init__(self, vllm_config, device):
        self.vllm_config, self.device, self.max_num_tokens = vllm_config, device, vllm_config.scheduler_config.max_num_batched_tokens
        self.graphs = []

    def get_model(self):
        return self.model

    def load_model(self, load_dummy_weights=False):
        self.model = build(self.vllm_config, self.device)

    def _dummy_run(self, num_tokens, **kwargs):
        return self.model.forward(self.vllm_config.batch(num_tokens, num_tokens))

    def profile_run(self):
        self._dummy_run(self.max_num_tokens)

    def capture_model(self):
        self._dummy_run(4)
        return 0

    def execute_model(self, scheduler_output, intermediate_tensors=None):
        tokens = scheduler_output.total_num_scheduled_tokens
        return self.model.forward(self.vllm_config.batch(tokens, -(-tokens // 4) * 4))
