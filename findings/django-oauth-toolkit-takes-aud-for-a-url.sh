#!/usr/bin/env bash
# django-oauth-toolkit 3.4.1 as a resource server that introspects tokens (RFC 7662): a good token is refused because
# it has an audience, and accepted as soon as the answer leaves the audience out.
#
# Expected: `aud` of an introspection answer is a "service-specific string identifier" (RFC 7662, section 2.2); who
# names no audience of its own in its settings accepts any, as it accepts any issuer.
#
# Seen: `aud` is kept as if it were the resource indicator of RFC 8707 and compared, as the beginning of a URL, with
# the address of the request. An audience that is a name can never be that. The answer to the caller is an
# "invalid_token"; nothing says that the audience was the reason.
#
#   no aud                               accepted, for ann
#   aud "reports-api"                    refused
#   aud "https://api.example/reports"    accepted, for ann
#   aud "reports-api", validator None    accepted, for ann
#
# Matters to: Django resource servers behind authorization servers whose audience is a name, which most are. The way
# out is the setting RESOURCE_SERVER_TOKEN_RESOURCE_VALIDATOR = None, and a check of `aud` of one's own.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    django-oauth-toolkit==3.4.1 Django==5.2.9 requests==2.34.2

cd "$folder"
timeout 120 "$folder/venv/bin/python" - <<'PYTHON'
import http.server
import json
import logging
import sys
import threading
import time
import urllib.parse

import django
from django.conf import settings
from django.core.management import call_command

logging.disable(logging.CRITICAL)
AUDIENCES = {
    "none": None, "name": "reports-api", "url": "https://api.example/reports", "name-unchecked": "reports-api"}


class Issuer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        answer = {"active": True, "scope": "time", "username": "ann", "exp": int(time.time()) + 600}
        audience = AUDIENCES[form["token"][0]]
        if audience:
            answer["aud"] = audience
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


issuer = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
threading.Thread(target=issuer.serve_forever, daemon=True).start()
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True, SECRET_KEY="x" * 50,
    OAUTH2_PROVIDER={
        "RESOURCE_SERVER_INTROSPECTION_URL": f"http://127.0.0.1:{issuer.server_port}/introspect",
        "RESOURCE_SERVER_INTROSPECTION_CREDENTIALS": ("api", "secret"), "SCOPES": {"time": "to see the time"}})
django.setup()
call_command("migrate", verbosity=0)

from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402
from oauth2_provider.settings import oauth2_settings  # noqa: E402
from oauthlib.common import Request  # noqa: E402


def outcome(token):
    request = Request("https://api.example/reports/7")
    good = OAuth2Validator().validate_bearer_token(token, ["time"], request)
    return f"accepted, for {request.user}" if good else "refused"


seen = [outcome("none"), outcome("name"), outcome("url")]
oauth2_settings.RESOURCE_SERVER_TOKEN_RESOURCE_VALIDATOR = None
seen.append(outcome("name-unchecked"))
names = ['no aud', 'aud "reports-api"', 'aud "https://api.example/reports"', 'aud "reports-api", validator None']
for name, result in zip(names, seen):
    print(f"{name:35}  {result}")
if seen != ["accepted, for ann", "refused", "accepted, for ann", "accepted, for ann"]:
    sys.exit("CHANGED: the audience is compared in another way now.")
PYTHON
