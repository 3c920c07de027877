#!/usr/bin/env bash
# PyJWT 2.15.1 and joserfc 1.8.0: a public key that says what it is, in the words of RFC 9864, is not found.
#
# Expected: RFC 9864 gave the algorithm of Ed25519 keys a name of its own, "Ed25519", beside the older "EdDSA". The
# member "alg" of a JSON Web Key is optional and informs; a key set with it works at least as well as one without.
#
# Seen: the token and the key stay the same, only "alg": "Ed25519" is added to the key. PyJWT drops the key, and the
# set of one is then refused as a whole, with words about the set and none about the name. joserfc, which knows both
# names, says that there is no key with this "kid", though there is. Both verify as soon as "alg" is left out.
#
#   PyJWT    no alg in the key: verified
#   PyJWT    alg Ed25519:       PyJWKSetError: The JWK Set did not contain any usable keys. …
#   joserfc  no alg in the key: verified
#   joserfc  alg Ed25519:       InvalidKeyIdError: invalid_key_id: No key for kid: 'k1'
#
# Matters to: issuers that keep to the newest RFC, and whoever looks for a lost key by these two messages.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    PyJWT==2.15.1 joserfc==1.8.0 cryptography==50.0.2

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import time

import joserfc.jwk
import joserfc.jwt
import jwt
from joserfc.jwk import OKPKey

pair = OKPKey.generate_key("Ed25519")
public = {**pair.as_dict(private=False), "kid": "k1"}
token = jwt.encode(
    {"sub": "ann", "exp": int(time.time()) + 60}, pair.private_key, algorithm="EdDSA", headers={"kid": "k1"})


def pyjwt(keys):
    jwt.decode(token, jwt.PyJWKSet.from_dict(keys)["k1"], algorithms=["EdDSA", "Ed25519"])


def joserfc_(keys):
    joserfc.jwt.decode(token, joserfc.jwk.KeySet.import_key_set(keys), algorithms=["EdDSA", "Ed25519"])


def outcome(verify, keys):
    try:
        verify(keys)
        return "verified"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


without = {"keys": [{name: value for name, value in public.items() if name != "alg"}]}
named = {"keys": [{**public, "alg": "Ed25519"}]}
seen = []
for name, verify in (("PyJWT", pyjwt), ("joserfc", joserfc_)):
    seen += [outcome(verify, without), outcome(verify, named)]
    print(f"{name:8} no alg in the key: {seen[-2]}")
    print(f"{name:8} alg Ed25519:       {seen[-1]}")
if [result.split(":")[0] for result in seen] != ["verified", "PyJWKSetError", "verified", "InvalidKeyIdError"]:
    sys.exit("CHANGED: these libraries read the name of RFC 9864 in another way.")
PYTHON
