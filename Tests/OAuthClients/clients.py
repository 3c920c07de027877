"""What OAuth clients and token verifiers of other people make of auth: `clients.py URL SECRET-OF-REPORTS SECRET-OF-WEB`."""

import os
import sys
import time

import httpx
import jwt
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from httpx_auth import OAuth2ClientCredentials, OAuth2ResourceOwnerPasswordCredentials
from joserfc import jwt as jose
from joserfc.jwk import KeySet
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
base, reports, web = sys.argv[1:]
endpoint = base + "/oauth/token"


def wait():
    for _ in range(200):
        try:
            if requests.get(base + "/health/ready", timeout=1).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.05)
    raise SystemExit("auth is not ready")


def requests_oauthlib():
    session = OAuth2Session(client=BackendApplicationClient("reports"))
    token = session.fetch_token(endpoint, client_id="reports", client_secret=reports)
    assert token["scope"] == ["time"] and session.get(base + "/api/v1/auth/me").ok
    session = OAuth2Session(client=BackendApplicationClient("reports"))
    assert session.fetch_token(endpoint, client_id="reports", client_secret=reports, include_client_id=True)
    session = OAuth2Session(client=LegacyApplicationClient("web"))
    token = session.fetch_token(endpoint, username="ada", password="correct horse", auth=("web", web))
    assert sorted(token["scope"]) == ["tide", "time"]
    new = session.refresh_token(endpoint, auth=("web", web))
    assert new["refresh_token"] != token["refresh_token"]
    public = OAuth2Session(client=LegacyApplicationClient("anybody"))
    assert public.fetch_token(endpoint, username="ada", password="correct horse", include_client_id=True)


def authlib():
    for method in ("client_secret_basic", "client_secret_post"):
        session = AuthlibSession("reports", reports, token_endpoint_auth_method=method, scope="time")
        token = session.fetch_token(endpoint, grant_type="client_credentials")
        assert token["scope"] == "time" and session.get(base + "/api/v1/auth/me").ok
    session = AuthlibSession("web", web)
    session.fetch_token(endpoint, username="ada", password="correct horse")
    assert session.refresh_token(endpoint)["access_token"]
    try:
        AuthlibSession("reports", "wrong").fetch_token(endpoint, grant_type="client_credentials")
        raise SystemExit("a wrong secret was taken")
    except Exception as error:
        assert error.error == "invalid_client", error


def metadata():
    for path in ("oauth-authorization-server", "openid-configuration"):
        document = requests.get(f"{base}/.well-known/{path}", timeout=5).json()
        # The issuer must be an https URL there: a setting.
        AuthorizationServerMetadata({**document, "issuer": "https://auth.example"}).validate()
        assert document["token_endpoint"] == endpoint


def httpx_auth():
    for auth in (
        OAuth2ClientCredentials(endpoint, client_id="reports", client_secret=reports),
        OAuth2ResourceOwnerPasswordCredentials(endpoint, username="ada", password="correct horse"),
    ):
        with httpx.Client(auth=auth) as client:
            assert client.get(base + "/api/v1/auth/me").status_code == 200


def verifiers():
    form = {"grant_type": "password", "username": "ada", "password": "correct horse", "scope": "time"}
    token = requests.post(endpoint, data=form, timeout=5).json()["access_token"]
    keys = base + "/.well-known/jwks.json"
    key = jwt.PyJWKClient(keys).get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key, algorithms=["EdDSA"], audience="starmicroservices", issuer="starmicroservices-auth")
    # As FastAPI's SecurityScopes and Authlib's require_oauth read it.
    assert claims["sub"] == "ada" and claims["scope"].split() == ["time"]
    keys = KeySet.import_key_set(requests.get(keys, timeout=5).json())
    assert jose.decode(token, keys, algorithms=["EdDSA"]).claims["scope"] == "time"


wait()
for check in (requests_oauthlib, authlib, metadata, httpx_auth, verifiers):
    check()
    print(check.__name__, "works")
