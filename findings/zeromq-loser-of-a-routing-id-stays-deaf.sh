#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0): the second of two clients with one routing id is connected, sends without
# an error, and is heard by nobody, also long after the first has gone.
#
# Expected: the manual says that a ROUTER lets only one peer have an id (unless ZMQ_ROUTER_HANDOVER is set). The other
# one would be cut off, and so try again, or would take over when the id is free.
#
# Seen: the loser's connection stays open. Its monitor reports HANDSHAKE_SUCCEEDED and no end, its sends return
# success until its queue is full, and the messages stay there: the ROUTER ignores that connection for as long as it
# lasts. When the first client leaves, nothing changes, as libzmq sees no reason to connect anew.
#
#   second client, while the first is there: ['CONNECTED', 'HANDSHAKE_SUCCEEDED'], heard: False
#   second client, after the first has gone: [], heard: False
#   a third client, at the same time:        ['CONNECTED', 'HANDSHAKE_SUCCEEDED'], heard: True
#
# Matters to: clients that name themselves by host or process (two containers with process 1, a new process started
# before the old one has ended): the restart looks sound from every side, and its calls only time out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyzmq==27.3.0

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import zmq
from zmq.utils.monitor import recv_monitor_message

context = zmq.Context()
server = context.socket(zmq.ROUTER)
port = server.bind_to_random_port("tcp://127.0.0.1")
EVENTS = zmq.EVENT_CONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED


class Client:
    def __init__(self):
        self.socket = context.socket(zmq.DEALER)
        self.socket.routing_id = b"worker-1"
        self.monitor = self.socket.get_monitor_socket(EVENTS)
        self.socket.connect(f"tcp://127.0.0.1:{port}")

    def outcome(self):
        """The monitor's reports since then, and True if the server receives a message of this client."""
        self.socket.send(b"hello", zmq.DONTWAIT)
        heard = bool(server.poll(1000))
        if heard:
            server.recv_multipart()
        events = []
        while self.monitor.poll(200):
            events.append(recv_monitor_message(self.monitor)["event"].name)
        return events, heard

    def close(self):
        self.socket.disable_monitor()
        self.socket.close(0)


connected = ["CONNECTED", "HANDSHAKE_SUCCEEDED"]
first = Client()
if first.outcome() != (connected, True):
    sys.exit("The first client is not heard.")
second = Client()
beside = second.outcome()
first.close()
server.poll(300)  # gives libzmq the time to see it
after = second.outcome()
third = Client()
new = third.outcome()
print("libzmq", zmq.zmq_version())
for case, (events, heard) in {
    "second client, while the first is there:": beside,
    "second client, after the first has gone:": after,
    "a third client, at the same time:": new,
}.items():
    print(f"{case:40} {events}, heard: {heard}")
second.close()
third.close()
server.close(0)
if (beside, after, new) != ((connected, False), ([], False), (connected, True)):
    sys.exit("CHANGED: the second peer of a routing id is treated in another way.")
PYTHON
