#!/usr/bin/env bash
# libzmq 4.3.5 (the one inside pyzmq 27.3.0) with JeroMQ 0.3.6 (Debian): a connection that carried requests and replies
# and was closed in good order is reported as a failed handshake.
#
# Expected: a socket monitor reports HANDSHAKE_SUCCEEDED once a peer may talk, HANDSHAKE_FAILED_NO_DETAIL if it never
# got so far, and a message tells the address of its sender ("Peer-Address").
#
# Seen: JeroMQ 0.3.6, still the one in Debian, speaks ZMTP 2.0, which libzmq also speaks. For such a peer
# HANDSHAKE_SUCCEEDED never comes, its messages have no Peer-Address, and when it closes its socket after a good
# conversation the monitor says HANDSHAKE_FAILED_NO_DETAIL with errno EPIPE. A peer that speaks ZMTP 3 (pyzmq) is
# reported as one would expect.
#
#   pyzmq:   answered, Peer-Address known,   events ACCEPTED, HANDSHAKE_SUCCEEDED, DISCONNECTED
#   JeroMQ:  answered, Peer-Address unknown, events ACCEPTED, HANDSHAKE_FAILED_NO_DETAIL (EPIPE), DISCONNECTED
#
# Matters to: servers that count their clients, or raise an alarm, by the events of the monitor. They count the older
# clients as never there and as failures, and a log of refused clients names those that were served.
#
# Needs: a JDK (17 was tried), and apt-get and dpkg-deb of Debian 12 for its package of JeroMQ (nothing is installed on
# the system).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pyzmq==27.3.0
cd "$folder"
timeout 120 apt-get -q download libjeromq-java=0.3.6-1.1 > download.log 2>&1 || { cat download.log >&2; exit 2; }
dpkg-deb --extract libjeromq-java_*.deb jeromq

cat > Ask.java <<'JAVA'
import org.zeromq.ZMQ;

public class Ask {
    public static void main(String[] arguments) {
        ZMQ.Context context = ZMQ.context(1);
        ZMQ.Socket socket = context.socket(ZMQ.REQ);
        socket.connect(arguments[0]);
        socket.send("question");
        System.out.println(socket.recvStr());
        socket.close();
        context.term();
    }
}
JAVA
cat > ask.py <<'PYTHON'
import sys

import zmq

with zmq.Context() as context, context.socket(zmq.REQ) as socket:
    socket.connect(sys.argv[1])
    socket.send(b"question")
    print(socket.recv_string())
PYTHON

timeout 120 venv/bin/python - <<'PYTHON'
import errno
import subprocess
import sys

import zmq
from zmq.utils.monitor import recv_monitor_message

context = zmq.Context()


def serve(*command):
    """The reply that a client of ours gets, the properties of its message, and the monitor's reports until it has gone."""
    server = context.socket(zmq.ROUTER)
    events = server.get_monitor_socket()
    port = server.bind_to_random_port("tcp://127.0.0.1")
    with subprocess.Popen([*command, f"tcp://127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True) as client:
        if not server.poll(60_000):
            client.kill()
            sys.exit("The client did not ask.")
        *route, question = server.recv_multipart(copy=False)
        try:
            question.get("Peer-Address")
            address = "known"
        except zmq.ZMQError:
            address = "unknown"
        server.send_multipart([*route, b"answer"])
        answered = "answered" if client.communicate(timeout=30)[0].strip() == "answer" else "not answered"
    seen = []
    while "DISCONNECTED" not in seen and events.poll(5000):
        event = recv_monitor_message(events)
        name = event["event"].name
        if name == "HANDSHAKE_FAILED_NO_DETAIL":
            name += f" ({errno.errorcode[event['value']]})"
        if name != "LISTENING":
            seen.append(name)
    server.disable_monitor()
    server.close(0)
    return answered, address, seen


print("libzmq", zmq.zmq_version())
new = serve("venv/bin/python", "ask.py")
old = serve("java", "-cp", "jeromq/usr/share/java/jeromq.jar", "Ask.java")
for name, (answered, address, seen) in (("pyzmq:", new), ("JeroMQ:", old)):
    print(f"{name:8} {answered}, {'Peer-Address ' + address + ',':21} events {', '.join(seen)}")
if (
    new != ("answered", "known", ["ACCEPTED", "HANDSHAKE_SUCCEEDED", "DISCONNECTED"])
    or old != ("answered", "unknown", ["ACCEPTED", "HANDSHAKE_FAILED_NO_DETAIL (EPIPE)", "DISCONNECTED"])
):
    sys.exit("CHANGED: the monitor reports peers of ZMTP 2.0 in another way.")
PYTHON
