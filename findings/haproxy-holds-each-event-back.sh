#!/usr/bin/env bash
# HAProxy 2.6.12 (Debian): each event of an event stream reaches the client a fifth of a second late, on an idle
# machine, over loopback.
#
# Expected: a proxy without cache or compression passes on what it gets when it gets it. nginx 1.22 does, with its
# default settings.
#
# Seen: HAProxy favours full segments: after each chunk of a response that is not at its end it lets the kernel wait
# for more, and the kernel waits for 200 ms, or until a segment is full. Six events, 0.5 s apart:
#
#   delays without a proxy:          [0, 0, 0, 0, 0, 0] ms
#   delays through HAProxy:          [207, 205, 205, 205, 212, 208] ms
#   … with "option http-no-delay":   [0, 0, 0, 0, 0, 0] ms
#
# Matters to: server-sent events and other slow streams (progress, logs, tokens of a language model), which look
# slow only in production; nothing in a log or in HAProxy's statistics shows the wait.
#
# Needs: apt-get and dpkg-deb of Debian 12 (nothing is installed on the system), for its package of HAProxy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
timeout 120 apt-get -q download haproxy=2.6.12-1+deb12u4 liblua5.3-0=5.3.6-2 > download.log 2>&1 ||
    { cat download.log >&2; exit 2; }
for package in *.deb; do
    dpkg-deb --extract "$package" system
done
export LD_LIBRARY_PATH="$folder/system/usr/lib/x86_64-linux-gnu"

timeout 60 python3 - <<'PYTHON'
import http.server
import socket
import subprocess
import sys
import threading
import time

EVENTS, PAUSE = 6, 0.5
sent = []


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(EVENTS):
            event = f"data: {number}\n\n".encode()
            sent.append(time.monotonic())
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
            time.sleep(PAUSE)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


def delays(port):
    """The milliseconds after which each event arrives, from when it was sent."""
    sent.clear()
    arrived, text = [], b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        while len(arrived) < EVENTS:
            text += connection.recv(65536)
            while f"data: {len(arrived)}\n".encode() in text:
                arrived.append(time.monotonic())
    return [round((end - start) * 1000) for start, end in zip(sent, arrived)]


def through_haproxy(option=""):
    with socket.create_server(("127.0.0.1", 0)) as listener:  # HAProxy inherits it, so the port is certainly ours
        with open("haproxy.cfg", "w") as file:
            file.write(f"""
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    {option}
listen events
    bind fd@{listener.fileno()}
    server events 127.0.0.1:{server.server_port}
""")
        haproxy = subprocess.Popen(
            ["system/usr/sbin/haproxy", "-q", "-db", "-f", "haproxy.cfg"], pass_fds=[listener.fileno()])
        try:
            return delays(listener.getsockname()[1])
        finally:
            haproxy.terminate()
            haproxy.wait()


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
direct, held, passed = delays(server.server_port), through_haproxy(), through_haproxy("option http-no-delay")
print("delays without a proxy:        ", direct, "ms")
print("delays through HAProxy:        ", held, "ms")
print('… with "option http-no-delay": ', passed, "ms")
if min(held) < 150 or max(passed) > 150:
    sys.exit("CHANGED: events pass HAProxy in another time.")
PYTHON
