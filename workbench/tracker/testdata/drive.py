"""Serves steps of a known routing through a stand-in engine and says what it did.

drive.py ENGINE SCENARIO: prints one JSON object with the answers of every step and, as
the truth, the experts each real token chose by layer. ENGINE is new, old or slang.
"""
import json
import os
import signal
import sys
import time
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS, EXPERTS, TOP_K = 3, 7, 3


def scatter(seed):
    """Return a number that looks random and is the same everywhere."""
    seed = (seed * 2654435761 + 12345) & 0xFFFFFFFF
    seed ^= seed >> 15
    return (seed * 2246822519) & 0xFFFFFFFF


def route(logits):
    """Choose TOP_K different experts for each token from its number."""
    weights, ids = [], []
    for number in logits:
        order = sorted(range(EXPERTS), key=lambda e: scatter(number * 64 + e))
        ids.append(order[:TOP_K])
        weights.append([0.5, 0.3, 0.2])
    return weights, ids


class Config:
    """What the stand-ins ask for; batch gives the next tokens' numbers by layer."""

    def __init__(self, scenario):
        self.experts = self.physical = EXPERTS
        self.top_k, self.route, self.eplb = TOP_K, route, None
        self.names = ["model.layers.%d.mlp.experts" % (2 * i + 1) for i in range(LAYERS)]
        self.scheduler_config = SimpleNamespace(max_num_batched_tokens=64)
        self.model_config = SimpleNamespace(model="stand-in", enable_sleep_mode=scenario == "sleep")
        self.parallel_config = SimpleNamespace(enable_eplb=False)
        self.server_args = SimpleNamespace(chunked_prefill_size=64, max_prefill_tokens=64, model_path="stand-in", enable_dp_attention=False)
        self.decode = SimpleNamespace(is_idle=lambda: False, is_decode=lambda: True, is_mixed=lambda: False)
        self.served = 0
        if scenario == "nameless":
            self.names = ["model.block%s.experts" % "abc"[i] for i in range(LAYERS)]
        if scenario == "eplb":
            self.physical = EXPERTS + 2
            self.parallel_config = SimpleNamespace(enable_eplb=True, eplb_config=SimpleNamespace(num_redundant_experts=2))
            self.eplb = lambda ids: [[(e + 4) % (EXPERTS + 2) for e in t] for t in ids]

    def batch(self, tokens, padded):
        """Return numbers of tokens; those of the padding are big."""
        numbers = list(range(self.served, self.served + tokens)) + list(range(10 ** 6, 10 ** 6 + padded - tokens))
        self.served += tokens
        return [[n * 16 + layer for n in numbers] for layer in range(LAYERS)]


class Engine:
    """One engine of a kind, with its way to make a step."""

    def __init__(self, kind, scenario):
        sys.path.insert(0, os.path.join(HERE, kind))
        self.kind, self.config, self.truth, self.answers = kind, Config(scenario), [], []
        if kind == "slang":
            from sglang.srt.model_executor.model_runner import ModelRunner as Runner
        else:
            from vllm.v1.worker.gpu_model_runner import GPUModelRunner as Runner
        self.runner = Runner(self.config, None)
        self.runner.load_model()
        if kind != "slang":
            self.runner.profile_run()
            self.runner.capture_model()
        else:
            self.runner.init_cuda_graphs()

    def step(self, tokens):
        """Run a step of so many tokens and note what was chosen."""
        first = self.config.served
        if self.kind == "slang":
            out = self.runner.forward(SimpleNamespace(forward_mode=self.config.decode, input_ids=[0] * tokens))
        else:
            requests = {"r%d" % i: 1 for i in range(tokens)} if tokens < 9 else {"r0": tokens}
            out = self.runner.execute_model(SimpleNamespace(total_num_scheduled_tokens=tokens, num_scheduled_tokens=requests, scheduled_spec_decode_tokens={}))
        self.answers.append(out)
        self.truth.append([route([n * 16 + layer for n in range(first, first + tokens)])[1] for layer in range(LAYERS)])


def serve(kind, scenario, steps=(5, 1, 33, 8, 2)):
    engine = Engine(kind, scenario)
    for tokens in steps:
        engine.step(tokens)
    return engine


def child(kind, path):
    """Serve in a child process and leave the truth in a file."""
    engine = serve(kind, "plain", (3, 4))
    with open(path, "w") as f:
        json.dump(engine.truth, f)


def in_child(kind, method, path):
    import multiprocessing

    process = multiprocessing.get_context(method).Process(target=child, args=(kind, path))
    process.start()
    process.join()
    return process.exitcode


def main(kind, scenario):
    if scenario in ("fork", "spawn"):
        path = os.environ["TRUTH"]
        print(json.dumps({"exit": in_child(kind, scenario, path), "truth": json.load(open(path))}))
        return
    if scenario == "handled":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
    engine = serve(kind, scenario)
    if scenario == "forked-after":
        pid = os.fork()
        if not pid:
            engine.step(6)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(30)
        os.waitpid(pid, 0)
    print(json.dumps({"answers": engine.answers, "truth": engine.truth}))
    sys.stdout.flush()
    if scenario in ("killed", "handled"):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(30)
    if scenario == "idle":
        time.sleep(3)
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
