"""Records which experts a serving engine's routers choose, without changing an answer.

Set PROFILEMATE_MOE_TRACKER to a folder and put this file's folder on PYTHONPATH. Every
process inherits both. A process that loads an MoE model with vLLM or SGLang gets a
folder of its own below that one, with the files of docs/moe-tracker.md.

How it works. Each router copies the ids and weights of its tokens into a buffer that
exists before any CUDA graph is captured, so that the copy is part of the graph and
runs again on every replay. After each step of the engine the buffer is counted, by a
few operations on the device that nobody waits for. Padding is what lies behind the
step's number of tokens; profile, warm-up and capture runs are no steps. Results leave
the device by asynchronous copies that the engine's own thread starts between steps; a
second thread only writes files. Whatever goes wrong is told once, and recording ends.

Python 3.8 or later, standard library only; torch is used where the engine has it.
"""
import array
import atexit
import contextlib
import functools
import json
import math
import os
import re
import signal
import sys
import threading
import time

VERSION = 1
SWITCH = "PROFILEMATE_MOE_TRACKER"
LEVEL_COUNTS = 1 << 20  # counts written before a record covers twice as many steps
SAMPLED_TOKENS = 16  # whose weights are kept, of one step per flush
SAMPLED_ROWS = 65536  # rows of weights kept in all
CHUNK = 1 << 22  # most elements of a temporary on the device
MOST_PLACES = 1 << 13  # views of the buffer that are kept for later steps
SHARE = 0.02  # of the interpreter's time that writing may take while the engine runs
PIECE = 0.0005  # seconds of writing between two looks at that share


def option(name, default):
    """Read a number from PROFILEMATE_MOE_TRACKER_<name>; a bad one is the default."""
    try:
        return float(os.environ.get(SWITCH + "_" + name, default))
    except ValueError:
        return float(default)


def layer_of(name):
    """Return the layer in a module's name, -1 where it names none or several."""
    numbers = [p for p in name.split(".") if p.isdigit()]
    if len(numbers) != 1:
        numbers = re.findall(r"(?:^|\.)layers\.(\d+)(?=\.|$)", name)
    return int(numbers[0]) if len(numbers) == 1 else -1


class Shape:
    """What is recorded: the layer of each row, experts, experts a token, tokens a step."""

    def __init__(self, layers, experts, top_k, tokens):
        self.layers, self.experts, self.top_k, self.tokens = layers, experts, top_k, tokens


class Snapshot:
    """Figures on the host: flat arrays by row, then expert (then expert)."""

    def __init__(self, windows, counts, pairs, next_layer, weights, sample, tokens):
        self.windows = windows  # one flat array of counts a closed window
        self.counts, self.pairs, self.next_layer, self.weights = counts, pairs, next_layer, weights
        self.sample = sample  # (rows x tokens x k ids, weights, tokens), or None
        self.tokens = tokens  # flat ids (token, row, k) of the steps kept whole


class PlainBackend:
    """Counts lists of lists. It is the reference of the one for tensors."""

    def __init__(self, shape):
        self.shape = shape
        size = len(shape.layers) * shape.experts
        zeros = lambda n: array.array("q", bytes(8 * n))
        self.counts, self.window = zeros(size), zeros(size)
        self.pairs, self.next_layer = zeros(size * shape.experts), zeros(size * shape.experts)
        self.weights = array.array("d", bytes(8 * size))
        self.windows, self.kept, self.sample, self.out = [], array.array("h"), None, None
        self.begin(0)

    def begin(self, tokens):
        """Forget what the buffer holds of the first tokens: a layer that does not run must not count twice."""
        self.ids = [[] for _ in self.shape.layers]
        self.probs = [None for _ in self.shape.layers]

    def write(self, row, ids, weights, first, rows):
        """Note what one router chose for tokens first to first+rows of the batch."""
        self.ids[row] = [list(t) for t in ids[first:first + rows]]
        self.probs[row] = None if weights is None else [list(t) for t in weights[first:first + rows]]

    def _chosen(self, row, token):
        """Return (expert, weight) of a token, without ids that name no expert."""
        if token >= len(self.ids[row]):
            return []
        ids, probs = self.ids[row][token], self.probs[row]
        pairs = zip(ids, probs[token] if probs else [0.0] * len(ids))
        return [(e, w) for e, w in pairs if 0 <= e < self.shape.experts]

    def count(self, tokens, keep):
        """Add the first tokens of the step to the counts."""
        experts, best = self.shape.experts, {}
        for row in range(len(self.shape.layers)):
            for token in range(tokens):
                chosen = self._chosen(row, token)
                for i, (e, w) in enumerate(chosen):
                    at = row * experts + e
                    self.window[at] += 1
                    self.weights[at] += w
                    for other, _ in chosen[i + 1:]:
                        self.pairs[at * experts + other] += 1
                best[row, token] = max(chosen, key=lambda c: c[1])[0] if chosen else -1
                before = best.get((row - 1, token), -1)
                if before >= 0 and chosen:
                    self.next_layer[((row - 1) * experts + before) * experts + best[row, token]] += 1
        self._keep(min(tokens, keep))

    def _keep(self, tokens):
        for token in range(tokens):
            for ids in self.ids:
                self.kept.extend((list(ids[token]) if token < len(ids) else [-1] * self.shape.top_k))

    def close_window(self):
        """End a window: its counts are added to those of the whole recording."""
        self.windows.append(self.window)
        for i, n in enumerate(self.window):
            self.counts[i] += n
        self.window = array.array("q", bytes(8 * len(self.counts)))

    def take_sample(self, tokens):
        """Keep the weights of the first tokens of the step for the next snapshot."""
        if all(p is not None and len(p) >= tokens for p in self.probs):
            flat = lambda rows: [v for row in rows for t in row[:tokens] for v in t]
            self.sample = (flat(self.ids), flat(self.probs), tokens)

    def pull(self, pairs):
        """Begin to copy the figures to the host; pairs says whether the big ones go too."""
        total = array.array("q", (n + m for n, m in zip(self.counts, self.window)))
        self.out = Snapshot(self.windows, total, array.array("q", self.pairs) if pairs else None,
                            array.array("q", self.next_layer) if pairs else None, array.array("d", self.weights), self.sample, self.kept)
        self.windows, self.kept, self.sample = [], array.array("h"), None

    def pulled(self, wait):
        """Return the figures once they have arrived, None before."""
        out, self.out = self.out, None
        return out

    def usable(self):
        """Report whether the device may be asked now."""
        return True

    def on_stream(self):
        """Return the context in which the device is asked outside of a step."""
        return contextlib.nullcontext()


class TorchBackend:
    """Counts tensors where they are. Nothing here waits for the device but pulled(True).

    What costs the engine time is the number of operations, not their size: a router's
    choice is one, and a step is counted by about fifteen for all layers together.
    """

    def __init__(self, torch, shape, device):
        self.torch, self.shape, self.device = torch, shape, torch.device(device)
        rows, e, k = len(shape.layers), shape.experts + 1, shape.top_k  # one expert more takes what is none
        make = lambda size, kind: torch.zeros(size, dtype=kind, device=self.device)
        with torch.inference_mode(False):
            self.buffer = make((rows, shape.tokens, 2 * k), torch.int32)  # ids, then the bits of their weights
            self.ids, self.probs = self.buffer[..., :k], self.buffer.view(torch.float32)[..., k:]
            self.ids.fill_(-1)
            self.counts, self.window = make((rows, e), torch.int64), make((rows, e), torch.int64)
            # A line more than experts: see _count.
            self.pairs, self.next_layer = make((rows * (e + 1) * e,), torch.int64), make((rows * (e + 1) * e,), torch.int64)
            self.weights = make((rows, e), torch.float64)
            self.one, self.base = make((1,), torch.int64).fill_(1), torch.arange(rows, device=self.device).mul_(e).view(rows, 1, 1)
            both = [(i, j) for i in range(k) for j in range(i + 1, k)]
            self.couples = torch.tensor([p[0] for p in both] + [p[1] for p in both], dtype=torch.int64, device=self.device)
        self.windows, self.kept, self.sample, self.out, self.stream = [], [], None, None, None
        self.weighed, self.places = [False] * rows, {}

    def begin(self, tokens):
        with self.torch.no_grad():
            self.ids[:, :tokens].fill_(-1)

    def write(self, row, ids, weights, first, rows):
        torch = self.torch
        if first or rows != len(ids):
            ids, weights = ids[first:first + rows], None if weights is None else weights[first:first + rows]
        if weights is not None:
            self.weighed[row] = True
        if torch.is_grad_enabled():
            with torch.no_grad():
                self._write(row, ids.detach(), None if weights is None else weights.detach(), rows)
        else:
            self._write(row, ids, weights, rows)

    def _write(self, row, ids, weights, rows):
        place = self.places.get((row, rows))
        if place is None:
            with self.torch.inference_mode(False):
                place = self.buffer[row, :rows]
            if len(self.places) < MOST_PLACES:
                self.places[row, rows] = place
        columns = ids.shape[1]
        if (weights is not None and ids.dtype == self.torch.int32 and weights.dtype == self.torch.float32 and columns == self.shape.top_k
                and ids.shape == weights.shape):
            self.torch.cat((ids, weights.view(self.torch.int32)), 1, out=place)
            return
        self.ids[row, :rows, :columns].copy_(ids)
        if weights is not None:
            self.probs[row, :rows, :columns].copy_(weights)

    def count(self, tokens, keep):
        if self.device.type == "cuda":
            self.stream = self.torch.cuda.current_stream(self.device)
        per_token = len(self.shape.layers) * max(self.couples.numel(), self.shape.top_k, 1)
        step = max(1, CHUNK // per_token)
        with self.torch.no_grad():
            for first in range(0, tokens, step):
                self._count(first, min(tokens, first + step))
            if keep:
                self.kept.append(self._short(self.ids[:, :min(tokens, keep)].transpose(0, 1)))

    def _short(self, ids):
        return ids.to(self.torch.int16).contiguous()

    def _count(self, first, end):
        """Count tokens first to end of all layers at once.

        An expert is numbered row * e + expert over all rows, the one that takes what is
        none included. The cell of a pair is then e * one + other = row * e * (e + 1)
        + e * expert + other: a row's block has a line more than experts. The expert of
        the next row is e more, so that its blocks begin with the empty line.
        """
        e, couples = self.shape.experts + 1, self.couples.numel() // 2
        ids, probs = self.ids[:, first:end], self.probs[:, first:end]
        at = ids.clamp(0, e - 2)
        none = at.ne(ids)
        at = at.masked_fill_(none, e - 1) + self.base
        self._add(self.window.view(-1), at)
        self.weights.view(-1).scatter_add_(0, at.view(-1), probs.double().reshape(-1))
        if couples:
            both = at.index_select(2, self.couples)
            self._add(self.pairs, both[..., couples:].add(both[..., :couples], alpha=e))
        if len(self.shape.layers) > 1:
            best = at.gather(2, probs.masked_fill(none, -1.0).argmax(2, True))
            self._add(self.next_layer, best[1:].add(best[:-1], alpha=e))

    def _add(self, to, at):
        to.scatter_add_(0, at.reshape(-1), self.one.expand(at.numel()))

    def close_window(self):
        with self.torch.no_grad():
            self.windows.append(self.window.to(self.torch.int32))
            self.counts.add_(self.window)
            self.window.zero_()

    def take_sample(self, tokens):
        if all(self.weighed):
            with self.torch.no_grad():
                self.sample = (self._short(self.ids[:, :tokens]), self.probs[:, :tokens].clone().contiguous(), tokens)

    def pull(self, pairs):
        with self.torch.no_grad():
            windows, kept, sample = self.windows, self.kept, self.sample
            self.windows, self.kept, self.sample = [], [], None
            parts = {"windows": self._host(self.torch.stack(windows)) if windows else None, "counts": self._host(self.counts + self.window),
                     "weights": self._host(self.weights), "kept": self._host(self.torch.cat(kept)) if kept else None,
                     "pairs": self._host(self.pairs) if pairs else None, "next": self._host(self.next_layer) if pairs else None,
                     "sample": (self._host(sample[0]), self._host(sample[1]), sample[2]) if sample else None}
            event = None
            if self.device.type == "cuda":
                event = self.torch.cuda.Event()
                event.record()
            self.out = (event, parts)

    def _host(self, tensor):
        """Start a copy into pinned memory, which the device fills without being waited for."""
        if self.device.type != "cuda":
            return tensor.clone()
        out = self.torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu", pin_memory=True)
        return out.copy_(tensor, non_blocking=True)

    def pulled(self, wait):
        if self.out is None:
            return None
        event, parts = self.out
        if event is not None and not event.query():
            if not wait:
                return None
            event.synchronize()
        self.out = None
        return LazySnapshot(self.shape, parts)

    def usable(self):
        cuda = self.torch.cuda
        return self.device.type != "cuda" or not cuda.is_current_stream_capturing()

    def on_stream(self):
        # Another thread's default stream would not wait for the steps'.
        return self.torch.cuda.stream(self.stream) if self.stream is not None else contextlib.nullcontext()


def flat(tensor, code):
    """Return a host tensor's numbers as an array, by one copy of its memory."""
    import ctypes

    tensor = tensor.contiguous()
    out = array.array(code)
    out.frombytes(ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size()))
    return out


class LazySnapshot:
    """A Snapshot of host tensors: cut and turned into arrays by the thread that writes."""

    def __init__(self, shape, parts):
        self.shape, self.parts = shape, parts

    def plain(self):
        """Return the Snapshot, without the expert that takes what is none."""
        p, rows, e = self.parts, len(self.shape.layers), self.shape.experts
        square = lambda t, line: None if t is None else flat(t.view(rows, e + 2, e + 1)[:, line:line + e, :e], "q")
        windows = [] if p["windows"] is None else [flat(w[:, :e], "i") for w in p["windows"]]
        sample = p["sample"] and (flat(p["sample"][0], "h"), flat(p["sample"][1], "f"), p["sample"][2])
        kept = array.array("h") if p["kept"] is None else flat(p["kept"], "h")
        return Snapshot(windows, flat(p["counts"][:, :e], "q"), square(p["pairs"], 0), square(p["next"], 1), flat(p["weights"][:, :e], "d"), sample, kept)


class Window:
    """Consecutive steps counted as one record."""

    def __init__(self, step, seconds):
        self.step, self.seconds, self.steps, self.tokens, self.phases = step, seconds, 0, 0, set()


class Files:
    """The files of one process. What only grows is appended to; the rest is replaced whole."""

    def __init__(self, folder, shape, facts, pause):
        self.pause = pause  # lets the engine have the interpreter; no wait at the end of the process
        self.folder, self.shape, self.facts = folder, shape, facts
        self.totals, self.pairs, self.next_layer, self.samples = None, None, None, []
        self.kept, self.begun = 0, False
        os.makedirs(folder, exist_ok=True)

    def _append(self, name, text, head="", tail=""):
        """Write text behind the head or, from then on, where the tail stood."""
        path = os.path.join(self.folder, name)
        new = not os.path.exists(path)
        with open(path, "w+b" if new else "r+b", buffering=0) as f:
            f.seek(0 if new else f.seek(0, os.SEEK_END) - len(tail))
            f.write(((head if new else "") + text + tail).encode())

    def _replace(self, name, pieces):
        """Write a whole file beside the old one and put it in its place."""
        path = os.path.join(self.folder, name)
        with open(path + ".new", "w") as f:
            for piece in pieces:
                f.write(piece)
                self.pause()
        os.replace(path + ".new", path)

    def _groups(self):
        """Return the rows of each layer; only the unknown layer has several."""
        groups = {}
        for row, layer in enumerate(self.shape.layers):
            groups.setdefault(layer, []).append(row)
        return sorted(groups.items())

    def _layer(self, values, rows, width):
        if len(rows) == 1:
            return values[rows[0] * width:(rows[0] + 1) * width]
        return [sum(values[r * width + i] for r in rows) for i in range(width)]

    def take(self, snapshot, windows):
        """Write what a snapshot brought, and the windows it holds the counts of."""
        self.totals, self.weights = snapshot.counts, snapshot.weights
        if snapshot.pairs is not None:
            self.pairs, self.next_layer = snapshot.pairs, snapshot.next_layer
        self._steps(list(zip(windows, snapshot.windows)))
        if snapshot.sample and len(self.samples) < SAMPLED_ROWS:
            self._sample(*snapshot.sample)
        if snapshot.tokens:
            self._tokens(snapshot.tokens)
        self._whole(snapshot.pairs is not None)

    def _steps(self, windows):
        for window, counts in windows:
            lists, spread = [], []
            for layer, rows in self._groups():
                own = self._layer(counts, rows, self.shape.experts)
                lists.append("[%d, %d, [%s]]" % (window.step, layer, ", ".join(map(str, own))))
                mean = sum(own) / len(own)
                std = math.sqrt(sum((n - mean) ** 2 for n in own) / len(own))
                ratio = "%.3f" % (max(own) / min(own)) if min(own) else "inf" if max(own) else ""
                spread.append("%d,%.3f,%.3f,%s\n" % (layer, window.seconds, std, ratio))
                self.pause()
            phase = window.phases.pop() if len(window.phases) == 1 else "mixed"
            self._append("expert_counts_by_step.json", ("," if self.begun else "") + "\n" + ",\n".join(lists), "[", "\n]\n")
            self.begun = True
            self._append("moe_load_imbalance.csv", "".join(spread), "layer_idx,timestamp_sec,std_dev,max_min_ratio\n")
            line = "%d,%d,%.6f,%s,%d\n" % (window.step, window.steps, window.seconds, phase, window.tokens)
            self._append("moe_steps.csv", line, "step,steps,timestamp_sec,phase,tokens\n")

    def _sample(self, ids, weights, tokens):
        k = self.shape.top_k
        for row, layer in enumerate(self.shape.layers):
            for i in range(tokens * k):
                at = row * tokens * k + i
                if 0 <= ids[at] < self.shape.experts:
                    self.samples.append("%d,%d,%d,%.6f\n" % (layer, i // k, ids[at], weights[at]))
            self.pause()

    def _tokens(self, ids):
        """Append ids to a NumPy file; the header has a fixed length."""
        rows, k = len(self.shape.layers), self.shape.top_k
        self.kept += len(ids) // (rows * k)
        text = "{'descr': '<i2', 'fortran_order': False, 'shape': (%d, %d, %d), }" % (self.kept, rows, k)
        header = b"\x93NUMPY\x01\x00" + (118).to_bytes(2, "little") + text.ljust(117).encode() + b"\n"
        if sys.byteorder != "little":
            ids = array.array("h", ids)
            ids.byteswap()
        path = os.path.join(self.folder, "moe_token_ids.npy")
        with open(path, "r+b" if os.path.exists(path) else "w+b", buffering=0) as f:
            f.seek(max(len(header), f.seek(0, os.SEEK_END)))
            f.write(ids.tobytes())
            f.seek(0)
            f.write(header)

    def _whole(self, pairs):
        self._replace("moe_expert_activations.csv", self._activations())
        self._replace("moe_weight_sums.csv", self._sums())
        self._replace("moe_summary.json", [json.dumps(self._summary(), indent=1, allow_nan=False)])
        self._replace("moe_routing_weights_hist.csv", ["layer_idx,token_idx,expert_id,weight\n"] + self._weights_in_pieces())
        if pairs:
            self._replace("moe_expert_coselection.csv", self._coselection())
            self._replace("layer_affinity.csv", self._affinity())
        self.metadata()

    def metadata(self):
        """Write what the recording is."""
        self._replace("moe_metadata.json", [json.dumps(self.facts, indent=1, sort_keys=True, allow_nan=False)])

    def _weights_in_pieces(self):
        return ["".join(self.samples[i:i + 2000]) for i in range(0, len(self.samples), 2000)]

    def _activations(self):
        yield "layer_idx,expert_id,activation_count,percentage\n"
        for layer, rows in self._groups():
            own = self._layer(self.totals, rows, self.shape.experts)
            total = sum(own)
            yield "".join("%d,%d,%d,%.2f\n" % (layer, e, n, 100.0 * n / total) for e, n in enumerate(own) if n)

    def _sums(self):
        yield "layer_idx,expert_id,weight_sum\n"
        for layer, rows in self._groups():
            own = self._layer(self.weights, rows, self.shape.experts)
            yield "".join("%d,%d,%.6f\n" % (layer, e, w) for e, w in enumerate(own) if w and math.isfinite(w))

    def _coselection(self):
        yield "layer_idx,expert_id_1,expert_id_2,coselection_count\n"
        size = self.shape.experts
        for layer, rows in self._groups():
            own = self._layer(self.pairs, rows, size * size)
            # Numbers that sort as (count downwards, pair) do, since sorting tuples would hold the interpreter for long.
            cells, found = size * size, []
            for a in range(size):
                line, column = own[a * size + a + 1:(a + 1) * size], own[(a + 1) * size + a::size]
                found.extend(a * size + a + 1 + i - (n + m) * cells for i, (n, m) in enumerate(zip(line, column)) if n + m)
                if a % 8 == 7:
                    yield ""
            found.sort()
            for i in range(0, len(found), 500):
                yield "".join("%d,%d,%d,%d\n" % (layer, f % cells // size, f % size, -(f // cells)) for f in found[i:i + 500])

    def _affinity(self):
        yield "layer_idx,expert_id,next_expert_id,count\n"
        size, layers = self.shape.experts, self.shape.layers
        for row in range(len(layers) - 1):
            if -1 in layers[row:row + 2]:
                continue
            for first in range(0, size, 8):
                at = (row * size + first) * size
                own = self.next_layer[at:(row * size + min(size, first + 8)) * size]
                yield "".join("%d,%d,%d,%d\n" % (layers[row], first + i // size, i % size, n) for i, n in enumerate(own) if n)

    def _summary(self):
        out = {}
        for layer, rows in self._groups():
            own = self._layer(self.totals, rows, self.shape.experts)
            hit, total, mean = sum(1 for n in own if n), sum(own), sum(own) / len(own)
            out["layer_%d" % layer] = {
                "num_experts": self.shape.experts, "top_k": self.shape.top_k, "total_activations": total, "unique_experts_activated": hit,
                "activation_coverage_pct": 100.0 * hit / len(own), "mean_activations_per_expert": mean,
                "std_dev_activations": math.sqrt(sum((n - mean) ** 2 for n in own) / len(own)),
                "min_activations": min(own), "max_activations": max(own),
                "load_balance_ratio": max(own) / min(own) if min(own) else None, "most_activated_expert": max(range(len(own)), key=own.__getitem__)}
        return out


class Tracker:
    """What one process records. Its methods are called by the hooks and never raise."""

    def __init__(self, folder):
        self.root, self.pid, self.armed, self.leaked, self.local = folder, os.getpid(), None, [], threading.local()
        self.flush_every, self.keep_tokens = option("FLUSH", 30), int(option("TOKENS", 0))
        self._fresh()
        self.backend, self.shape, self.rows, self.facts = None, None, {}, {}

    def _fresh(self):
        self.lock, self.writing, self.wake = threading.RLock(), threading.RLock(), threading.Event()
        self.thread, self.queue, self.taking, self.files, self.late = None, [], False, None, None
        self.dead, self.said, self.draining, self.ending, self.owner = False, set(), False, threading.Event(), None
        self.window, self.closed, self.sent, self.span, self.level = None, [], [], 1, 0
        self.step, self.tokens, self.kept, self.saved, self.sampled = 0, 0, 0, 0, False
        self.began = self.flushed = self.stepped = time.monotonic()
        self.paired, self.resumed = -math.inf, 0.0

    def after_fork(self):
        """Start anew in a forked child: nothing of the parent's is counted twice."""
        shape, backend, rows, facts = self.shape, self.backend, self.rows, self.facts
        self.pid = os.getpid()
        self._fresh()
        self.local.__dict__.clear()
        self.armed = None
        if isinstance(backend, PlainBackend):
            self.backend, self.facts = PlainBackend(shape), dict(facts, notes=[])
            return
        self.leaked.append((backend, rows))  # giving device memory back from a fork would fail
        self.backend, self.shape, self.rows, self.facts = None, None, {}, {}

    def note(self, text):
        """Remember something that a reader must know, once."""
        if text not in self.said:
            self.said.add(text)
            self.facts.setdefault("notes", []).append(text)

    def step_aside(self, fault):
        """Tell the first fault and record nothing from then on."""
        if self.dead:
            return
        self.dead = True
        try:
            import traceback

            text = "profilemate: the MoE tracker stops in process %d: %r" % (os.getpid(), fault)
            self.note("stopped by a fault: %r" % (fault,))
            sys.stderr.write(text + "\n")
            os.makedirs(self.root, exist_ok=True)
            with open(os.path.join(self.root, "tracker-fault-%d.log" % os.getpid()), "a") as f:
                f.write(text + "\n" + "".join(traceback.format_exception(type(fault), fault, fault.__traceback__)))
            if self.files is not None:
                self.files.metadata()
        except Exception:
            pass  # there is nowhere left to say it

    def quietly(self, do, *args):
        """Call do; a fault ends the recording and nothing else."""
        if self.dead:
            return None
        self.local.busy = getattr(self.local, "busy", 0) + 1
        try:
            return do(*args)
        except Exception as fault:
            self.step_aside(fault)
            return None
        finally:
            self.local.busy -= 1
            if self.late and not self.local.busy and threading.current_thread() is threading.main_thread():
                number, frame = self.late
                self.late = None
                self.on_signal(number, frame)

    # What the engine's adapter says.

    def bind(self, shape, rows, device, facts):
        """Make the buffers. It is called when the model is loaded, before any graph is captured.

        They live as long as the process: a captured graph goes on writing to them.
        """
        if self.backend is not None:
            return self.note("a second model was loaded: only the first one is recorded")
        torch = sys.modules.get("torch")
        self.shape, self.rows = shape, rows
        self.facts = dict(facts, tracker_version=VERSION, process=os.getpid(), python=sys.version.split()[0], started_unix=round(time.time(), 3),
                          experts=shape.experts, top_k=shape.top_k, layers=shape.layers, padded_tokens_removed=True, notes=[])
        if hasattr(torch, "Tensor") and device is not None:
            self.facts["torch"] = str(torch.__version__)
            self.backend = TorchBackend(torch, shape, device)
        else:
            self.backend = PlainBackend(shape)
        if -1 in shape.layers:
            self.note("some routers have no layer in their name: they are layer -1")

    def write(self, key, ids, weights, span):
        """Copy one router's choice into the buffer, inside a graph or not."""
        row = self.rows.get(key)
        if self.backend is None or row is None:
            return
        first, rows = span
        if rows > self.shape.tokens:
            return self.note("a batch of %d tokens is more than the buffer's %d: its routing is not recorded" % (rows, self.shape.tokens))
        self.backend.write(row, ids, weights, first, rows)

    def open(self, tokens):
        """Begin a step of so many tokens; False when none is to be recorded."""
        if self.backend is None or getattr(self.local, "muted", 0) or tokens <= 0:
            return False
        if tokens > self.shape.tokens:
            self.note("a step of %d tokens is more than the buffer's %d: it is not recorded" % (tokens, self.shape.tokens))
            return False
        if not self.lock.acquire(timeout=2.0 if self.draining else 0.0):
            self.note("steps of two threads ran at once: only one of them is recorded")
            return False
        if self.owner is not None:
            self.lock.release()
            return False
        self.owner = threading.get_ident()
        try:
            self.arm()
            self.backend.begin(tokens)
        except Exception:
            self.leave()
            raise
        return True

    def leave(self):
        """End a step without counting it."""
        self.owner = None
        self.lock.release()

    def finish(self, tokens, phase):
        """Count a step that ended."""
        keep = max(0, min(self.keep_tokens - self.kept, tokens))
        self.backend.count(tokens, keep)
        self.kept += keep
        if not self.sampled:
            self.backend.take_sample(min(tokens, SAMPLED_TOKENS))
            self.sampled = True
        self.stepped = now = time.monotonic()
        if self.window is None:
            self.window = Window(self.step, now - self.began)
        self.window.steps += 1
        self.window.tokens += tokens
        self.window.phases.add(phase)
        self.step, self.tokens = self.step + 1, self.tokens + tokens
        if self.window.steps >= self.span:
            self._close_window()
        if now - self.flushed >= self.flush_every or len(self.closed) >= 64:
            self._pull(now)
        self._collect(False)

    def _close_window(self):
        if self.window is None:
            return
        self.backend.close_window()
        self.closed.append(self.window)
        self.window = None
        self.level += len(self.shape.layers) * self.shape.experts
        if self.level >= LEVEL_COUNTS:
            self.span, self.level = 2 * self.span, 0

    def _pull(self, now, whole=False):
        if self.sent or self.backend.out is not None or not whole and (self.queue or self.taking):
            return  # the last copies are still on their way, or being written
        small = len(self.shape.layers) * self.shape.experts ** 2 <= 1 << 20
        pairs = whole or now - self.paired >= (self.flush_every if small else 300)
        if pairs:
            self.paired = now
        # What an open window or an older copy of the pairs lacks is still to be fetched.
        self.saved, self.sampled = self.step if pairs and self.window is None else -1, False
        self.facts.update(steps=self.step, tokens=self.tokens, seconds=round(now - self.began, 3))
        self.sent, self.closed, self.flushed = self.closed, [], now
        self.backend.pull(pairs)

    def _collect(self, wait):
        snapshot = self.backend.pulled(wait)
        if snapshot is not None:
            self.queue.append((snapshot, self.sent))
            self.sent = []
            self.wake.set()

    # Files, the thread that writes them, and the ends of a process.

    def _write_queue(self):
        with self.writing:
            while self.queue:
                self.taking = True
                snapshot, windows = self.queue.pop(0)
                if isinstance(snapshot, LazySnapshot):
                    snapshot = snapshot.plain()
                if self.files is None:
                    ranks = "".join("-%s%s" % (name, self.facts[name + "_rank"]) for name in ("dp", "pp", "tp") if self.facts.get(name + "_rank") is not None)
                    name = "rank%s-pid%d-%x" % (ranks, os.getpid(), int(time.time() * 1000))
                    self.files = Files(os.path.join(self.root, "moe_expert_tracking", name), self.shape, self.facts, self._pause)
                self.files.take(snapshot, windows)
                self.taking = False

    def _serve(self, pid):
        while os.getpid() == pid and not self.dead:
            self.wake.wait(min(self.flush_every, 5.0))
            self.wake.clear()
            self.quietly(self._write_queue)
            now = time.monotonic()
            if now - self.flushed >= self.flush_every and now - self.stepped >= min(self.flush_every, 1.0):
                self.quietly(self._drain_idle)

    def _drain_idle(self):
        """Fetch what the last steps left on the device while the engine has nothing to do."""
        if self.saved == self.step or not self.lock.acquire(blocking=False):
            return
        self.draining = True
        try:
            self._fetch_all()
        finally:
            self.draining = False
            self.lock.release()
        self._write_queue()

    def _fetch_all(self):
        if self.backend is None or not self.backend.usable():
            return
        with self.backend.on_stream():
            self._collect(True)
            if self.saved != self.step:
                self._close_window()
                self._pull(time.monotonic(), whole=True)
                self._collect(True)

    def flush(self):
        """Write everything now: at the end of the process or at SIGTERM."""
        if self.backend is None or self.dead or self.pid != os.getpid() or not self.step:
            return
        self.ending.set()
        if self.lock.acquire(timeout=5.0):
            try:
                self._fetch_all()
            finally:
                self.lock.release()
        self._write_queue()

    def _pause(self):
        """Leave the interpreter to the engine: a thread that holds it delays every operation of the forward."""
        used = time.thread_time() - self.resumed
        if threading.current_thread() is not self.thread or used < PIECE:
            return
        idle = time.monotonic() - self.stepped >= 1.0
        self.ending.wait(0.001 if idle else min(used / SHARE, 1.0))
        self.resumed = time.thread_time()

    def arm(self):
        """Take care that the figures survive the end of this process."""
        if self.armed == os.getpid():
            return
        self.armed = os.getpid()
        self.thread = threading.Thread(target=self._serve, args=(os.getpid(),), name="profilemate-moe", daemon=True)
        self.thread.start()
        ending = functools.partial(self.quietly, self.flush)
        atexit.register(ending)
        util = sys.modules.get("multiprocessing.util")
        if util is not None:  # a child of multiprocessing leaves without atexit
            util.Finalize(None, ending, exitpriority=100)
        self._chain_signal()

    def _chain_signal(self):
        if threading.current_thread() is not threading.main_thread():
            return
        before = signal.getsignal(signal.SIGTERM)
        if before in (None, signal.SIG_IGN, self.on_signal):
            return
        self.before = before
        signal.signal(signal.SIGTERM, self.on_signal)

    def on_signal(self, number, frame):
        """Write everything, then do what the process would have done without the tracker."""
        if getattr(self.local, "busy", 0) and not self.dead:
            self.late = (number, frame)  # in the middle of a count: at its end
            return
        self.quietly(self.flush)
        if callable(self.before):
            self.before(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def compiling():
    """Report whether torch.compile is looking: what it traces must not be ours."""
    compiler = getattr(sys.modules.get("torch"), "compiler", None)
    return hasattr(compiler, "is_compiling") and compiler.is_compiling()


class Muted:
    """Runs that are no steps of the engine: profile, warm-up, capture, dummy."""

    def __init__(self, tracker):
        self.local, self.lock = tracker.local, tracker.lock

    def __enter__(self):
        # While a graph is captured no other thread may ask the device for anything.
        self.held = self.lock.acquire(timeout=2.0)
        self.local.muted = getattr(self.local, "muted", 0) + 1

    def __exit__(self, *_):
        self.local.muted -= 1
        if self.held:
            self.lock.release()


def wrap(owner, name, make):
    """Replace a function of a class or module by make(it), keeping what it is."""
    found = owner.__dict__.get(name)
    if found is None:
        return False
    static = isinstance(found, staticmethod)
    original = found.__func__ if static else found
    wrapped = functools.wraps(original)(make(original))
    setattr(owner, name, staticmethod(wrapped) if static else wrapped)
    return True


def mute(tracker, owner, *names):
    def make(original):
        def muted(*args, **kwargs):
            with Muted(tracker):
                return original(*args, **kwargs)
        return muted

    for name in names:
        wrap(owner, name, make)


def stepping(tracker, owner, name, measure):
    """Make calls of a method steps; measure(args, kwargs) gives tokens and phase."""
    def make(original):
        def step(*args, **kwargs):
            measured = tracker.quietly(measure, args, kwargs) if tracker.backend is not None else None
            if not measured or not tracker.quietly(tracker.open, measured[0]):
                return original(*args, **kwargs)
            done = False
            try:
                result = original(*args, **kwargs)
                done = True
                return result
            finally:
                if done:
                    tracker.quietly(tracker.finish, *measured)
                tracker.leave()
        return step

    return wrap(owner, name, make)


class Vllm:
    """The hooks of vLLM: its router class, or before that FusedMoE.select_experts."""

    def __init__(self, tracker):
        self.tracker, self.routers, self.hook = tracker, {}, "none"
        self.logical, self.replicated = True, False

    def targets(self):
        layers = "vllm.model_executor.layers.fused_moe."
        return {layers + "router.base_router": self.patch_router, layers + "layer": self.patch_layer,
                "vllm.v1.worker.gpu_model_runner": self.patch_runner, "vllm.v1.worker.gpu.model_runner": self.patch_runner}

    def patch_router(self, module):
        """Use the router's own capture function for ids, and the result for weights."""
        router, tracker = module.BaseRouter, self.tracker
        name = next(n for n in ("_select_experts", "select_experts") if n in router.__dict__)
        captures = "set_capture_fn" in router.__dict__

        def make_init(original):
            def init(self_, *args, **kwargs):
                original(self_, *args, **kwargs)
                tracker.quietly(self.meet, self_, captures)
            return init

        def make_set(original):
            def set_capture_fn(self_, fn):
                return original(self_, self.chained(self_, fn))
            return set_capture_fn

        wrap(router, "__init__", make_init)
        wrap(router, "set_capture_fn", make_set)
        wrap(router, name, self.make_select)
        self.hook = "BaseRouter.set_capture_fn" if captures else "BaseRouter." + name

    def meet(self, router, captures):
        """Note a router and set our capture function on it."""
        self.routers[id(router)] = router
        if captures:
            router.set_capture_fn(None)

    def chained(self, router, fn):
        """Return a capture function that tells us, then the one that the engine set."""
        def capture(ids):
            stash = getattr(self.tracker.local, "stash", None)
            if stash is not None:
                stash.append(ids)
            elif not compiling():
                self.tracker.quietly(self.record, router, ids, None)
            if fn is not None:
                fn(ids)
        return capture

    def make_select(self, original):
        tracker = self.tracker

        def select(*args, **kwargs):
            if tracker.backend is None or tracker.dead or compiling():
                return original(*args, **kwargs)
            tracker.local.stash = stash = []
            try:
                result = original(*args, **kwargs)
            finally:
                tracker.local.stash = None
            tracker.quietly(self.record, args[0], stash[-1] if stash else result[1], result[0], bool(stash))
            return result
        return select

    def record(self, key, ids, weights, logical=True):
        """Hand a router's choice to the tracker, cut to this rank's own tokens."""
        if not logical and self.logical and self.replicated:
            self.logical = False
            self.tracker.facts["ids"] = "physical"
        span = self.span(len(ids))
        if span is not None:
            self.tracker.write(id(key), ids, weights, span)

    def span(self, rows):
        """Return (first, rows) of this rank in a batch that may hold all data-parallel ranks'."""
        ubatch = sys.modules.get("vllm.v1.worker.ubatching")
        if hasattr(ubatch, "dbo_enabled") and ubatch.dbo_enabled():
            return self.tracker.note("micro-batches (dual batch overlap) are not recorded")
        rank = self.tracker.facts.get("dp_rank")
        if not rank and self.tracker.facts.get("dp_size", 1) in (None, 1):
            return 0, rows
        across, rank = self.across_ranks(), rank or 0
        if across is None:
            return self.tracker.note("this vLLM does not say which tokens of a batch are this data-parallel rank's: they are not recorded")
        if not across or rows == across[rank]:
            return 0, rows
        if rows == sum(across):
            return sum(across[:rank]), across[rank]
        return self.tracker.note("a router saw %d tokens, neither this rank's nor all ranks': they are not recorded" % rows)

    def across_ranks(self):
        """Return the tokens of each data-parallel rank, [] where a batch is one rank's alone, None where vLLM does not say."""
        try:
            metadata = sys.modules["vllm.forward_context"].get_forward_context().dp_metadata
        except (KeyError, AttributeError, AssertionError):  # another version of vLLM, or no context is set
            return None
        across = getattr(metadata, "num_tokens_across_dp_cpu", None)
        return [] if across is None else [int(n) for n in across.tolist()]

    def patch_layer(self, module):
        """Before there were routers: FusedMoE.select_experts, static or not."""
        layer = getattr(module, "FusedMoE", None)
        if layer is None or "select_experts" not in layer.__dict__:
            return
        static = isinstance(layer.__dict__["select_experts"], staticmethod)
        local = self.tracker.local

        def make_forward(original):
            def forward(self_, *args, **kwargs):
                before, local.layer = getattr(local, "layer", None), self_
                try:
                    return original(self_, *args, **kwargs)
                finally:
                    local.layer = before
            return forward

        def make_select(original):
            def select(*args, **kwargs):
                result = original(*args, **kwargs)
                if self.tracker.backend is not None and not compiling():
                    key = getattr(self.tracker.local, "layer", None) if static else args[0]
                    self.tracker.quietly(self.record, key, result[1], result[0], False)
                return result
            return select

        if static:
            wrap(layer, "forward_impl", make_forward) or wrap(layer, "forward", make_forward)
        wrap(layer, "select_experts", make_select)
        self.layer_class, self.hook = layer, "FusedMoE.select_experts"

    def patch_runner(self, module):
        """Steps are calls of execute_model outside of dummy, profile and capture runs."""
        runner = module.GPUModelRunner

        def make_load(original):
            def load(self_, *args, **kwargs):
                result = original(self_, *args, **kwargs)
                self.tracker.quietly(self.bind, self_)
                return result
            return load

        wrap(runner, "load_model", make_load)
        mute(self.tracker, runner, "_dummy_run", "profile_run", "capture_model")
        stepping(self.tracker, runner, "execute_model", self.measure)

    def measure(self, args, kwargs):
        """Return the step's tokens without padding, and its phase."""
        out = kwargs.get("scheduler_output", args[1] if len(args) > 1 else None)
        tokens, by_request = int(out.total_num_scheduled_tokens), out.num_scheduled_tokens
        drafts = sum(map(len, (getattr(out, "scheduled_spec_decode_tokens", None) or {}).values()))
        decoding = sum(1 for n in by_request.values() if n == 1) if not drafts else len(by_request)
        if tokens == len(by_request) + drafts:
            return tokens, "decode"
        return tokens, "prefill" if not decoding else "mixed"

    def bind(self, runner):
        """Find the loaded model's routers and their layers."""
        ranks = self.ranks()
        if ranks.get("tp_rank"):
            return  # every rank of a tensor-parallel group routes the same tokens
        model = runner.get_model() if hasattr(runner, "get_model") else runner.model
        found = list(self.find(model))
        if not found and self.routers:
            found = [(-1, router, router) for router in self.routers.values()]
        if not found:
            return
        facts = dict(ranks, engine="vllm", engine_version=str(getattr(sys.modules.get("vllm"), "__version__", "unknown")), hook=self.hook, ids="logical")
        found.sort(key=lambda f: f[0])
        config = getattr(runner, "vllm_config", None)
        if getattr(getattr(config, "model_config", None), "enable_sleep_mode", False):
            raise RuntimeError("with sleep mode the engine takes the device's memory away, and the tracker's with it")
        parallel = getattr(config, "parallel_config", None)
        self.replicated = bool(getattr(parallel, "enable_eplb", False))
        spare = getattr(getattr(parallel, "eplb_config", None), "num_redundant_experts", 0) if self.replicated and "capture" in self.hook else 0
        facts["model"] = str(getattr(getattr(config, "model_config", None), "model", "unknown"))
        tokens = getattr(runner, "max_num_tokens", None) or config.scheduler_config.max_num_batched_tokens
        experts = max(getattr(s, "global_num_experts", 0) or getattr(s, "num_experts", 0) for _, _, s in found) - spare
        shape = Shape([f[0] for f in found], int(experts), int(max(s.top_k for _, _, s in found)), int(tokens))
        self.tracker.bind(shape, {id(f[1]): i for i, f in enumerate(found)}, getattr(runner, "device", None), facts)
        self.held = found  # so that no id is used again

    def find(self, model):
        """Yield (layer, what is asked, what knows experts and top-k) for each MoE layer."""
        seen = set()
        for name, module in model.named_modules():
            router = getattr(module, "router", None)
            key = router if id(router) in self.routers else module if isinstance(module, getattr(self, "layer_class", ())) else None
            if key is None or id(key) in seen:
                continue
            seen.add(id(key))
            layer = getattr(module, "layer_id", None)
            if not isinstance(layer, int):
                layer = layer_of(str(getattr(module, "layer_name", None) or name))
            yield layer, key, key

    def ranks(self):
        """Return this process's place, as far as vLLM says."""
        state, out = sys.modules.get("vllm.distributed.parallel_state"), {}
        for name, group in (("tp", "get_tp_group"), ("pp", "get_pp_group"), ("dp", "get_dp_group")):
            try:
                g = getattr(state, group)()
                out[name + "_rank"], out[name + "_size"] = int(g.rank_in_group), int(g.world_size)
            except Exception:
                out[name + "_rank"] = out[name + "_size"] = None  # not distributed, or an older vLLM
        return out


class Sglang:
    """The hooks of SGLang: select_experts, whose TopK module names the layer."""

    def __init__(self, tracker):
        self.tracker, self.topk = tracker, None

    def targets(self):
        return {"sglang.srt.layers.moe.topk": self.patch_topk, "sglang.srt.model_executor.model_runner": self.patch_runner}

    def patch_topk(self, module):
        tracker, local = self.tracker, self.tracker.local
        self.topk = module.TopK

        def make_forward(original):
            def forward(self_, *args, **kwargs):
                before, local.layer = getattr(local, "layer", None), self_
                try:
                    return original(self_, *args, **kwargs)
                finally:
                    local.layer = before
            return forward

        def make_select(original):
            def select_experts(*args, **kwargs):
                result = original(*args, **kwargs)
                key = getattr(tracker.local, "layer", None)
                if tracker.backend is not None and key is not None and not compiling():
                    tracker.quietly(self.record, key, result)
                return result
            return select_experts

        for name in ("forward", "forward_native", "forward_cuda", "forward_hip", "forward_cpu"):
            wrap(module.TopK, name, make_forward)
        wrap(module, "select_experts", make_select)

    def record(self, key, result):
        weights, ids = getattr(result, "topk_weights", None), getattr(result, "topk_ids", None)
        if ids is None:
            weights, ids = result[0], result[1]
        self.tracker.write(id(key), ids, weights, (0, len(ids)))

    def patch_runner(self, module):
        def make_load(original):
            def load(self_, *args, **kwargs):
                result = original(self_, *args, **kwargs)
                self.tracker.quietly(self.bind, self_)
                return result
            return load

        wrap(module.ModelRunner, "load_model", make_load)
        mute(self.tracker, module.ModelRunner, "init_cuda_graphs", "init_device_graphs", "kernel_warmup", "_dummy_run")
        stepping(self.tracker, module.ModelRunner, "forward", self.measure)

    def measure(self, args, kwargs):
        """Return the step's tokens without padding, and its phase."""
        batch = kwargs.get("forward_batch", args[1] if len(args) > 1 else None)
        mode = batch.forward_mode
        if mode.is_idle():
            return None
        tokens = getattr(batch, "num_token_non_padded_cpu", None)
        tokens = int(tokens) if tokens else len(batch.input_ids)
        return tokens, "decode" if mode.is_decode() else "mixed" if mode.is_mixed() else "prefill"

    def bind(self, runner):
        if getattr(runner, "is_draft_worker", False) or getattr(runner, "tp_rank", 0):
            return
        args = runner.server_args
        if getattr(args, "enable_dp_attention", False):
            sys.stderr.write("profilemate: with data-parallel attention routers see all ranks' tokens: nothing is recorded\n")
            return
        found, experts = [], {}
        for name, module in runner.model.named_modules():
            layer = getattr(module, "layer_id", None)
            layer = layer if isinstance(layer, int) else layer_of(name)
            if isinstance(module, self.topk or ()):
                found.append((layer, module))
            elif getattr(module, "num_experts", None):
                experts[layer] = int(module.num_experts)
        if not found:
            return
        found.sort(key=lambda f: f[0])
        k = max(int(getattr(getattr(m, "topk_config", m), "top_k")) for _, m in found)
        tokens = max(getattr(args, "chunked_prefill_size", None) or 0, getattr(args, "max_prefill_tokens", None) or 0, 8192)
        placed = getattr(args, "ep_num_redundant_experts", 0) or getattr(args, "enable_eplb", False)
        facts = {"engine": "sglang", "engine_version": str(getattr(sys.modules.get("sglang"), "__version__", "unknown")), "hook": "select_experts",
                 "ids": "physical" if placed else "logical", "tp_rank": getattr(runner, "tp_rank", None), "tp_size": getattr(runner, "tp_size", None),
                 "pp_rank": getattr(runner, "pp_rank", None), "model": str(getattr(args, "model_path", "unknown"))}
        shape = Shape([f[0] for f in found], max(experts.values()), k, int(tokens))
        self.tracker.bind(shape, {id(m): i for i, (_, m) in enumerate(found)}, getattr(runner, "device", None), facts)
        self.held = found


class Loader:
    """Runs a module's own loader, then the patch."""

    def __init__(self, original, patch, tracker):
        self.original, self.patch, self.tracker = original, patch, tracker

    def __getattr__(self, name):
        return getattr(self.original, name)

    def create_module(self, spec):
        return self.original.create_module(spec)

    def exec_module(self, module):
        module.__loader__ = module.__spec__.loader = self.original
        self.original.exec_module(module)
        self.tracker.quietly(self.patch, module)


class Finder:
    """Finds the modules that are patched, by asking the finders behind it."""

    def __init__(self, tracker, targets):
        self.tracker, self.targets = tracker, targets

    def find_spec(self, name, path=None, target=None):
        patch = self.targets.get(name)
        if patch is None:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if finder is not self and find else None
            if spec is not None:
                if hasattr(spec.loader, "exec_module"):
                    spec.loader = Loader(spec.loader, patch, self.tracker)
                return spec
        return None


def install():
    """Watch for the engines' modules in this process and in those it forks."""
    folder = os.environ.get(SWITCH)
    if not folder or any(isinstance(f, Finder) for f in sys.meta_path):
        return None
    tracker = Tracker(os.path.abspath(folder))
    targets = {}
    for adapter in (Vllm(tracker), Sglang(tracker)):
        targets.update(adapter.targets())
    sys.meta_path.insert(0, Finder(tracker, targets))
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=tracker.after_fork)
    for name in targets:
        if name in sys.modules:
            tracker.quietly(targets[name], sys.modules[name])
    return tracker
