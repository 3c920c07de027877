#!/usr/bin/env bash
# openapi-core 0.23.1: an answer of application/problem+json, as the document says, is "not of type object".
#
# Expected: media types that end in "+json" are JSON (RFC 6839). Problem details (RFC 9457) are the usual form of
# errors in OpenAPI documents, and a library that checks answers against the document decodes them.
#
# Seen: openapi-core decodes application/json and a short list of others. Any other type, "+json" or not, is handed
# to the schema as raw bytes, and a correct problem document fails as InvalidData with "is not of type 'object'",
# which sounds like a fault of the server. The same bytes as application/json pass.
#
#   application/json          {'title': 'No such user'}
#   application/problem+json  InvalidData: Value b'{"title": "No such user"}' not valid for schema of type object …
#   application/vnd.shop+json InvalidData: Value b'{"title": "No such user"}' not valid for schema of type object …
#
# Matters to: tests and middleware that check every answer: all go green while only good answers are tried, and the
# first 404 is reported as a breach of the contract. The way out is extra_media_type_deserializers in its configuration.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    openapi-core==0.23.1 openapi-spec-validator==0.8.5 openapi-schema-validator==0.8.1

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


def outcome(media_type):
    answer = {"description": "An answer", "content": {media_type: {"schema": SCHEMA}}}
    document = OpenAPI.from_dict({
        "openapi": "3.1.0", "info": {"title": "Users", "version": "1"}, "servers": [{"url": "http://127.0.0.1"}],
        "paths": {"/user": {"get": {"responses": {"404": answer}}}},
    })
    request = MockRequest("http://127.0.0.1", "get", "/user")
    response = MockResponse(b'{"title": "No such user"}', status_code=404, content_type=media_type)
    result = document.unmarshal_response(request, response)
    return str(result.data) if not result.errors else str(result.errors[0])


seen = {}
for media_type in ("application/json", "application/problem+json", "application/vnd.shop+json"):
    seen[media_type] = outcome(media_type)
    print(f"{media_type:25} {seen[media_type]}")
good, *others = seen.values()
if good != "{'title': 'No such user'}" or not all(text.startswith("InvalidData") for text in others):
    sys.exit("CHANGED: +json is read in another way.")
PYTHON
