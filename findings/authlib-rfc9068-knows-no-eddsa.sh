#!/usr/bin/env bash
# Authlib 1.9.10: its validator for JWT access tokens (RFC 9068) refuses every token signed with EdDSA, and there is
# no argument to allow it.
#
# Expected: the validator takes the algorithms that the authorization server uses: it is given that server's keys,
# and an Ed25519 key can be used with no other algorithm. Authlib itself signs and verifies such tokens.
#
# Seen: JWTBearerTokenValidator hands the token to joserfc without naming algorithms. joserfc then allows only those
# that it recommends, ES256 among them, EdDSA not, and the reason is lost on the way: the resource server answers
# "invalid_token", the same as for a forged token. The two tokens below differ in nothing but the key.
#
#   ES256  accepted for ann
#   EdDSA  InvalidTokenError, because of UnsupportedAlgorithmError: … Algorithm of 'EdDSA' is not recommended
#
# Matters to: resource servers whose issuer signs with Ed25519. The way out is to override authenticate_token() and
# so to repeat its list of required claims.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    Authlib==1.9.10 joserfc==1.8.0 cryptography==50.0.2

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import sys
import time
import warnings

import joserfc.jwt
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from joserfc.jwk import ECKey, OKPKey

warnings.simplefilter("ignore")  # Authlib shows its own deprecations even under -W ignore
ISSUER, SERVER = "https://issuer.example", "https://api.example"


class Validator(JWTBearerTokenValidator):
    def __init__(self, key):
        super().__init__(ISSUER, SERVER)
        self.key = key

    def get_jwks(self):
        return {"keys": [self.key.as_dict(private=False)]}


def outcome(key, algorithm):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": SERVER, "sub": "ann", "client_id": "shop", "iat": now, "exp": now + 60, "jti": "1"}
    header = {"alg": algorithm, "typ": "at+jwt"}
    token = joserfc.jwt.encode(header, claims, key, algorithms=[algorithm])
    validator = Validator(key)
    try:
        accepted = validator.authenticate_token(token)
        validator.validate_token(accepted, [], None)
        return f"accepted for {accepted['sub']}"
    except Exception as error:
        return f"{type(error).__name__}, because of {type(error.__cause__).__name__}: {error.__cause__}"


seen = [outcome(ECKey.generate_key("P-256"), "ES256"), outcome(OKPKey.generate_key("Ed25519"), "EdDSA")]
for algorithm, result in zip(("ES256", "EdDSA"), seen):
    print(f"{algorithm}  {result}")
if seen[0] != "accepted for ann" or not seen[1].startswith("InvalidTokenError, because of UnsupportedAlgorithm"):
    sys.exit("CHANGED: the validator allows other algorithms now.")
PYTHON
