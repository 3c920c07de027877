#!/usr/bin/env bash
# PyJWT 2.15.1, joserfc 1.8.0 and jwskate 0.12.2: of two keys with one "kid" they try only the first.
#
# Expected: RFC 7517, section 4.5, lets keys share a "kid" if they are of different types ("kty") and are considered
# equivalent alternatives. A verifier then takes the one that fits the token's "alg".
#
# Seen: with an EC key and an Ed25519 key under one "kid", and a token signed by the second, PyJWT, joserfc and
# jwskate take the first key by its "kid" alone and fail on its type. In the other order the same token verifies.
# joserfc looks further if the keys name their "alg"; PyJWT and jwskate fail even then. jwcrypto and cryptojwt
# verify in either order.
#
#              signer first   signer last                           signer last, alg in both keys
#   PyJWT      verified       InvalidAlgorithmError                 InvalidAlgorithmError
#   joserfc    verified       InvalidKeyTypeError                   verified
#   jwskate    verified       UnsupportedAlg                        UnsupportedAlg
#   jwcrypto   verified       verified                              verified
#   cryptojwt  verified       verified                              verified
#
# Matters to: issuers that add a second algorithm and keep the key's name, for instance for the time of a migration.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    PyJWT==2.15.1 joserfc==1.8.0 jwskate==0.12.2 jwcrypto==1.6.1 cryptojwt==1.11.0 cryptography==50.0.2

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import json
import sys
import time

import cryptojwt
import jwcrypto.jwk
import jwcrypto.jwt
import joserfc.jwk
import joserfc.jwt
import jwskate
import jwt
from joserfc.jwk import ECKey, OKPKey

signer, other = OKPKey.generate_key("Ed25519"), ECKey.generate_key("P-256")
token = jwt.encode(
    {"iss": "https://issuer.example", "sub": "ann", "exp": int(time.time()) + 60},
    signer.private_key, algorithm="EdDSA", headers={"kid": "k"})


def members(key, **more):
    return {**key.as_dict(private=False), "kid": "k", **more}


def pyjwt(keys):
    jwt.decode(token, jwt.PyJWKSet.from_dict(keys)["k"], algorithms=["EdDSA", "ES256"])


def joserfc_(keys):
    joserfc.jwt.decode(token, joserfc.jwk.KeySet.import_key_set(keys), algorithms=["EdDSA", "ES256"])


def jwskate_(keys):
    assert jwskate.SignedJwt(token).verify_signature(jwskate.JwkSet(keys), algs=["EdDSA", "ES256"])


def jwcrypto_(keys):
    jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWKSet.from_json(json.dumps(keys)), algs=["EdDSA", "ES256"])


def cryptojwt_(keys):
    jar = cryptojwt.KeyJar()
    jar.import_jwks(keys, "https://issuer.example")
    cryptojwt.JWT(key_jar=jar, allowed_sign_algs=["EdDSA", "ES256"]).unpack(token)


def outcome(verify, *keys):
    try:
        verify({"keys": list(keys)})
        return "verified"
    except Exception as error:
        return type(error).__name__


seen = {}
for name, verify in (("PyJWT", pyjwt), ("joserfc", joserfc_), ("jwskate", jwskate_), ("jwcrypto", jwcrypto_),
                     ("cryptojwt", cryptojwt_)):
    seen[name] = [
        outcome(verify, members(signer), members(other)),
        outcome(verify, members(other), members(signer)),
        outcome(verify, members(other, alg="ES256"), members(signer, alg="EdDSA")),
    ]
    print(f"{name:10} signer first: {seen[name][0]}, last: {seen[name][1]}, last, with alg: {seen[name][2]}")
if seen != {
    "PyJWT": ["verified", "InvalidAlgorithmError", "InvalidAlgorithmError"],
    "joserfc": ["verified", "InvalidKeyTypeError", "verified"],
    "jwskate": ["verified", "UnsupportedAlg", "UnsupportedAlg"],
    "jwcrypto": ["verified"] * 3,
    "cryptojwt": ["verified"] * 3,
}:
    sys.exit("CHANGED: keys that share a kid are chosen in another way.")
PYTHON
