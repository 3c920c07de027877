#!/usr/bin/env bash
# httpx-auth 0.23.1: a token response without "expires_in" is only usable if the access token happens to be a JWT.
#
# Expected: RFC 6749 makes "expires_in" recommended, not required, and an access token opaque to the client. A client
# that is told no lifetime uses the token until it is refused.
#
# Seen: httpx-auth then decodes the access token to find "exp" in it. An opaque token has no dots to split at, and
# the first request ends in "ValueError: not enough values to unpack (expected 3, got 1)", before anything but the
# token was asked for. "expires_in": 0 has the same effect, as zero counts as absent. With a lifetime the same token
# is used.
#
#   expires_in 3600:    API called with Bearer opaque
#   no expires_in:      ValueError: not enough values to unpack (expected 3, got 1)
#   expires_in 0:       ValueError: not enough values to unpack (expected 3, got 1)
#
# Matters to: whoever calls an API whose tokens have no announced end, and to authors of authorization servers: leave
# "expires_in" out and these clients break with an error that names neither OAuth nor the field.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx-auth==0.23.1 httpx==0.28.1

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import http.server
import json
import sys
import threading

import httpx
from httpx_auth import OAuth2, OAuth2ClientCredentials

token_response, api_calls = {}, []


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        api_calls.append(self.headers["Authorization"])
        self.send_response(204)
        self.end_headers()

    def do_POST(self):
        body = json.dumps(token_response).encode()
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


def outcome(**more):
    global token_response
    token_response = {"access_token": "opaque", "token_type": "Bearer", **more}
    api_calls.clear()
    OAuth2.token_cache.clear()
    try:
        httpx.get(f"{base}/api", auth=OAuth2ClientCredentials(f"{base}/token", "shop", "secret"))
        return f"API called with {api_calls[0]}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


seen = {
    "expires_in 3600:": outcome(expires_in=3600), "no expires_in:": outcome(), "expires_in 0:": outcome(expires_in=0)
}
for case, result in seen.items():
    print(f"{case:19} {result}")
first, *others = seen.values()
if first != "API called with Bearer opaque" or any(not other.startswith("ValueError: not enough") for other in others):
    sys.exit("CHANGED: a missing lifetime has another effect.")
PYTHON
