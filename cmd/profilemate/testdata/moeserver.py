"""Stand-in of a server with two data-parallel engines whose model has experts.

moeserver.py serve MODEL --port P …: each engine is a process that imports the stand-in
of vllm in STANDIN_MOE, the folder of the tracker's tests, and serves a step of the
prompt's tokens and one a token of the answer. While the tracker is on, each engine keeps
what its routers chose in truth-RANK.json in STANDIN_TRUTH: the oracle of the test.
"""
import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

ENGINES = 2


def engine(rank):
    """Serve steps of as many tokens as each line of standard input says."""
    sys.path.insert(0, os.environ["STANDIN_MOE"])
    from drive import Engine

    # Each engine's routers see its own tokens: no sizes across ranks are known.
    sys.modules["vllm.forward_context"] = SimpleNamespace(get_forward_context=lambda: SimpleNamespace(dp_metadata=None))
    served, counts = Engine("new", "plain"), Counter()
    for line in sys.stdin:
        served.step(int(line))
        for layer, tokens in zip((1, 3, 5), served.truth.pop()):
            for ids in tokens:
                counts.update("%d,%d" % (layer, e) for e in ids)
        served.answers.clear()
        if "PROFILEMATE_MOE_TRACKER" in os.environ:
            with open(os.path.join(os.environ["STANDIN_TRUTH"], "truth-%s.json" % rank), "w") as f:
                json.dump(counts, f)
        print("done", flush=True)


class Worker:
    """One engine process; steps follow each other."""

    def __init__(self, rank):
        env = dict(os.environ, DP_RANK=str(rank), DP_SIZE=str(ENGINES))
        self.lock = threading.Lock()
        self.process = subprocess.Popen([sys.executable, "-B", os.path.abspath(__file__), "engine", str(rank)], env=env,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True)

    def step(self, tokens):
        with self.lock:
            self.process.stdin.write("%d\n" % tokens)
            self.process.stdin.flush()
            self.process.stdout.readline()

    def end(self):
        with self.lock:
            self.process.stdin.close()
            self.process.wait()


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, body=b"", kind="application/json"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        models = {"object": "list", "data": [{"id": self.server.model, "object": "model", "max_model_len": 2048}]}
        self.say(json.dumps(models).encode() if self.path == "/v1/models" else b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/v1/completions":
            with open(os.environ["STANDIN_PROFILE_LOG"], "a") as f:
                f.write(self.path[1:].split("_")[0] + "\n")
            return self.say()
        asked = json.loads(body)
        with self.server.turn:
            self.server.served += 1
            worker = self.server.workers[self.server.served % ENGINES]
        worker.step(len(asked["prompt"]))
        self.say(kind="text/event-stream")
        for i in range(asked["max_tokens"]):
            if i:
                worker.step(1)
            last = i == asked["max_tokens"] - 1
            self.event({"choices": [{"index": 0, "text": "a", "finish_reason": "length" if last else None}]})
        n = asked["max_tokens"]
        self.event({"choices": [], "usage": {"prompt_tokens": len(asked["prompt"]), "completion_tokens": n, "total_tokens": len(asked["prompt"]) + n}})
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, body):
        self.wfile.write(b"data: " + json.dumps(body).encode() + b"\n\n")


def serve(args):
    server = ThreadingHTTPServer(("127.0.0.1", int(args[args.index("--port") + 1])), Handler)
    server.model, server.served, server.turn = args[0], 0, threading.Lock()
    server.workers = [Worker(rank) for rank in range(ENGINES)]

    def leave(*_):
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    server.serve_forever()
    for w in server.workers:
        w.end()


if __name__ == "__main__":
    if sys.argv[1] == "engine":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        engine(sys.argv[2])
    else:
        serve(sys.argv[2:])
