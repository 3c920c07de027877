#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0): heartbeats end the connection to a peer that is alive but reads slowly,
# and keep the connection to a peer that reads nothing at all.
#
# Expected: ZMQ_HEARTBEAT_IVL and ZMQ_HEARTBEAT_TIMEOUT find a dead peer. A busy one answers PING from libzmq's own
# thread, as the heartbeats need no help of the application.
#
# Seen: as long as the receiver's queue has room, its application may stand still for as long as it likes: the
# connection stays. Once the queue is full, the receiver's thread stops reading the TCP connection, so it no longer
# sees PING and sends no PONG. The sender reports DISCONNECTED about one interval plus one timeout later, connects
# anew, fills the new connection and is cut again, and messages that were on their way are lost. Without heartbeats
# the same receiver gets every message, late.
#
#   idle receiver, heartbeats on:    []
#   slow receiver, heartbeats on:    ['DISCONNECTED', 'DISCONNECTED'], 198 of 200 messages arrived
#   slow receiver, heartbeats off:   [], 200 of 200 messages arrived
#
# Matters to: anybody who sets a heartbeat timeout shorter than the longest pause of a consumer (a long handler, a
# full disk, a garbage collection). Under load the setting turns back-pressure into lost messages.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyzmq==27.3.0

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import sys
import time

import zmq
from zmq.utils.monitor import recv_monitor_message

context = zmq.Context()
SENT = 200


def run(interval, messages):
    """The disconnections that a sender sees within 2.5 s of a receiver that does not read, and what then arrives."""
    receiver = context.socket(zmq.PULL)
    receiver.rcvhwm = 10
    port = receiver.bind_to_random_port("tcp://127.0.0.1")
    sender = context.socket(zmq.PUSH)
    sender.sndhwm = 0
    sender.heartbeat_ivl = interval
    sender.heartbeat_timeout = 500
    events = sender.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    sender.connect(f"tcp://127.0.0.1:{port}")
    for _ in range(messages):
        sender.send(b"x" * 65536)
    seen, end = [], time.monotonic() + 2.5
    while time.monotonic() < end:
        if events.poll(100):
            seen.append(recv_monitor_message(events)["event"].name)
    arrived = 0
    while receiver.poll(500):
        receiver.recv()
        arrived += 1
    sender.disable_monitor()
    sender.close(0)
    receiver.close(0)
    return seen, arrived


print("libzmq", zmq.zmq_version())
idle, _ = run(200, 0)
print("idle receiver, heartbeats on:   ", idle)
slow, arrived = run(200, SENT)
print(f"slow receiver, heartbeats on:    {slow}, {arrived} of {SENT} messages arrived")
quiet, all_arrived = run(0, SENT)
print(f"slow receiver, heartbeats off:   {quiet}, {all_arrived} of {SENT} messages arrived")
if idle or not slow or quiet or all_arrived != SENT:
    sys.exit("CHANGED: heartbeats no longer tell a slow reader from an idle one this way.")
PYTHON
