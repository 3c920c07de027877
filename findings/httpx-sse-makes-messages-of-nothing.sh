#!/usr/bin/env bash
# httpx-sse 0.4.3: a block of an event stream that holds no data is handed to the application as an empty message.
#
# Expected: the HTML standard (server-sent events, "dispatch the event"): if the data buffer is empty, the event is
# not dispatched. So "retry: 50" alone sets the time for reconnecting, "id: 7" alone sets the last event id, and the
# application hears of neither.
#
# Seen: httpx-sse yields an event "message" with the data "" for each of them. sseclient-py yields the one event that
# carries data.
#
#   httpx-sse:     [('message', ''), ('message', ''), ('message', '{"n": 1}')]
#   sseclient-py:  [('message', '{"n": 1}')]
#
# Matters to: clients that decode each message as JSON, as json.loads("") raises on the first block of any server that
# begins its stream with "retry:" or marks a position by "id:" alone; and to authors of
# servers: keep "retry:" and "id:" in a block with data.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    httpx-sse==0.4.3 httpx==0.28.1 sseclient-py==1.9.0

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import http.server
import sys
import threading

import httpx
import httpx_sse
import sseclient

STREAM = b'retry: 50\n\nid: 7\n\ndata: {"n": 1}\n\n'


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(STREAM)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", f"http://127.0.0.1:{server.server_port}") as source:
    by_httpx = [(event.event, event.data) for event in source.iter_sse()]
by_sseclient = [(event.event, event.data) for event in sseclient.SSEClient(iter([STREAM])).events()]
print("httpx-sse:    ", by_httpx)
print("sseclient-py: ", by_sseclient)
data = ("message", '{"n": 1}')
if by_httpx != [("message", "")] * 2 + [data] or by_sseclient != [data]:
    sys.exit("CHANGED: blocks without data are treated in another way.")
PYTHON
