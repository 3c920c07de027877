#!/usr/bin/env bash
# Authlib 1.9.10: fetch_token() takes any JSON object of a 4xx answer for a token, unless it has a member "error".
#
# Expected: an answer of 429 or 403 from the token endpoint, or from a gateway before it, raises.
#
# Seen: the client raises by itself for 5xx only. A problem document (RFC 9457) with status 429 is returned as the
# token and kept in the session. What fails is the next use of the session, perhaps in another part of the program,
# with "Unsupported token_type: 'access_token'", of which no word is true: there is neither a type nor a token, and
# the reason and the Retry-After of the answer are gone. oauthlib and httpx-auth raise at once.
#
#   fetch_token() returned {'type': 'about:blank', 'title': 'Too Many Requests', 'status': 429}
#   get() raised UnsupportedTokenTypeError: unsupported_token_type: Unsupported token_type: 'access_token'
#   requests sent: POST /token
#
# Matters to: clients of issuers that limit logins, which waited for an exception at fetch_token() to slow down.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check Authlib==1.9.10 requests==2.34.2

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import json
import sys
import threading

from authlib.integrations.requests_client import OAuth2Session

PROBLEM = {"type": "about:blank", "title": "Too Many Requests", "status": 429}
requests = []


class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        requests.append(f"{self.command} {self.path}")
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(PROBLEM).encode()
        self.send_response(429)
        self.send_header("Content-Type", "application/problem+json")
        self.send_header("Retry-After", "5")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"
session = OAuth2Session("shop", "secret", token_endpoint=f"{base}/token")
try:
    fetched = session.fetch_token(username="ann", password="password")
    print("fetch_token() returned", dict(fetched))
except Exception as error:
    sys.exit(f"CHANGED: fetch_token() raised {type(error).__name__}: {error}")
try:
    session.get(f"{base}/api")
    raised = ""
except Exception as error:
    raised = f"{type(error).__name__}: {error}"
print("get() raised", raised)
print("requests sent:", ", ".join(requests))
if dict(fetched) != PROBLEM or not raised.startswith("UnsupportedTokenTypeError") or requests != ["POST /token"]:
    sys.exit("CHANGED: a refusal is no longer kept as a token.")
PYTHON
