"""The programs of the article “Verifying tokens elsewhere”, with good tokens and bad ones: `verifiers.py URL` and the secrets
of gateway and reader."""
import sys

import requests
from article import apache, bad_tokens, caddy, go, nginx, node, python, run

auth, gateway, reader = sys.argv[1:]


def token(scope):
    form = {"grant_type": "client_credentials", "scope": scope}
    return requests.post(auth + "/oauth/token", form, auth=("reader", reader), timeout=5).json()["access_token"]


AUTHLIB = """
from authlib.oauth2.rfc6749 import ResourceProtector
protector = ResourceProtector()
protector.register_token_validator(Validator())
class Request: headers = {"Authorization": "Bearer " + sys.argv[1]}
assert protector.validate_request(["time"], Request())["sub"]
"""
FASTAPI = """
from fastapi.testclient import TestClient
answer = TestClient(app).get("/time", headers={"Authorization": "Bearer " + sys.argv[1]})
assert answer.status_code == 200 and answer.json()["subject"], answer
"""
FASTMCP = f"""
import asyncio, sys
from fastmcp.server.auth.providers.jwt import JWTVerifier
verifier = JWTVerifier(
    jwks_uri="{auth}/.well-known/jwks.json", issuer="starmicroservices-auth", audience="starmicroservices",
    algorithm="EdDSA", required_scopes=["time"])
assert asyncio.run(verifier.verify_token(sys.argv[1]))
"""
DJANGO = """
import django
from django.conf import settings
from django.core.management import call_command
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"], USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    SECRET_KEY="x" * 50, OAUTH2_PROVIDER=OAUTH2_PROVIDER)
django.setup()
call_command("migrate", verbosity=0)
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
assert OAuth2Validator().validate_bearer_token(sys.argv[1], ["time"], Request("https://api.example/reports"))
"""


def check(name, takes, good=True, refused=False, scope=False):
    """`takes` answers for a token with `good` or `refused`; `scope` says that it wants the permission time."""
    assert takes(token("time")) == good, f"{name} refuses a good token"
    for fault, bad in bad_tokens(token("time")).items():
        assert takes(bad) == refused, f"{name} takes a token that is {fault}"
    if scope:
        # mod_auth_openidc makes a 401 of it, too.
        assert takes(token("tide")) in (refused, 403), f"{name} takes a token without the scope"
    print(name, "works", flush=True)


check("PyJWT", python("PyJWT", auth))
check("FastAPI", python("PyJWT", auth, number=1, last=FASTAPI), scope=True)
check("joserfc", python("joserfc", auth))
check("Authlib", python("Authlib", auth, last=AUTHLIB), scope=True)
check("fastmcp", lambda token: run([sys.executable, "-c", FASTMCP], token), scope=True)
check("jwcrypto", python("jwcrypto", auth))
check("django-oauth-toolkit", python("Django", auth, last=DJANGO, secret=gateway), scope=True)
for name, verifier in (("Go", go(auth)), ("Node's jose", node(auth, "/usr/share/nodejs"))):
    with verifier as takes:
        check(name, takes)
for name, guard in (("nginx", nginx(auth)), ("Caddy", caddy(auth)), ("mod_auth_openidc", apache(auth, gateway))):
    with guard as takes:
        assert takes(None) == 401
        check(name, takes, good=200, refused=401, scope=True)
