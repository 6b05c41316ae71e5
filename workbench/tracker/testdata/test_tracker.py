"""Tests the MoE tracker against stand-ins of vLLM and SGLang, without torch.

The truth is what the stand-in's router chose for each real token; the tracker's files
are compared with it. Every case is a process of its own, as in life.
"""
import csv
import glob
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
import unittest
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
TRACKER = os.path.join(HERE, os.pardir, "python")
DRIVE = os.path.join(HERE, "drive.py")


def count(steps, layers=(1, 3, 5)):
    """Count chosen experts and pairs token by token."""
    experts, pairs, by_step = Counter(), Counter(), {}
    for number, step in enumerate(steps):
        for layer, tokens in zip(layers, step):
            own = [0] * 7
            for ids in tokens:
                for i, e in enumerate(ids):
                    own[e] += 1
                    experts[layer, e] += 1
                    for f in ids[i + 1:]:
                        pairs[layer, min(e, f), max(e, f)] += 1
            by_step[number, layer] = own
    return experts, pairs, by_step


def follow(steps, layers):
    """Count first choices by the next layer's first choice, token by token."""
    pairs = Counter()
    for step in steps:
        for i in range(len(layers) - 1):
            for here, there in zip(step[i], step[i + 1]):
                pairs[layers[i], here[0], there[0]] += 1
    return pairs


def rows(folder, name):
    with open(os.path.join(folder, name)) as f:
        return list(csv.DictReader(f))


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)
        self.root = os.path.join(self.dir.name, "out")

    def python(self, args, on=True, path=(), **env):
        """Run Python with the tracker on its path; return what it printed and its exit code."""
        full = {k: v for k, v in os.environ.items() if not k.startswith(("PROFILEMATE", "PYTHON"))}
        full.update(env, PYTHONPATH=os.pathsep.join([TRACKER] + list(path)), PYTHONDONTWRITEBYTECODE="1")
        if on:
            full["PROFILEMATE_MOE_TRACKER"] = self.root
        done = subprocess.run([sys.executable] + args, env=full, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
        self.errors = done.stderr.decode()
        return done.stdout.decode(), done.returncode

    def drive(self, kind, scenario="plain", exit_code=0, **env):
        out, code = self.python([DRIVE, kind, scenario], **env)
        self.assertEqual(code, exit_code, self.errors)
        return json.loads(out)

    def folders(self):
        return sorted(glob.glob(os.path.join(self.root, "moe_expert_tracking", "*")))

    def only(self):
        self.assertEqual(self.errors, "")
        self.assertEqual(len(self.folders()), 1, os.listdir(os.path.dirname(self.root)))
        self.assertEqual(glob.glob(self.root + "/tracker-fault*") + glob.glob(self.folders()[0] + "/*.new"), [])
        return self.folders()[0]

    def metadata(self, folder):
        with open(os.path.join(folder, "moe_metadata.json")) as f:
            return json.load(f)

    def check(self, folder, truth, layers=(1, 3, 5)):
        """Compare the files of one process with the truth."""
        experts, pairs, by_step = count(truth, layers)
        got = {(int(r["layer_idx"]), int(r["expert_id"])): int(r["activation_count"]) for r in rows(folder, "moe_expert_activations.csv")}
        self.assertEqual(got, dict(experts))
        names = ("layer_idx", "expert_id_1", "expert_id_2", "coselection_count")
        self.assertEqual({tuple(int(r[n]) for n in names[:3]): int(r[names[3]]) for r in rows(folder, "moe_expert_coselection.csv")}, dict(pairs))
        names = ("layer_idx", "expert_id", "next_expert_id", "count")
        self.assertEqual({tuple(int(r[n]) for n in names[:3]): int(r[names[3]]) for r in rows(folder, "layer_affinity.csv")}, dict(follow(truth, layers)))
        with open(os.path.join(folder, "expert_counts_by_step.json")) as f:
            self.assertEqual({(s, l): c for s, l, c in json.load(f)}, by_step)
        self.assertEqual([int(r["tokens"]) for r in rows(folder, "moe_steps.csv")], [len(s[0]) for s in truth])


class Counts(Case):
    def test_each_engine(self):
        for kind in ("new", "old", "slang"):
            with self.subTest(kind):
                self.setUp()
                said = self.drive(kind)
                self.check(self.only(), said["truth"])

    def test_answers_are_the_same_without(self):
        for kind in ("new", "old", "slang"):
            with self.subTest(kind):
                with_it, _ = self.python([DRIVE, kind, "plain"])
                without, _ = self.python([DRIVE, kind, "plain"], on=False)
                self.assertEqual(with_it, without)

    def test_facts(self):
        self.drive("new")
        facts = self.metadata(self.only())
        want = {"engine": "vllm", "engine_version": "0.22.0", "hook": "BaseRouter.set_capture_fn", "ids": "logical", "experts": 7, "top_k": 3,
                "layers": [1, 3, 5], "padded_tokens_removed": True, "steps": 5, "tokens": 49, "notes": [], "tp_rank": 0, "model": "stand-in"}
        self.assertEqual({k: facts[k] for k in want}, want)

    def test_phases(self):
        self.drive("new")
        self.assertEqual([r["phase"] for r in rows(self.only(), "moe_steps.csv")], ["decode", "decode", "prefill", "decode", "decode"])

    def test_logical_ids_under_eplb(self):
        said = self.drive("new", "eplb")
        facts = self.metadata(self.only())
        self.assertEqual((facts["ids"], facts["experts"]), ("logical", 7))
        self.check(self.only(), said["truth"])

    def test_unknown_layers(self):
        said = self.drive("new", "nameless")
        folder = self.only()
        merged = [[[ids for layer in step for ids in layer]] for step in said["truth"]]
        experts, _, _ = count(merged, (-1,))
        got = {(int(r["layer_idx"]), int(r["expert_id"])): int(r["activation_count"]) for r in rows(folder, "moe_expert_activations.csv")}
        self.assertEqual(got, dict(experts))
        self.assertEqual(len(self.metadata(folder)["notes"]), 1)

    def test_weights(self):
        self.drive("new")
        samples = rows(self.only(), "moe_routing_weights_hist.csv")
        self.assertEqual(len(samples), 3 * 5 * 3)  # layers, tokens of the first step, top-k
        self.assertEqual({r["weight"] for r in samples}, {"0.500000", "0.300000", "0.200000"})
        total = sum(float(r["weight_sum"]) for r in rows(self.only(), "moe_weight_sums.csv"))
        self.assertAlmostEqual(total, 3 * 49 * 1.0, places=3)

    def test_summary_and_imbalance(self):
        said = self.drive("new")
        with open(os.path.join(self.only(), "moe_summary.json")) as f:
            summary = json.load(f)
        self.assertEqual(sorted(summary), ["layer_1", "layer_3", "layer_5"])
        experts, _, by_step = count(said["truth"])
        own = [experts[1, e] for e in range(7)]
        self.assertEqual(summary["layer_1"]["total_activations"], 49 * 3)
        self.assertEqual(summary["layer_1"]["load_balance_ratio"], max(own) / min(own))
        spread = rows(self.only(), "moe_load_imbalance.csv")
        self.assertEqual(len(spread), 15)
        first = by_step[1, 1]  # one token: three experts of seven
        self.assertEqual((sum(first), spread[3]["max_min_ratio"], spread[3]["std_dev"]), (3, "inf", "%.3f" % ((3 / 7 * 4 / 7) ** 0.5)))

    def test_token_ids(self):
        said = self.drive("new", PROFILEMATE_MOE_TRACKER_TOKENS="20")
        with open(os.path.join(self.only(), "moe_token_ids.npy"), "rb") as f:
            data = f.read()
        self.assertIn(b"'shape': (20, 3, 3)", data[:128])
        tokens = [t for step in said["truth"] for t in zip(*step)][:20]
        flat = [e for token in tokens for layer in token for e in layer]
        self.assertEqual([int.from_bytes(data[i:i + 2], "little") for i in range(128, len(data), 2)], flat)


class Processes(Case):
    def test_children(self):
        for method in ("fork", "spawn"):
            with self.subTest(method):
                self.setUp()
                truth = os.path.join(self.dir.name, "truth.json")
                said = self.drive("new", method, TRUTH=truth)
                self.assertEqual(said["exit"], 0)
                self.check(self.only(), said["truth"])

    def test_fork_after_load_starts_anew(self):
        said = self.drive("new", "forked-after")
        folders = self.folders()
        self.assertEqual(len(folders), 2)
        by_steps = sorted(folders, key=lambda f: self.metadata(f)["steps"])
        self.assertEqual(self.metadata(by_steps[0])["tokens"], 6)
        self.check(by_steps[1], said["truth"])

    def test_ranks(self):
        self.drive("new", TP_RANK="1", TP_SIZE="2")
        self.assertEqual(self.folders(), [])
        self.drive("new", TP_SIZE="2", PP_RANK="1", PP_SIZE="2")
        self.assertIn("rank-dp0-pp1-tp0-pid", self.only())

    def test_data_parallel_without_a_forward_context(self):
        """A rank that cannot tell its tokens from the others' records none, says so, and serves on."""
        said = self.drive("new", DP_SIZE="2", DP_RANK="1")
        self.assertEqual(len(said["answers"]), 5)
        folder = self.only()
        self.assertIn("rank-dp1-", folder)
        self.assertIn("does not say which tokens of a batch are this data-parallel rank's", " ".join(self.metadata(folder)["notes"]))
        self.assertEqual(rows(folder, "moe_expert_activations.csv"), [])

    def test_sigterm_by_default(self):
        said = self.drive("new", "killed", exit_code=-signal.SIGTERM)
        self.check(self.only(), said["truth"])

    def test_sigterm_with_the_engines_handler(self):
        said = self.drive("new", "handled", exit_code=7)
        self.check(self.only(), said["truth"])

    def test_flushed_while_idle(self):
        said = self.drive("new", "idle", PROFILEMATE_MOE_TRACKER_FLUSH="0.5")  # leaves by os._exit
        self.check(self.only(), said["truth"])


class Faults(Case):
    def run_text(self, text, **kwargs):
        path = os.path.join(self.dir.name, "program.py")
        with open(path, "w") as f:
            f.write("import sys; sys.path[:0] = [%r, %r]\n" % (HERE, os.path.join(HERE, "new")) + textwrap.dedent(text))
        return self.python([path], **kwargs)

    def test_a_fault_is_told_once_and_changes_nothing(self):
        text = """
            import drive
            engine = drive.Engine("new", "plain")
            engine.runner.model.named[1][1].router.route = lambda logits: ("weights", ["no ids"] * len(logits))
            for tokens in (3, 4):
                print(engine.runner.execute_model(type("Out", (), {"total_num_scheduled_tokens": tokens, "num_scheduled_tokens": {"r": tokens}}))[1][1][0])
        """
        out, code = self.run_text(text)
        self.assertEqual((out, code), ("no ids\nno ids\n", 0))
        self.assertEqual(self.errors.count("the MoE tracker stops"), 1)
        self.assertEqual(len(glob.glob(os.path.join(self.root, "tracker-fault-*.log"))), 1)

    def test_the_engines_errors_pass(self):
        text = """
            import drive
            engine = drive.Engine("new", "plain")
            def refuse(logits):
                raise KeyError("the engine's own")
            good = drive.route
            engine.config.served = 0
            engine.runner.model.named[2][1].router.route = refuse
            try:
                engine.step(3)
            except KeyError as e:
                print(e)
            engine.runner.model.named[2][1].router.route = good
            engine.config.served = 0
            engine.step(4)
        """
        out, code = self.run_text(text)
        self.assertEqual((out, code), ("\"the engine's own\"\n", 0))
        self.assertEqual([r["tokens"] for r in rows(self.only(), "moe_steps.csv")], ["4"])

    def test_the_engines_capture_function_still_runs(self):
        text = """
            import drive
            engine = drive.Engine("new", "plain")
            seen = []
            engine.runner.model.named[0][1].router.set_capture_fn(lambda ids: seen.append(len(ids)))
            engine.step(3)
            print(seen)
        """
        self.assertEqual(self.run_text(text)[0], "[4]\n")  # padded
        self.assertEqual(self.metadata(self.only())["tokens"], 3)

    def test_a_layer_that_does_not_run_is_not_counted_twice(self):
        text = """
            import drive
            engine = drive.Engine("new", "plain")
            engine.step(3)
            engine.runner.model.named.pop()
            engine.step(3)
        """
        self.run_text(text)
        got = Counter()
        for r in rows(self.only(), "moe_expert_activations.csv"):
            got[int(r["layer_idx"])] += int(r["activation_count"])
        self.assertEqual(got, {1: 18, 3: 18, 5: 9})

    def test_sleep_mode(self):
        self.drive("new", "sleep")
        self.assertEqual(self.folders(), [])
        self.assertIn("sleep mode", self.errors)

    def test_a_folder_that_cannot_be_made(self):
        with open(self.root, "w"):
            pass
        said = self.drive("new")
        self.assertEqual(len(said["answers"]), 5)
        self.assertIn("the MoE tracker stops", self.errors)


class Startup(Case):
    def test_nothing_without_the_switch(self):
        out, _ = self.python(["-c", "import sys; print('profilemate_moe_tracker' in sys.modules)"], on=False)
        self.assertEqual(out, "False\n")

    def test_nothing_is_written_by_other_programs(self):
        self.python(["-c", "import json"])
        self.assertEqual((self.errors, os.path.exists(self.root)), ("", False))

    def test_the_hidden_sitecustomize_runs(self):
        other = os.path.join(self.dir.name, "site")
        os.mkdir(other)
        with open(os.path.join(other, "sitecustomize.py"), "w") as f:
            f.write("MARK = 'mine'\n")
        for on in (True, False):
            out, _ = self.python(["-c", "import sitecustomize; print(sitecustomize.MARK)"], on=on, path=[other])
            self.assertEqual((out, self.errors), ("mine\n", ""))

    def test_modules_keep_their_loader(self):
        code = "import sys; sys.path.insert(0, %r); import vllm.v1.worker.gpu_model_runner as m; print(type(m.__spec__.loader).__name__, type(m.__loader__).__name__)"
        out, _ = self.python(["-c", code % os.path.join(HERE, "new")])
        self.assertEqual(out, "SourceFileLoader SourceFileLoader\n")


class Parts(unittest.TestCase):
    def setUp(self):
        spec = importlib.util.spec_from_file_location("tracker_under_test", os.path.join(TRACKER, "profilemate_moe_tracker.py"))
        self.tracker = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.tracker)

    def test_layer_of(self):
        for name, want in (("model.layers.3.mlp.experts", 3), ("encoder.layers.0", 0), ("2.self_attn", 2), ("model.experts", -1),
                           ("model.layers.7.mlp.experts.0", 7), ("a.1.b.2", -1), ("model.layers.1.layers.2", -1), ("", -1)):
            self.assertEqual(self.tracker.layer_of(name), want, name)

    def test_records_cover_more_steps_as_they_get_many(self):
        t = self.tracker
        t.LEVEL_COUNTS = 8
        with tempfile.TemporaryDirectory() as root:
            tracker = self.small(root)
            self.serve(tracker, 40)
            tracker.flush()
            folder = glob.glob(root + "/moe_expert_tracking/*")[0]
            steps = [(int(r["step"]), int(r["steps"])) for r in rows(folder, "moe_steps.csv")]
            self.assertEqual(steps, [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 4), (24, 4), (28, 8), (36, 4)])
            with open(folder + "/expert_counts_by_step.json") as f:
                self.assertEqual([(s, c) for s, _, c in json.load(f)], [(s, [0, n]) for s, n in steps])

    def small(self, root):
        """Return a tracker of two experts in one layer that nothing starts or ends."""
        tracker = self.tracker.Tracker(root)
        tracker.arm = lambda: None
        tracker.bind(self.tracker.Shape([0], 2, 1, 4), {1: 0}, None, {})
        return tracker

    def serve(self, tracker, steps):
        for _ in range(steps):
            self.assertTrue(tracker.open(1))
            tracker.write(1, [[1]], None, (0, 1))
            tracker.finish(1, "decode")
            tracker.leave()

    def test_an_open_record_is_in_the_totals_and_written_at_the_end(self):
        with tempfile.TemporaryDirectory() as root:
            tracker = self.small(root)
            tracker.span = 4
            self.serve(tracker, 2)
            tracker.flush_every = 0
            self.serve(tracker, 1)  # writes while a record of three steps is open
            tracker._write_queue()
            folder = glob.glob(root + "/moe_expert_tracking/*")[0]
            self.assertEqual(rows(folder, "moe_expert_activations.csv")[0]["activation_count"], "3")
            tracker.flush()
            self.assertEqual([(r["step"], r["steps"]) for r in rows(folder, "moe_steps.csv")], [("0", "3")])
            tracker.flush()
            self.assertEqual(rows(folder, "moe_expert_activations.csv")[0]["activation_count"], "3")

    def test_a_signal_in_the_middle_of_a_count_waits_for_its_end(self):
        with tempfile.TemporaryDirectory() as root:
            tracker, seen = self.small(root), []
            tracker.before = lambda number, frame: seen.append((number, list(tracker.backend.counts)))
            self.serve(tracker, 1)

            def count():
                tracker.on_signal(15, None)
                self.assertEqual(seen, [])

            tracker.quietly(count)
            self.assertFalse(tracker.dead)
            self.assertEqual(seen, [(15, [0, 1])])

    def test_a_step_bigger_than_the_buffer_is_noted(self):
        with tempfile.TemporaryDirectory() as root:
            tracker = self.small(root)
            self.assertFalse(tracker.open(5))
            self.assertEqual(len(tracker.facts["notes"]), 1)

    def test_own_tokens_of_a_data_parallel_rank(self):
        from types import ModuleType, SimpleNamespace

        with tempfile.TemporaryDirectory() as root:
            tracker = self.small(root)
            tracker.facts.update(dp_rank=1, dp_size=3)
            across = SimpleNamespace(tolist=lambda: [4, 6, 2])
            context = ModuleType("vllm.forward_context")
            context.get_forward_context = lambda: SimpleNamespace(dp_metadata=SimpleNamespace(num_tokens_across_dp_cpu=across))
            sys.modules["vllm.forward_context"] = context
            self.addCleanup(sys.modules.pop, "vllm.forward_context")
            vllm = self.tracker.Vllm(tracker)
            self.assertEqual((vllm.span(6), vllm.span(12), vllm.span(3)), ((0, 6), (4, 6), None))
            self.assertEqual(len(tracker.facts["notes"]), 1)

    def test_data_parallel_ranks_of_other_versions(self):
        from types import ModuleType, SimpleNamespace

        def unset():
            raise AssertionError("Forward context is not set.")

        def alone():
            return SimpleNamespace(dp_metadata=None)

        for get, want in ((None, None), (unset, None), (SimpleNamespace, None), (alone, (0, 6))):
            with self.subTest(get), tempfile.TemporaryDirectory() as root:
                tracker = self.small(root)
                tracker.facts.update(dp_rank=None, dp_size=2)
                sys.modules["vllm.forward_context"] = context = ModuleType("vllm.forward_context")
                self.addCleanup(sys.modules.pop, "vllm.forward_context", None)
                if get is not None:
                    context.get_forward_context = get
                self.assertEqual(tracker.quietly(self.tracker.Vllm(tracker).span, 6), want)
                self.assertFalse(tracker.dead)
                self.assertEqual(len(tracker.facts.get("notes", [])), 0 if want else 1)

    def test_ids_that_name_no_expert(self):
        t = self.tracker
        plain = t.PlainBackend(t.Shape([0], 3, 2, 4))
        plain.begin(2)
        plain.write(0, [[0, -1], [3, 2]], [[1.0, 0.0], [0.5, 0.5]], 0, 2)
        plain.count(2, 0)
        self.assertEqual((list(plain.window), sum(plain.pairs)), ([1, 0, 1], 0))


if __name__ == "__main__":
    unittest.main()
