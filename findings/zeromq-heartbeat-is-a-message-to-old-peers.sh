#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0): heartbeats reach the application of a peer with libzmq 4.1.6 (the one
# inside pyzmq 16.0.4) as messages, and cut the connection to it again and again.
#
# Expected: PING and PONG are commands, which no application sees, and are new in ZMTP 3.1. A peer says in its greeting
# that it speaks ZMTP 3.0, so libzmq, which talks to such peers in all else, sends it no PING.
#
# Seen: with ZMQ_HEARTBEAT_IVL set at one side, the other side's zmq_recv returns b"\x04PING\x00\x00" in each interval.
# The old peer knows no PONG, so after the time-out the connection ends and is made anew; a ROUTER has another identity
# for it then, and what it sends to the last one is lost. Other sides with ZMTP 3.0 that pass commands on would be hit
# in the same way.
#
#   peer with libzmq 4.1.6, heartbeats on:    [b'\x04PING\x00\x00'] and no reply, 4 disconnections
#   peer with libzmq 4.1.6, heartbeats off:   [b'reply'], 0 disconnections
#   peer with libzmq 4.3.5, heartbeats on:    [b'reply'], 0 disconnections
#
# Matters to: anybody who turns heartbeats on at a server that old devices or long-term distributions connect to.
# It needs x86-64.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
pip=("$folder/venv/bin/python" -m pip --quiet --disable-pip-version-check)
timeout 300 "${pip[@]}" install pyzmq==27.3.0
timeout 300 "${pip[@]}" download --no-deps --only-binary :all: --python-version 27 --implementation cp --abi cp27mu \
    --platform manylinux1_x86_64 --dest "$folder" pyzmq==16.0.4
"$folder/venv/bin/python" -m zipfile -e "$folder"/pyzmq-16.0.4-*.whl "$folder/old"

timeout 60 "$folder/venv/bin/python" - "$folder/old/zmq/.libs" <<'PYTHON'
import ctypes
import sys
import time
from pathlib import Path

import zmq

libraries = Path(sys.argv[1])
for name in libraries.glob("libsodium*"):
    ctypes.CDLL(str(name), mode=ctypes.RTLD_GLOBAL)
old = ctypes.CDLL(str(next(libraries.glob("libzmq*"))))
pointer, size = ctypes.c_void_p, ctypes.c_size_t
old.zmq_ctx_new.restype = old.zmq_socket.restype = pointer
old.zmq_socket.argtypes = [pointer, ctypes.c_int]
old.zmq_connect.argtypes = [pointer, ctypes.c_char_p]
old.zmq_send.argtypes = old.zmq_recv.argtypes = [pointer, ctypes.c_char_p, size, ctypes.c_int]
old.zmq_setsockopt.argtypes = [pointer, ctypes.c_int, pointer, size]
version = [ctypes.c_int() for _ in range(3)]
old.zmq_version(*map(ctypes.byref, version))
context = zmq.Context()


class Old:
    """A DEALER of the old library."""

    def __init__(self, address):
        self.handle = old.zmq_socket(OLD_CONTEXT, zmq.DEALER)
        for option, value in (zmq.RCVTIMEO, 500), (zmq.LINGER, 0):
            old.zmq_setsockopt(self.handle, option, ctypes.byref(ctypes.c_int(value)), 4)
        old.zmq_connect(self.handle, address.encode())

    def send(self, message):
        old.zmq_send(self.handle, message, len(message), 0)

    def recv(self):
        buffer = ctypes.create_string_buffer(100)
        count = old.zmq_recv(self.handle, buffer, 100, 0)
        if count < 0:
            raise zmq.Again
        return buffer.raw[:count]


OLD_CONTEXT = old.zmq_ctx_new()


def new(address):
    socket = context.socket(zmq.DEALER)
    socket.rcvtimeo = 500
    socket.connect(address)
    return socket


def run(connect, interval):
    """The messages that the peer receives until there is a reply or no more, and how often the server loses it within 1.5 s."""
    server = context.socket(zmq.ROUTER)
    server.heartbeat_ivl = interval
    port = server.bind_to_random_port("tcp://127.0.0.1")
    events = server.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    peer = connect(f"tcp://127.0.0.1:{port}")
    peer.send(b"hello")
    identity, _ = server.recv_multipart()
    time.sleep(1.5)
    server.send_multipart([identity, b"reply"])
    received = []
    while b"reply" not in received and len(received) < 20:
        try:
            received.append(peer.recv())
        except zmq.Again:
            break
    lost = 0
    while events.poll(0):
        events.recv_multipart()
        lost += 1
    server.disable_monitor()
    server.close(0)
    return list(dict.fromkeys(received)), lost


def show(what, result):
    print(f"peer with libzmq {what} {result[0]}{'' if b'reply' in result[0] else ' and no reply'}, {result[1]} disconnections")
    return result


name = ".".join(str(part.value) for part in version)
noisy = show(f"{name}, heartbeats on:   ", run(Old, 200))
quiet = show(f"{name}, heartbeats off:  ", run(Old, 0))
modern = show(f"{zmq.zmq_version()}, heartbeats on:   ", run(new, 200))
if not any(b"PING" in message for message in noisy[0]) or quiet != ([b"reply"], 0) or modern != ([b"reply"], 0):
    sys.exit("CHANGED: heartbeats are no longer sent to peers that do not know them.")
PYTHON
