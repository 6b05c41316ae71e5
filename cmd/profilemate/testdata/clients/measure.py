"""Measures a kernel over ZeroMQ: measure.py KERNEL EMPTY [LINES]

EMPTY is a cell that does nothing, LINES one that writes 100,000 lines. Prints
"start SECONDS", "empty SECONDS" (median of 200) and "lines SECONDS" (median of 5).
"""
import statistics
import sys
import time

from jupyter_client.manager import KernelManager

begun = time.perf_counter()
manager = KernelManager(kernel_name=sys.argv[1])
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=60)
print("start", time.perf_counter() - begun)


def run(code):
    """Returns how long a cell took, to its reply and its idle, and how many lines came."""
    begun, lines = time.perf_counter(), 0
    request = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != request:
            continue
        if message["msg_type"] == "stream":
            lines += message["content"]["text"].count("\n")
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    client.get_shell_msg(timeout=60)
    return time.perf_counter() - begun, lines


run(sys.argv[2])
print("empty", statistics.median(run(sys.argv[2])[0] for _ in range(200)))
if len(sys.argv) > 3:
    took, lines = zip(*(run(sys.argv[3]) for _ in range(5)))
    assert set(lines) == {100_000}, lines
    print("lines", statistics.median(took))
client.shutdown()
client.stop_channels()
manager.shutdown_kernel(now=True)
