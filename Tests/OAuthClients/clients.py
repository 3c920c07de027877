"""OAuth clients of other people as clients of auth: `clients.py URL` and the secrets of reports, web and gateway."""

import os
import sys
import time

import httpx
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from httpx_auth import OAuth2ClientCredentials, OAuth2ResourceOwnerPasswordCredentials
from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
base, reports, web, gateway = sys.argv[1:]
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


def revocation_and_introspection():
    document = requests.get(base + "/.well-known/oauth-authorization-server", timeout=5).json()
    for method in document["revocation_endpoint_auth_methods_supported"][:2]:
        session = AuthlibSession("web", web, token_endpoint_auth_method=method)
        token = session.fetch_token(endpoint, username="ada", password="correct horse")
        judge = AuthlibSession("gateway", gateway, token_endpoint_auth_method=method)

        def introspect(hint):
            answer = judge.introspect_token(document["introspection_endpoint"], token[hint], token_type_hint=hint)
            return answer.json()

        access = introspect("access_token")
        assert access["active"] and access["username"] == "ada" and access["scope"].split() == ["tide", "time"]
        assert introspect("refresh_token")["sub"] == access["sub"]
        form = {"token": token["refresh_token"]}
        other = requests.post(document["revocation_endpoint"], form, auth=("reports", reports), timeout=5)
        assert other.status_code == 400 and other.json()["error"] == "invalid_grant", other.text
        ended = session.revoke_token(
            document["revocation_endpoint"], token["refresh_token"], token_type_hint="refresh_token")
        assert ended.status_code == 200
        assert introspect("access_token") == introspect("refresh_token") == {"active": False}
    nobody = requests.post(document["introspection_endpoint"], form, timeout=5)
    assert nobody.status_code == 401 and nobody.headers["WWW-Authenticate"].startswith("Basic")
    twice = requests.post(endpoint, [("grant_type", "password"), ("grant_type", "password")], timeout=5)
    assert twice.status_code == 400 and twice.json()["error"] == "invalid_request"


wait()
for check in (requests_oauthlib, authlib, metadata, httpx_auth, revocation_and_introspection):
    check()
    print(check.__name__, "works")
