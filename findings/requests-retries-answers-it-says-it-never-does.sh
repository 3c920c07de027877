#!/usr/bin/env bash
# requests 2.34.2 with urllib3 2.8.0: HTTPAdapter(max_retries=3) repeats requests that were answered, and sleeps
# longer than the timeout.
#
# Expected: the documentation of HTTPAdapter says that max_retries applies to failed DNS lookups, socket connections
# and connection timeouts, "never to requests where data has made it to the server". A 429 is returned as it came.
#
# Seen: an answer of 413, 429 or 503 is repeated all the same if it has a Retry-After. Each time the call sleeps for as
# long as the header says, whatever timeout= says, and at the end it raises RetryError: the answer itself, with its
# body and its headers, is gone. Without the header, or without max_retries, the first answer is returned at once.
#
#   max_retries=3, no Retry-After:  status 429, 1 request, 0 s
#   max_retries=3, Retry-After: 1:  status 429, 4 requests, 3 s
#   max_retries=0, Retry-After: 1:  status 429, 1 request, 0 s
#
# Matters to: clients that raise max_retries against lost connections and handle 429 on their own: a server that says
# "in five minutes" holds a thread for fifteen, and is asked three times more by everyone that it asked to wait.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check requests==2.34.2 urllib3==2.8.0

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import http.server
import sys
import threading
import time

import requests

headers, asked = {}, []


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(429)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()


def outcome(max_retries, **given):
    headers.clear()
    headers.update({name.replace("_", "-"): value for name, value in given.items()})
    asked.clear()
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=max_retries))
    start = time.monotonic()
    status = session.get(f"http://127.0.0.1:{server.server_port}/", timeout=0.5).status_code
    return status, len(asked), round(time.monotonic() - start)


seen = {
    "max_retries=3, no Retry-After:": outcome(3),
    "max_retries=3, Retry-After: 1:": outcome(3, Retry_After="1"),
    "max_retries=0, Retry-After: 1:": outcome(0, Retry_After="1"),
}
for case, (status, count, seconds) in seen.items():
    print(f"{case}  status {status}, {count} request{'s' * (count > 1)}, {seconds} s")
plain, repeated, single = seen.values()
if plain[:2] != (429, 1) or single[:2] != (429, 1) or repeated[:2] != (429, 4) or repeated[2] < 3:
    sys.exit("CHANGED: max_retries has another effect on answers.")
PYTHON
