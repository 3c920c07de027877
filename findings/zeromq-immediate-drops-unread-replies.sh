#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0): ZMQ_IMMEDIATE=1, an option about sending, throws away messages that
# have already been received.
#
# Expected: the option keeps messages from being queued for a connection that does not exist yet. That is all that
# its manual says, and replies that lie in the client's own receive queue are safe whatever becomes of the server.
#
# Seen: when the connection ends, a client with ZMQ_IMMEDIATE=1 drops the whole pipe, with the replies in it that
# the application has not read yet. With the default of 0 the pipe outlives the connection, and all are delivered.
#
#   ZMQ_IMMEDIATE=0: replies read after the server has gone: [b'0', b'1', b'2']
#   ZMQ_IMMEDIATE=1: replies read after the server has gone: []
#
# Matters to: request-reply clients, to whom the option is recommended so that no request waits for a dead server.
# A server that answers its last calls and then stops, in good order, loses the answers of every client that is
# slow to read; the caller cannot tell them from calls that were never made.
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


def replies_after_the_server_has_gone(immediate):
    server = context.socket(zmq.ROUTER)
    port = server.bind_to_random_port("tcp://127.0.0.1")
    client = context.socket(zmq.DEALER)
    client.immediate = immediate
    events = client.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED)
    client.connect(f"tcp://127.0.0.1:{port}")
    client.poll(5000, zmq.POLLOUT)
    client.send(b"question")
    peer, _ = server.recv_multipart()
    for number in range(3):
        server.send_multipart([peer, str(number).encode()])
    server.close(5000)  # lingers until all is sent
    while recv_monitor_message(events)["event"] != zmq.EVENT_CONNECT_RETRIED:
        pass  # the connection has ended once libzmq tries to make the next
    replies = []
    while client.poll(500):
        replies.append(client.recv())
    client.disable_monitor()
    client.close(0)
    return replies


print("libzmq", zmq.zmq_version())
seen = {value: replies_after_the_server_has_gone(value) for value in (0, 1)}
for value, replies in seen.items():
    print(f"ZMQ_IMMEDIATE={value}: replies read after the server has gone: {replies}")
if seen != {0: [b"0", b"1", b"2"], 1: []}:
    sys.exit("CHANGED: ZMQ_IMMEDIATE no longer decides over replies that have arrived.")
PYTHON
