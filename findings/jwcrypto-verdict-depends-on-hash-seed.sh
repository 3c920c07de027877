#!/usr/bin/env bash
# jwcrypto 1.6.1: the same token and the same key set verify in one process and fail in the next.
#
# Expected: a JSON Web Key Set may hold keys of several purposes. A signed token (JWS) names its key by "kid", that
# key is taken, and the others of the set play no part.
#
# Seen: unless it is given algorithms, JWT() guesses from the keys of the set if the next token must be signed or
# encrypted. It means to guess only where all keys agree, but a key without "use" (an optional member, RFC 7517, 4.2)
# counts as undecided only if it is not the first one looked at. The keys are kept in a Python set, so which is first
# depends on the seed of the process's hashes: with one signing key without "use" and one key with "use": "enc",
# about half of all processes expect a JWE and raise TypeError, which no handler of JWException catches, for as long
# as they live; the others verify.
#
#   signing key alone:          16 of 16 processes verify
#   beside a key with use=enc:  6 of 16 processes verify, 10 of 16: TypeError: Expected JWE, got JWS
#
# Matters to: services with several workers and an issuer that publishes its first encryption key: from that minute
# some of the workers refuse everybody, a restart mends one and breaks another, and no test fails twice in a row.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check jwcrypto==1.6.1 cryptography==50.0.2
cd "$folder"

cat > make.py <<'PYTHON'
import json
import time

from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT

signing = JWK.generate(kty="OKP", crv="Ed25519", kid="signing")
encryption = JWK.generate(kty="OKP", crv="X25519", kid="encryption", use="enc")
token = JWT(
    header={"alg": "EdDSA", "kid": "signing"}, claims={"sub": "ann", "exp": int(time.time()) + 600}, algs=["EdDSA"])
token.make_signed_token(signing)
keys = [key.export_public(as_dict=True) for key in (signing, encryption)]
for name, chosen in (("alone", keys[:1]), ("both", keys)):
    with open(f"{name}.json", "w") as file:
        json.dump({"token": token.serialize(), "jwks": {"keys": chosen}}, file)
PYTHON
cat > verify.py <<'PYTHON'
import json
import sys

from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT

with open(sys.argv[1]) as file:
    given = json.load(file)
try:
    JWT(jwt=given["token"], key=JWKSet.from_json(json.dumps(given["jwks"])))
    print("verified")
except Exception as error:
    print(f"{type(error).__name__}: {error}")
PYTHON

timeout 30 venv/bin/python make.py
for set in alone both; do
    for seed in {1..16}; do
        PYTHONHASHSEED=$seed timeout 30 venv/bin/python verify.py "$set.json"
    done > "$set.txt"
done
alone=$(grep -c verified alone.txt || true)
both=$(grep -c verified both.txt || true)
failed=$(grep -c 'TypeError: Expected JWE, got JWS' both.txt || true)
echo "signing key alone:          $alone of 16 processes verify"
echo "beside a key with use=enc:  $both of 16 processes verify, $failed of 16: TypeError: Expected JWE, got JWS"
if [ "$alone" != 16 ] || [ "$both" = 0 ] || [ "$failed" = 0 ]; then
    echo "CHANGED: the outcome no longer depends on the seed." >&2
    exit 1
fi
