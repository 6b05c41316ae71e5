"""Talks to our sockets with libzmq: libzmq.py ROUTER REP XPUB TIMES"""
import sys
import time

import zmq

router, rep, xpub = ("tcp://" + a for a in sys.argv[1:4])
times = int(sys.argv[4])
context = zmq.Context()


def socket(kind, address, **options):
    s = context.socket(kind)
    s.linger = 0
    s.rcvtimeo = 10_000
    for name, value in options.items():
        setattr(s, name, value)
    s.connect(address)
    return s


big = b"z" * 300_000
for i in range(times):
    body = b"%d" % i
    dealer = socket(zmq.DEALER, router, identity=b"same")
    dealer.send_multipart([body, b"", big])
    got = dealer.recv_multipart()
    assert got == [b"same", body, b"", big], (i, [f[:20] for f in got])
    anonymous = socket(zmq.DEALER, router)
    anonymous.send(body)
    got = anonymous.recv_multipart()
    assert len(got) == 2 and len(got[0]) == 5 and got[1] == body, got
    req = socket(zmq.REQ, rep, heartbeat_ivl=50, heartbeat_timeout=10_000)
    if i % 20 == 0:
        time.sleep(0.2)  # a few pings
    req.send(body)
    assert req.recv() == body
    sub = socket(zmq.SUB, xpub)
    sub.subscribe(b"new")
    assert sub.recv_multipart() == [b"news", b"new", b"n" * 1000]
    for s in (dealer, anonymous, req, sub):
        s.close()
print(times, "rounds with libzmq", zmq.zmq_version())
