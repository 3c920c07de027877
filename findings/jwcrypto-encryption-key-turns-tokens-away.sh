#!/usr/bin/env bash
# jwcrypto 1.6.1: a key for encryption in a key set keeps the signed tokens of the same issuer from being read.
#
# Expected: a JSON Web Key Set may hold keys of several purposes. A signed token (JWS) names its key by "kid", that
# key is taken, and the others of the set play no part.
#
# Seen: unless it is given algorithms, JWT() guesses from the whole set what the next token must be. One key with "use": "enc" beside a signing
# key that has no "use" (the member is optional, RFC 7517, 4.2) makes it expect an encrypted token (JWE), and a good
# signed one raises TypeError, which no handler of JWException catches. With "use": "sig" at the signing key, or
# without the encryption key, the same token verifies.
#
#   signing key alone:                     verified
#   beside a key with use=enc:             TypeError: Expected JWE, got JWS
#   the same, and use=sig at the first:    verified
#
# Matters to: services that verify with jwcrypto and an issuer that publishes its first encryption key: all calls
# fail from that minute, with an error that looks like a fault of the program.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jwcrypto==1.6.1 cryptography==50.0.2

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import json
import sys
import time

from jwcrypto.jwk import JWK, JWKSet
from jwcrypto.jwt import JWT

signing = JWK.generate(kty="OKP", crv="Ed25519", kid="signing")
encryption = JWK.generate(kty="OKP", crv="X25519", kid="encryption", use="enc")
token = JWT(
    header={"alg": "EdDSA", "kid": "signing"}, claims={"sub": "ann", "exp": int(time.time()) + 60}, algs=["EdDSA"])
token.make_signed_token(signing)
public = signing.export_public(as_dict=True)
sealed = encryption.export_public(as_dict=True)


def outcome(*keys):
    try:
        JWT(jwt=token.serialize(), key=JWKSet.from_json(json.dumps({"keys": keys})))
        return "verified"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


seen = {
    "signing key alone:": outcome(public),
    "beside a key with use=enc:": outcome(public, sealed),
    "the same, and use=sig at the first:": outcome({**public, "use": "sig"}, sealed),
}
for case, result in seen.items():
    print(f"{case:38} {result}")
if list(seen.values()) != ["verified", "TypeError: Expected JWE, got JWS", "verified"]:
    sys.exit("CHANGED: an encryption key in the set has another effect.")
PYTHON
