#!/usr/bin/env bash
# openapi-python-client 0.29.1: a required body that may come in two media types makes a client that cannot be
# imported, and the generator reports success.
#
# Expected: "requestBody": {"required": true} with application/json and application/x-www-form-urlencoded gives a
# method that takes either model, or the generator says that it cannot.
#
# Seen: exit code 0 and no warning about it. The module of that operation gives its parameter the type "Unset", which
# it does not import (and the default UNSET, as if the body were not required), so importing it raises NameError.
# Nothing else imports it, so the package itself loads, and the fault waits for the first call of this one operation.
# With "required": false, or with one media type, the module is sound.
#
#   two media types, required:      generator 0, import: NameError: name 'Unset' is not defined
#   two media types, not required:  generator 0, import: fine
#   one media type, required:       generator 0, import: fine
#
# Matters to: APIs whose token or revocation endpoint takes a form, as the RFCs of OAuth ask, and JSON beside it; and
# to pipelines that generate a client and look only at the exit code.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1
cd "$folder"

try() {
    local name=$1 required=$2 types=$3
    timeout 30 venv/bin/python - "$required" "$types" > "$name.json" <<'PYTHON'
import json
import sys

schema = {"type": "object", "properties": {"token": {"type": "string"}}, "required": ["token"]}
body = {
    "required": sys.argv[1] == "required",
    "content": {media_type: {"schema": {"$ref": "#/components/schemas/Token"}} for media_type in sys.argv[2].split()},
}
operation = {"operationId": "revoke", "requestBody": body, "responses": {"204": {"description": "Revoked"}}}
json.dump({
    "openapi": "3.1.0", "info": {"title": "Tokens", "version": "1"}, "paths": {"/revoke": {"post": operation}},
    "components": {"schemas": {"Token": schema}},
}, sys.stdout)
PYTHON
    local code=0
    PATH="$folder/venv/bin:$PATH" timeout 60 venv/bin/openapi-python-client generate --path "$name.json" \
        --output-path "$name" --meta none > "$name.log" 2>&1 || code=$?
    local outcome
    outcome=$(timeout 30 venv/bin/python -c "import $name.api.default.revoke" 2>&1 | tail -1)
    echo "generator $code, import: ${outcome:-fine}"
}

form=application/x-www-form-urlencoded
both=$(try both required "application/json $form")
optional=$(try optional optional "application/json $form")
one=$(try one required application/json)
echo "two media types, required:      $both"
echo "two media types, not required:  $optional"
echo "one media type, required:       $one"
if [[ "$both" != "generator 0, import: NameError: name 'Unset' is not defined"* ]] ||
    [ "$optional" != "generator 0, import: fine" ] || [ "$one" != "generator 0, import: fine" ]; then
    echo "CHANGED: bodies of two media types are generated in another way." >&2
    exit 1
fi
