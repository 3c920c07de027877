#!/usr/bin/env bash
# requests-oauthlib 2.0.0, Authlib 1.9.10, httpx-auth 0.23.1, requests-oauth2client 1.8.0: none of them encodes a
# client's secret as OAuth asks for.
#
# Expected: RFC 6749, section 2.3.1: the client's id and secret are each form-encoded and only then joined by a colon
# for HTTP Basic. A server that follows it decodes them again.
#
# Seen: all four send them as they are, as curl -u does. Nobody notices as long as secrets are letters and digits, or
# the server compares them undecoded. Of a secret with "%" or "+" a server that follows the RFC reads another: "p%41+s"
# becomes "pA s".
#
#   asked for by the RFC:    shop:p%2541%2Bs
#   requests-oauthlib:       shop:p%41+s
#   Authlib:                 shop:p%41+s
#   httpx-auth:              shop:p%41+s
#   requests-oauth2client:   shop:p%41+s
#
# Matters to: authors of authorization servers. Decode, and a few of these clients' secrets are wrong; do not, and
# the clients that follow the RFC (golang.org/x/oauth2 does) are refused. Secrets of letters, digits, "-", "." and
# "_" alone are safe with all of them; so is client_secret_post.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    requests-oauthlib==2.0.0 oauthlib==4.0.1 Authlib==1.9.10 httpx-auth==0.23.1 httpx==0.28.1 \
    requests-oauth2client==1.8.0 requests==2.34.2

OAUTHLIB_INSECURE_TRANSPORT=1 timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import base64
import http.server
import json
import sys
import threading
import urllib.parse

import authlib.integrations.requests_client
import httpx
import httpx_auth
import requests_oauth2client
import requests_oauthlib
from oauthlib.oauth2 import BackendApplicationClient

ID, SECRET = "shop", "p%41+s"
received = []


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        received.append(base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode())
        body = json.dumps({"access_token": "a", "token_type": "Bearer", "expires_in": 3600}).encode()
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
url = f"{base}/token"

session = requests_oauthlib.OAuth2Session(client=BackendApplicationClient(ID))
session.fetch_token(url, client_id=ID, client_secret=SECRET)
authlib.integrations.requests_client.OAuth2Session(ID, SECRET).fetch_token(url, grant_type="client_credentials")
httpx.get(f"{base}/api", auth=httpx_auth.OAuth2ClientCredentials(url, ID, SECRET))
basic = requests_oauth2client.ClientSecretBasic(ID, SECRET)
requests_oauth2client.OAuth2Client(url, auth=basic, testing=True).client_credentials()

print(f"{'asked for by the RFC:':24} {urllib.parse.quote_plus(ID)}:{urllib.parse.quote_plus(SECRET)}")
for name, sent in zip(["requests-oauthlib:", "Authlib:", "httpx-auth:", "requests-oauth2client:"], received):
    print(f"{name:24} {sent}")
if received != [f"{ID}:{SECRET}"] * 4:
    sys.exit("CHANGED: a client encodes its credentials now.")
PYTHON
