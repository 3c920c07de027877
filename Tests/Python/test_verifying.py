"""The piece of the article “Verifying tokens elsewhere” for PyJWT; Tests/OAuthClients/check runs all of them."""
from __future__ import annotations

import json
import subprocess
import sys
import urllib.parse
import urllib.request

import pytest

from conftest import ROOT, STAR

sys.path.append(str(ROOT / "Tests" / "OAuthClients"))
from article import bad_tokens, python


@pytest.fixture(scope="module")
def token(family):
    """A client's."""
    added = subprocess.run([STAR, "clients", "add", "reader", "--permission", "time"], cwd=family.folder,
                           env=family.environment, capture_output=True, text=True, check=True, timeout=60)
    form = {"grant_type": "client_credentials", "client_id": "reader", "client_secret": added.stdout.strip()}
    data = urllib.parse.urlencode(form).encode()
    with urllib.request.urlopen(family.urls["auth"] + "/oauth/token", data, timeout=20) as answer:
        return json.load(answer)["access_token"]


def test_pyjwt_takes_good_tokens_only(family, token):
    takes = python("PyJWT", family.urls["auth"])
    assert takes(token)
    assert [fault for fault, bad in bad_tokens(token).items() if takes(bad)] == []
