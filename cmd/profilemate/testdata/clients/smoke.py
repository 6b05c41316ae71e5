"""Drives a kernel as jupyter_client does: smoke.py KERNEL WORKS SLOW

Prints a line for each step and ends with status 1 when one failed.
"""
import sys
import time

from jupyter_client.manager import start_new_kernel

name, works, slow = sys.argv[1:4]
failed = 0


def check(step, ok, detail=""):
    global failed
    failed += not ok
    print("PASS" if ok else "FAIL", step, detail, flush=True)


def run(client, manager, code, interrupt=False):
    """Runs a cell and returns its reply, its iopub messages, and how long an interrupt took."""
    request, messages, pressed = client.execute(code), [], None
    while True:
        message = client.get_iopub_msg(timeout=30)
        if message["parent_header"].get("msg_id") != request:
            continue
        messages.append(message)
        if interrupt and message["msg_type"] == "execute_input":
            time.sleep(0.1)
            pressed = time.time()
            manager.interrupt_kernel()
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            break
    took = time.time() - pressed if pressed else None
    while True:
        reply = client.get_shell_msg(timeout=30)
        if reply["parent_header"].get("msg_id") == request:
            return reply["content"], messages, took


manager, client = start_new_kernel(kernel_name=name, startup_timeout=60)
try:
    info = client.kernel_info(reply=True, timeout=30)["content"]
    check("kernel_info", info["protocol_version"] == "5.5" and info["language_info"]["name"] == "go")

    reply, messages, _ = run(client, manager, works)
    types = [m["msg_type"] for m in messages]
    check("execute", reply["status"] == "ok" and types == ["status", "execute_input", "display_data", "status"], types)
    check("count", reply["execution_count"] == 1, reply["execution_count"])

    reply, messages, took = run(client, manager, slow, interrupt=True)
    check("interrupt", reply["status"] == "error" and reply["ename"] == "KeyboardInterrupt" and took < 0.5, "%s after %.3f s" % (reply.get("ename"), took))
    reply, _, _ = run(client, manager, works)
    check("state is kept", reply["status"] == "ok" and reply["execution_count"] == 3)

    sessions = {m["header"]["session"] for m in messages}
    check("one session", len(sessions) == 1)

    check("heartbeat", client.hb_channel.is_beating())
    manager.restart_kernel(now=False)
    client.wait_for_ready(timeout=30)
    reply, messages, _ = run(client, manager, works)
    check("restart", reply["execution_count"] == 1 and messages[0]["header"]["session"] not in sessions)

    begun = time.time()
    client.shutdown(reply=True, timeout=10)
    while manager.is_alive() and time.time() - begun < 10:
        time.sleep(0.02)
    check("shutdown", not manager.is_alive(), "%.3f s" % (time.time() - begun))
finally:
    manager.shutdown_kernel(now=True)
    client.stop_channels()
sys.exit(1 if failed else 0)
