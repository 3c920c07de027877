#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0): zmq_unbind ends the connections of the peers that came by that
# endpoint, over tcp and ipc; over inproc it leaves them alone.
#
# Expected: as with a listening TCP socket, which may be closed while the accepted connections live on: unbind stops
# new peers, and those that are connected are served to the end. That is how a server drains before it stops.
#
# Seen: accepted connections belong to the listener and go with it. A request that the server has read can no longer
# be answered, as the ROUTER does not know its peer any more, and nobody is told so unless ZMQ_ROUTER_MANDATORY is
# set. Over inproc the same program is answered.
#
#   tcp:    answered after unbind: False
#   ipc:    answered after unbind: False
#   inproc: answered after unbind: True
#
# Matters to: servers with an orderly stop, and their tests, which like to use inproc and then show the opposite of
# what happens in production. To drain, keep the endpoint bound and tell the clients by a message.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyzmq==27.3.0

cd "$folder"
timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import zmq

context = zmq.Context()


def answered_after_unbind(endpoint):
    server, client = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    server.bind(endpoint)
    bound = server.last_endpoint.decode()
    client.connect(bound)
    client.send(b"question")
    peer, _ = server.recv_multipart()
    server.unbind(bound)
    server.poll(300)  # gives libzmq the time to do it
    server.send_multipart([peer, b"answer"])
    answered = bool(client.poll(1000))
    client.close(0)
    server.close(0)
    return answered


print("libzmq", zmq.zmq_version())
endpoints = {"tcp": "tcp://127.0.0.1:*", "ipc": "ipc://socket", "inproc": "inproc://socket"}
seen = {transport: answered_after_unbind(endpoint) for transport, endpoint in endpoints.items()}
for transport, answered in seen.items():
    print(f"{transport + ':':7} answered after unbind: {answered}")
if seen != {"tcp": False, "ipc": False, "inproc": True}:
    sys.exit("CHANGED: unbind treats connected peers in another way.")
PYTHON
