#!/usr/bin/env bash
# jwskate 0.12.2 and authlib.jose of Authlib 1.9.10: a key of a type that they do not know makes the whole key set
# unreadable.
#
# Expected: RFC 7517, section 5: implementations should ignore keys of a set whose "kty" they do not understand. So an
# issuer can add a post-quantum key ("kty": "AKP", ML-DSA) beside its Ed25519 key, and older verifiers go on.
#
# Seen: the token is signed by the Ed25519 key, which they know, and names it by "kid". jwskate raises InvalidJwk for
# the set; Authlib's own module raises KeyError('AKP'), which is no JoseError, so a handler for bad tokens misses it
# and the answer is a 500. PyJWT, joserfc, jwcrypto and cryptojwt verify.
#
#   PyJWT      verified
#   joserfc    verified
#   jwcrypto   verified
#   cryptojwt  verified
#   jwskate    InvalidJwk: ('Unsupported Key Type', 'AKP')
#   Authlib    KeyError: 'AKP'
#
# Matters to: every issuer with verifiers that it does not know. The new key fails all of their tokens at once, as soon
# as their caches of the set run out, and not only those signed by it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    PyJWT==2.15.1 joserfc==1.8.0 jwcrypto==1.6.1 cryptojwt==1.11.0 jwskate==0.12.2 Authlib==1.9.10 cryptography==50.0.2

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import base64
import json
import logging
import sys
import time
import warnings

import authlib.deprecate  # switches its own warnings on: the filter below comes after it
import cryptojwt
import joserfc.jwk
import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jwt
import jwskate
import jwt
from joserfc.jwk import OKPKey

warnings.simplefilter("ignore")
logging.disable()
pair = OKPKey.generate_key("Ed25519")
token = jwt.encode(
    {"iss": "https://issuer.example", "sub": "ann", "exp": int(time.time()) + 60},
    pair.private_key, algorithm="EdDSA", headers={"kid": "old"})
public = base64.urlsafe_b64encode(bytes(1312)).rstrip(b"=").decode()  # as long as a public key of ML-DSA-44
keys = {"keys": [
    {"kty": "AKP", "alg": "ML-DSA-44", "kid": "new", "use": "sig", "pub": public},
    {**pair.as_dict(private=False), "kid": "old", "use": "sig"},
]}


def pyjwt():
    jwt.decode(token, jwt.PyJWKSet.from_dict(keys)["old"], algorithms=["EdDSA"])


def joserfc_():
    joserfc.jwt.decode(token, joserfc.jwk.KeySet.import_key_set(keys), algorithms=["EdDSA"])


def jwcrypto_():
    jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWKSet.from_json(json.dumps(keys)), algs=["EdDSA"])


def cryptojwt_():
    jar = cryptojwt.KeyJar()
    jar.import_jwks(keys, "https://issuer.example")
    cryptojwt.JWT(key_jar=jar, allowed_sign_algs=["EdDSA"]).unpack(token)


def jwskate_():
    assert jwskate.SignedJwt(token).verify_signature(jwskate.JwkSet(keys), algs=["EdDSA"])


def authlib_():
    from authlib.jose import JsonWebKey, JsonWebToken

    JsonWebToken(["EdDSA"]).decode(token, JsonWebKey.import_key_set(keys))


seen = {}
for name, verify in (("PyJWT", pyjwt), ("joserfc", joserfc_), ("jwcrypto", jwcrypto_), ("cryptojwt", cryptojwt_),
                     ("jwskate", jwskate_), ("Authlib", authlib_)):
    try:
        verify()
        seen[name] = "verified"
    except Exception as error:
        seen[name] = f"{type(error).__name__}: {error}"
    print(f"{name:10} {seen[name]}")
if [result.split(":")[0] for result in seen.values()] != ["verified"] * 4 + ["InvalidJwk", "KeyError"]:
    sys.exit("CHANGED: a key of an unknown type has another effect.")
PYTHON
