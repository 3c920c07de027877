#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0): the errno of a failed bind depends on whether somebody watches the
# socket, and with a watcher it names the wrong cause.
#
# Expected: zmq_bind("tcp://[::1]:*") on a socket without ZMQ_IPV6 fails with one errno, the same each time.
#
# Seen: ENODEV ("No such device"), as the manual lists it. With a monitor on the same socket (zmq_socket_monitor,
# which only reports) the very same call fails with EAGAIN ("Resource temporarily unavailable"), which reads as
# "try again" and is tried again by whoever retries on EAGAIN, for ever. Writing the event overwrites errno before
# zmq_bind returns it. With ZMQ_IPV6 set both binds work.
#
#   no monitor:           ENODEV
#   monitor:              EAGAIN
#   monitor, ZMQ_IPV6=1:  bound
#
# Matters to: every server that watches its sockets for its metrics and reports why it cannot listen.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyzmq==27.3.0

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import errno
import sys

import zmq

context = zmq.Context()


def bind(monitored, ipv6=False):
    server = context.socket(zmq.ROUTER)
    server.ipv6 = ipv6
    if monitored:
        server.get_monitor_socket()
    try:
        server.bind("tcp://[::1]:*")
        return "bound"
    except zmq.ZMQError as error:
        return errno.errorcode[error.errno]
    finally:
        if monitored:
            server.disable_monitor()
        server.close(0)


print("libzmq", zmq.zmq_version())
seen = [bind(False), bind(True), bind(True, ipv6=True)]
for case, outcome in zip(["no monitor", "monitor", "monitor, ZMQ_IPV6=1"], seen):
    print(f"{case + ':':21} {outcome}")
if seen != ["ENODEV", "EAGAIN", "bound"]:
    sys.exit("CHANGED: a monitor no longer changes the errno of a failed bind.")
PYTHON
