#!/usr/bin/env bash
# Authlib 1.9.10: an access token that lives for a minute or less is expired for its client as soon as it arrives.
#
# Expected: a client renews a token shortly before its end; "shortly" shrinks with the token's life, or is measured
# from its end but leaves some time for use.
#
# Seen: OAuth2Session takes a token for expired from 60 s before its end on (its argument "leeway"). With
# "expires_in": 45 and a refresh token, every single request is preceded by a refresh: five calls of the API cost six
# token requests, each with a rotated refresh token, and each call waits for one. Without a refresh token and without
# an endpoint to get one from, the first request already raises InvalidTokenError and nothing is sent at all.
#
#   with a refresh token:    6 token requests, 5 API requests, 5 different tokens
#   without a refresh token: 1 token requests, 0 API requests, 0 different tokens, InvalidTokenError
#
# Matters to: issuers with short-lived tokens, as recommended against theft: these clients multiply the load on the
# token endpoint, run into its limits, and tell their users that a token which is good for 45 s is invalid.
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

token_requests, used, refreshable = [], [], True


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        used.append(self.headers["Authorization"])
        self.reply({})

    def do_POST(self):
        token_requests.append(self.rfile.read(int(self.headers["Content-Length"])))
        number = len(token_requests)
        refresh = {"refresh_token": f"refresh{number}"} if refreshable else {}
        self.reply({"access_token": f"access{number}", "token_type": "Bearer", "expires_in": 45, **refresh})

    def reply(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_port}"


def run():
    token_requests.clear()
    used.clear()
    session = OAuth2Session("shop", "secret", token_endpoint=f"{base}/token")
    session.fetch_token(username="ann", password="password")
    try:
        for _ in range(5):
            session.get(f"{base}/api")
        error = ""
    except Exception as raised:
        error = f", {type(raised).__name__}"
    return f"{len(token_requests)} token requests, {len(used)} API requests, {len(set(used))} different tokens{error}"


with_refresh = run()
refreshable = False
without_refresh = run()
print("with a refresh token:   ", with_refresh)
print("without a refresh token:", without_refresh)
if (with_refresh, without_refresh) != (
    "6 token requests, 5 API requests, 5 different tokens",
    "1 token requests, 0 API requests, 0 different tokens, InvalidTokenError",
):
    sys.exit("CHANGED: short-lived tokens are used now.")
PYTHON
