"""Checks the MoE tracker on a GPU: counts, answers and cost, eager and by CUDA graph.

python3 gpu_check.py [RESULT.json]: needs PyTorch 2 with CUDA and nothing else. It
runs a model of MoE layers behind the stand-in of vLLM's router and runner, each way
with the tracker off and on, and exits with 1 where

* the counting of tensors differs from that of lists, on random ids with layers left
  out, ids that name no expert, and every figure the tracker keeps;
* a count of the tracker differs from a count of the same tokens, one by one, on the CPU;
* a bit of the answers differs with the tracker on.

It prints the time of a step with the tracker off and on as JSON. The model's own work
per step is small for its shape (one dense pair of matrices a layer in place of the
experts), so the share of the cost is an upper bound.
"""
import array
import csv
import glob
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from types import SimpleNamespace

HERE = os.path.dirname(os.path.abspath(__file__))
LAYERS, EXPERTS, TOP_K, WIDTH, INNER, LARGEST = 48, 128, 8, 2048, 6144, 4096
GRAPHS = (1, 16, 64, 256)
STEPS = [3, 1, 200, 16, 50, 256, 7, 64, 9, 1, 33, 128]  # tokens; padded up to a graph's size
TIMED = (1, 16, 64, 256)
RUN_LIMIT = 120  # seconds for each of the eight processes


def logits_of(torch, first, tokens):
    """Return the router logits [layers, tokens, experts] of numbered tokens, on the CPU."""
    g = torch.Generator().manual_seed(first + 1)
    skew = torch.linspace(1.5, 0, EXPERTS)
    return torch.randn((LAYERS, tokens, EXPERTS), generator=g) + skew


class Model:
    """MoE layers that route by given logits; a step is eager or the replay of a graph."""

    def __init__(self, torch, router, device, graphs):
        self.torch, self.graphs, self.use = torch, {}, graphs
        g = torch.Generator(device).manual_seed(7)
        new = lambda *size: torch.randn(size, generator=g, device=device, dtype=torch.bfloat16) * 0.02
        self.up, self.down = [new(WIDTH, INNER) for _ in range(4)], [new(INNER, WIDTH) for _ in range(4)]
        self.scale = torch.rand((EXPERTS,), generator=g, device=device)
        self.layers = [SimpleNamespace(router=router(), layer_name="model.layers.%d.mlp.experts" % i) for i in range(LAYERS)]
        self.x = new(LARGEST, WIDTH)
        self.logits = torch.randn((LAYERS, LARGEST, EXPERTS), generator=g, device=device)

    def named_modules(self):
        yield "", self
        for layer in self.layers:
            yield layer.layer_name, layer

    def compute(self, tokens):
        x = self.x[:tokens]
        for i, layer in enumerate(self.layers):
            weights, ids = layer.router.select_experts(x, self.logits[i, :tokens])
            y = self.torch.relu(x @ self.up[i % 4]) @ self.down[i % 4]
            x = x + y * (weights * self.scale[ids.long()]).sum(1, keepdim=True).to(x.dtype)
        return x

    def capture(self):
        torch = self.torch
        if not self.use:
            return
        for size in sorted(GRAPHS, reverse=True):
            self.compute(size)
            torch.cuda.synchronize()
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                out = self.compute(size)
            self.graphs[size] = (graph, out)

    def forward(self, tokens):
        size = next((g for g in GRAPHS if g >= tokens), tokens)
        if not self.use or size not in self.graphs:
            return self.compute(size)[:tokens]
        graph, out = self.graphs[size]
        graph.replay()
        return out[:tokens]


class Config:
    """What the stand-in runner asks for: a batch is its number of tokens."""

    def __init__(self, torch, graphs):
        from vllm.model_executor.layers.fused_moe.router.base_router import BaseRouter

        class Router(BaseRouter):
            def _compute_routing(self, hidden_states, router_logits, indices_type, *, input_ids=None):
                values, ids = router_logits.topk(TOP_K, -1)
                return values.softmax(-1), ids.to(torch.int32)

        self.scheduler_config = SimpleNamespace(max_num_batched_tokens=LARGEST)
        self.make = lambda device: Model(torch, lambda: Router(TOP_K, EXPERTS), device, graphs)

    def batch(self, tokens, padded):
        return tokens


def child(graphs, timing):
    """Serve and hash the answers, or time the steps; print it as JSON."""
    import faulthandler

    faulthandler.dump_traceback_later(RUN_LIMIT - 5)  # where it stands, should it hang
    import torch

    sys.path.insert(0, os.path.join(HERE, "new"))
    from vllm.v1.worker.gpu_model_runner import GPUModelRunner

    with torch.inference_mode():
        runner = GPUModelRunner(Config(torch, graphs), torch.device("cuda"))
        runner.load_model()
        runner.profile_run()
        capture(runner)
        memory = torch.cuda.max_memory_allocated()
        sizes = () if not timing else TIMED if graphs else TIMED + (LARGEST,)
        out = {"bytes": memory, "torch": torch.__version__, "device": torch.cuda.get_device_name(), "us": {t: timed(torch, runner, t) for t in sizes}}
        if timing and not graphs and tracker():
            out["turns"] = {t: in_turns(torch, runner, t) for t in sizes}
        if not timing:
            out["answers"] = answers(torch, runner)
    print(json.dumps(out))


def answers(torch, runner):
    """Return the digest of all bits of all answers."""
    digest, first = hashlib.sha256(), 0
    for tokens in STEPS:
        runner.model.logits[:, :tokens].copy_(logits_of(torch, first, tokens))
        out = step(runner, tokens).contiguous().view(torch.int16)
        digest.update(array.array("h", out.flatten().tolist()).tobytes())
        first += tokens
    return digest.hexdigest()


def capture(runner):
    """Capture the graphs the way the engine does: inside capture_model."""
    runner._dummy_run = lambda *_, **__: runner.model.capture()
    runner.capture_model()
    del runner._dummy_run


def step(runner, tokens):
    return runner.execute_model(SimpleNamespace(total_num_scheduled_tokens=tokens, num_scheduled_tokens={str(i): 1 for i in range(tokens)}, scheduled_spec_decode_tokens={}))


def timed(torch, runner, tokens, steps=20, repeats=5):
    """Return microseconds a step: the median of a few runs, waiting only at their ends."""
    output = SimpleNamespace(total_num_scheduled_tokens=tokens, num_scheduled_tokens={str(i): 1 for i in range(tokens)}, scheduled_spec_decode_tokens={})
    runs = []
    for _ in range(repeats):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(steps):
            runner.execute_model(output)
        torch.cuda.synchronize()
        runs.append((time.perf_counter() - begin) / steps * 1e6)
    return round(sorted(runs)[repeats // 2], 1)


def tracker():
    """Return this process's tracker, None where it is off."""
    return next((f.tracker for f in sys.meta_path if hasattr(f, "targets")), None)


def in_turns(torch, runner, tokens, turns=15):
    """Return microseconds a step without and with recording, the medians of turns in one process.

    An eager step is host time, which differs more between two processes, and between
    two seconds, than recording costs.
    """
    own, off, on = tracker(), [], []
    backend = own.backend
    for _ in range(turns):
        for runs, own.backend in ((off, None), (on, backend)):
            runs.append(timed(torch, runner, tokens, steps=5, repeats=1))
    return sorted(off)[turns // 2], sorted(on)[turns // 2]


def truth(torch):
    """Count the same tokens one by one: by layer and expert, by pair, by step."""
    counts, pairs, steps, first = Counter(), Counter(), {}, 0
    for number, tokens in enumerate(STEPS):
        chosen = logits_of(torch, first, tokens).topk(TOP_K, -1).indices.tolist()
        first += tokens
        for layer, rows in enumerate(chosen):
            own = [0] * EXPERTS
            for ids in rows:
                for i, e in enumerate(ids):
                    own[e] += 1
                    counts[layer, e] += 1
                    for f in ids[i + 1:]:
                        pairs[layer, min(e, f), max(e, f)] += 1
            steps[number, layer] = own
    return counts, pairs, steps


def table(folder, name):
    """Read a CSV of whole numbers; the last column may be a percentage."""
    with open(os.path.join(folder, name)) as f:
        return {tuple(map(int, r[:-1])): r[-1] for r in list(csv.reader(f))[1:]}


def compare(torch, root):
    """Return what differs between the tracker's files and the truth."""
    folders = glob.glob(os.path.join(root, "moe_expert_tracking", "*"))
    faults = glob.glob(os.path.join(root, "tracker-fault-*"))
    if len(folders) != 1 or faults:
        return ["%d recordings; %s" % (len(folders), [open(f).read() for f in faults])]
    wrong, (counts, pairs, steps) = [], truth(torch)
    with open(os.path.join(folders[0], "expert_counts_by_step.json")) as f:
        records = json.load(f)
    got = {(s, l): c for s, l, c in records}
    if got != steps:
        wrong.append("counts by step differ in %d of %d" % (sum(got.get(k) != v for k, v in steps.items()), len(steps)))
    activations = {k[:2]: int(k[2]) for k in table(folders[0], "moe_expert_activations.csv")}
    if activations != dict(counts):
        wrong.append("activations differ")
    if {k: int(n) for k, n in table(folders[0], "moe_expert_coselection.csv").items()} != dict(pairs):
        wrong.append("co-selection differs")
    return wrong


def random_steps(random, shape):
    """Yield (tokens, {row: (ids, weights)}): some rows are missing, some ids no expert's."""
    for _ in range(random.randint(1, 6)):
        tokens, rows = random.randint(1, shape.tokens - 4), {}
        for row in range(len(shape.layers)):
            if random.random() < 0.85:
                ids = [[random.choice([-1, shape.experts]) if random.random() < 0.1 else e for e in random.sample(range(shape.experts), shape.top_k)]
                       for _ in range(tokens + 4)]
                rows[row] = ids, [[2.0 * i + random.randint(1, 1000) / 1024 for i in range(shape.top_k)] for _ in ids]
        yield tokens, rows


def backends(torch, device, trials=30):
    """Return what differs between the counting of tensors and that of lists."""
    import random

    sys.path.insert(0, os.path.join(HERE, os.pardir, "python"))
    import profilemate_moe_tracker as tracker

    random, wrong = random.Random(3), []
    for trial in range(trials):
        tracker.CHUNK = random.choice([1 << 22, 50])
        experts = random.randint(2, 9)
        shape = tracker.Shape(list(range(random.randint(1, 4))), experts, min(experts, random.randint(1, 3)), 40)
        lists, tensors = tracker.PlainBackend(shape), tracker.TorchBackend(torch, shape, device)
        for tokens, rows in random_steps(random, shape):
            for b in (lists, tensors):
                b.begin(tokens)
            for row, (ids, weights) in rows.items():
                lists.write(row, ids, weights, 0, tokens + 4)
                kind, weight = random.choice([(torch.int32, torch.float32), (torch.int64, torch.float32), (torch.int32, torch.float64)])
                tensors.write(row, torch.tensor(ids, dtype=kind, device=device), torch.tensor(weights, dtype=weight, device=device), 0, tokens + 4)
            for b in (lists, tensors):
                b.count(tokens, 5)
                b.close_window()
        for b in (lists, tensors):
            b.pull(True)
        a, b = lists.pulled(True), tensors.pulled(True).plain()
        same = [list(x) for x in a.windows] == [list(x) for x in b.windows] and all(abs(x - y) < 1e-3 for x, y in zip(a.weights, b.weights))
        if not same or any(list(getattr(a, f)) != list(getattr(b, f)) for f in ("counts", "pairs", "next_layer", "tokens")):
            wrong.append("backends: trial %d differs" % trial)
    return wrong


def run(mode, root=None, timing=False):
    env = dict(os.environ, PYTHONPATH=os.path.join(HERE, os.pardir, "python"))
    env.pop("PROFILEMATE_MOE_TRACKER", None)
    if root:
        env["PROFILEMATE_MOE_TRACKER"] = root
    what = "%s, tracker %s, %s" % (mode, "on" if root else "off", "times" if timing else "answers")
    begin = time.monotonic()
    try:
        done = subprocess.run([sys.executable, os.path.abspath(__file__), "--child", mode, "time" if timing else "check"],
                              env=env, stdout=subprocess.PIPE, timeout=RUN_LIMIT)
    except subprocess.TimeoutExpired:
        sys.exit("gpu_check: %s: not done within %d s" % (what, RUN_LIMIT))
    sys.stderr.write("gpu_check: %s: %.1f s\n" % (what, time.monotonic() - begin))
    if done.returncode:
        sys.exit("gpu_check: %s: ended with %d" % (what, done.returncode))
    return json.loads(done.stdout.decode().splitlines()[-1])


def main(result):
    import torch

    out, failed = {"layers": LAYERS, "experts": EXPERTS, "top_k": TOP_K, "modes": {}}, backends(torch, "cuda")
    for mode in ("eager", "graph"):
        with tempfile.TemporaryDirectory() as root:
            off, on = run(mode), run(mode, root)
            wrong = compare(torch, root)
        with tempfile.TemporaryDirectory() as root:
            slow, slower = run(mode, timing=True), run(mode, root, timing=True)
        if off["answers"] != on["answers"]:
            wrong.append("answers differ with the tracker on")
        failed += ["%s: %s" % (mode, w) for w in wrong]
        pairs = slower.get("turns") or {t: (n, slower["us"][t]) for t, n in slow["us"].items()}
        cost = {t: {"off_us": a, "on_us": b, "added_us": round(b - a, 1)} for t, (a, b) in pairs.items()}
        out["modes"][mode] = {"steps": cost, "added_bytes": on["bytes"] - off["bytes"], "wrong": wrong}
    out.update(device=on["device"], torch=on["torch"])
    text = json.dumps(out, indent=1)
    print(text)
    if result:
        with open(result, "w") as f:
            f.write(text + "\n")
    sys.exit("gpu_check failed:\n" + "\n".join(failed) if failed else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2] == "graph", sys.argv[3] == "time")
    else:
        main(sys.argv[1] if len(sys.argv) > 1 else None)
