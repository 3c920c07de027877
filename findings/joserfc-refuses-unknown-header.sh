#!/usr/bin/env bash
# joserfc 1.8.0: a JSON Web Token with a header parameter that the library does not know is refused.
#
# Expected: RFC 7515, section 4, on header parameters that it does not define itself: "Unless listed as a critical
# Header Parameter", they "MUST be ignored when not understood". What must not be ignored is named in "crit".
#
# Seen: joserfc raises UnsupportedHeaderError, unless the caller lists the name or asks for a lenient registry. PyJWT
# and jwcrypto ignore the parameter. The validator for RFC 9068 of Authlib 1.9.10 has been handed over to joserfc, so
# it has become strict with it, and it offers no setting for that.
#
#   PyJWT    verified
#   jwcrypto verified
#   joserfc  UnsupportedHeaderError: unsupported_header: Unsupported {'region'} in header
#
# Matters to: issuers that put a parameter of their own (a region, a tenant, a trace id) beside "kid". A resource
# server that moves to joserfc answers 401 to tokens that were good the day before.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    PyJWT==2.15.1 joserfc==1.8.0 jwcrypto==1.6.1 cryptography==50.0.2

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys
import time

import joserfc.jwt
import jwcrypto.jwk
import jwcrypto.jwt
import jwt
from joserfc.jwk import ECKey

pair = ECKey.generate_key("P-256")
public = pair.as_dict(private=False)
token = jwt.encode(
    {"sub": "ann", "exp": int(time.time()) + 60}, pair.private_key, algorithm="ES256", headers={"region": "north"})


def outcome(verify):
    try:
        verify()
        return "verified"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


seen = {
    "PyJWT": outcome(lambda: jwt.decode(token, jwt.PyJWK(public), algorithms=["ES256"])),
    "jwcrypto": outcome(lambda: jwcrypto.jwt.JWT(jwt=token, key=jwcrypto.jwk.JWK(**public))),
    "joserfc": outcome(lambda: joserfc.jwt.decode(token, ECKey.import_key(public))),
}
for name, result in seen.items():
    print(f"{name:8} {result}")
if [result.split(":")[0] for result in seen.values()] != ["verified", "verified", "UnsupportedHeaderError"]:
    sys.exit("CHANGED: an unknown header parameter is treated in another way.")
PYTHON
