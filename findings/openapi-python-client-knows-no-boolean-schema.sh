#!/usr/bin/env bash
# openapi-python-client 0.29.1: one schema that is "true" or "false", wherever it stands, and there is no client.
#
# Expected: OpenAPI 3.1 takes its schemas from JSON Schema 2020-12, in which true (anything) and false (nothing) are
# schemas. "prefixItems" with "items": false is how a pair is written, "extra": true a member of any value.
# openapi-spec-validator 0.9.0 finds both documents valid. A generator that cannot express it would leave the one
# model out and say so, as this one does with other things that it does not know.
#
# Seen: "Failed to parse OpenAPI document … Input should be a valid dictionary or instance of Schema", exit code 1,
# and nothing is generated for the whole API. "additionalProperties": false alone is understood.
#
#   additionalProperties: false  validator 0, generator 0
#   items: false                 validator 0, generator 1
#   property: true               validator 0, generator 1
#
# Matters to: authors of documents in 3.1 that describe tuples, and who checked them with a validator only.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    openapi-python-client==0.29.1 openapi-spec-validator==0.9.0
cd "$folder"

try() {
    local name=$1 schema=$2 valid=0 generated=0
    cat > "$name.json" <<JSON
{"openapi": "3.1.0", "info": {"title": "Pairs", "version": "1"}, "paths": {"/pair": {"get": {"operationId": "pair",
"responses": {"200": {"description": "A pair", "content": {"application/json": {"schema":
{"\$ref": "#/components/schemas/Pair"}}}}}}}}, "components": {"schemas": {"Pair": $schema}}}
JSON
    timeout 60 venv/bin/openapi-spec-validator "$name.json" > "$name.valid" 2>&1 || valid=$?
    PATH="$folder/venv/bin:$PATH" timeout 60 venv/bin/openapi-python-client generate --path "$name.json" \
        --output-path "$name" --meta none > "$name.log" 2>&1 || generated=$?
    echo "validator $valid, generator $generated"
}

closed=$(try closed '{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}')
tuple=$(try tuple '{"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false}')
anything=$(try anything '{"type": "object", "properties": {"extra": true}}')
echo "additionalProperties: false  $closed"
echo "items: false                 $tuple"
echo "property: true               $anything"
if [ "$closed" != "validator 0, generator 0" ] || [ "$tuple" != "validator 0, generator 1" ] ||
    [ "$anything" != "validator 0, generator 1" ]; then
    echo "CHANGED: schemas that are booleans are treated in another way." >&2
    exit 1
fi
