#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0): a client that was refused once never connects again, unless the server
# chose the right number for its refusal.
#
# Expected: libzmq reconnects by itself, so a client whose key is added to the server's list later gets in on one of
# its next tries.
#
# Seen: there are no next tries. After status 400 from the server's authenticator (ZAP, RFC 27) the client's socket
# gives up its connection for good: it sends nothing more, not even to a restarted server, while connect() and
# subscribe() have reported success. A new socket is the only cure. After status 300 ("temporary error") the server
# neither answers nor hangs up: the client waits until ZMQ_HANDSHAKE_IVL ends the handshake (30 s by default, 300 ms
# here), then tries again, and gets in once its key is accepted. Authenticators commonly answer 400 to any key that
# they do not know, pyzmq's among them.
#
#   status 400: authenticator asked before the key was accepted: 1, after: 0, message arrived: False
#   status 300: authenticator asked before the key was accepted: 3, after: 1, message arrived: True
#
# Matters to: services that start before their key is listed (a rolling deployment, a new replica): subscribers that
# were a second too early stay deaf for as long as they live, and nothing in their own log says so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyzmq==27.3.0

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import sys
import threading
import time

import zmq


def run(refusal):
    """The authenticator's requests before and after it accepts the client, and True if a message arrives."""
    context = zmq.Context()
    public, secret = zmq.curve_keypair()
    accepted, stopped, asked = threading.Event(), threading.Event(), []

    def authenticate():
        handler = context.socket(zmq.REP)
        handler.bind("inproc://zeromq.zap.01")
        ready.set()
        while not stopped.is_set():
            if handler.poll(50):
                request = handler.recv_multipart()[1]
                asked.append(accepted.is_set())
                status = b"200" if accepted.is_set() else refusal
                handler.send_multipart([b"1.0", request, status, b"", b"", b""])
        handler.close(0)

    ready = threading.Event()
    thread = threading.Thread(target=authenticate)
    thread.start()
    ready.wait()
    publisher = context.socket(zmq.PUB)
    publisher.curve_server, publisher.curve_secretkey, publisher.zap_domain = True, secret, b"shop"
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    subscriber = context.socket(zmq.SUB)
    subscriber.curve_serverkey = public
    subscriber.curve_publickey, subscriber.curve_secretkey = zmq.curve_keypair()
    subscriber.reconnect_ivl, subscriber.handshake_ivl = 100, 300
    subscriber.subscribe(b"")
    subscriber.connect(f"tcp://127.0.0.1:{port}")
    time.sleep(1)
    accepted.set()
    arrived, end = False, time.monotonic() + 3
    while not arrived and time.monotonic() < end:
        publisher.send(b"event")
        arrived = bool(subscriber.poll(50))
    stopped.set()
    thread.join()
    subscriber.close(0)
    publisher.close(0)
    context.term()
    return asked.count(False), asked.count(True), arrived


print("libzmq", zmq.zmq_version())
final, passing = run(b"400"), run(b"300")
for status, (before, after, arrived) in (("400", final), ("300", passing)):
    print(f"status {status}: authenticator asked before the key was accepted: {before}, after: {after}, "
          f"message arrived: {arrived}")
if final != (1, 0, False) or passing[0] < 2 or passing[1:] != (1, True):
    sys.exit("CHANGED: a refused client now tries again, or a temporary refusal is final.")
PYTHON
