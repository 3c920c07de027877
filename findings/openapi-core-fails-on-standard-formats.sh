#!/usr/bin/env bash
# openapi-core 0.23.1: a string of format "uri" or "duration" cannot be read at all, and a correct "time" is wrong.
#
# Expected: JSON Schema 2020-12, and so OpenAPI 3.1, defines these formats, and says that a format which an
# implementation does not know is ignored.
#
# Seen: unmarshal_response() ends in DataValidationError, "Formatter not found for uri format", for any value of
# these formats and of any format of the document's own ("sku"). validate_response() passes the same answers. And
# "12:00:00Z", a time with its zone as RFC 3339 and the format ask for, "is not a 'time'" in both; "12:00:00", which
# lacks the zone, is one.
#
#                      unmarshal                                             validate
#   uuid               read                                                  passes
#   uri                Formatter not found for uri format                    passes
#   duration           Formatter not found for duration format               passes
#   sku                Formatter not found for sku format                    passes
#   time, with zone    InvalidData                                           InvalidData
#   time, without      read                                                  passes
#
# Matters to: whoever turns on reading of answers for a document that grew: one added "format", meant as a hint,
# breaks every answer that holds the field.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    openapi-core==0.23.1 openapi-spec-validator==0.8.5 openapi-schema-validator==0.8.1

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import json
import sys

from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse


def outcomes(form, value):
    schema = {"type": "string", "format": form}
    answer = {"description": "An answer", "content": {"application/json": {"schema": schema}}}
    document = OpenAPI.from_dict({
        "openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "http://127.0.0.1"}],
        "paths": {"/thing": {"get": {"responses": {"200": answer}}}},
    })
    request = MockRequest("http://127.0.0.1", "get", "/thing")
    response = MockResponse(json.dumps(value).encode(), content_type="application/json")
    errors = document.unmarshal_response(request, response).errors
    unmarshalled = "read"
    if errors:
        name, _, message = str(errors[0]).partition(": ")
        unmarshalled = message if message.startswith("Formatter") else name
    try:
        document.validate_response(request, response)
        validated = "passes"
    except Exception as error:
        validated = type(error).__name__
    return unmarshalled, validated


seen = {
    "uuid": outcomes("uuid", "6f9619ff-8b86-4011-b42d-00c04fc964ff"),
    "uri": outcomes("uri", "https://shop.example/things/7"),
    "duration": outcomes("duration", "P1D"),
    "sku": outcomes("sku", "A-7"),
    "time, with zone": outcomes("time", "12:00:00Z"),
    "time, without": outcomes("time", "12:00:00"),
}
for name, (unmarshalled, validated) in seen.items():
    print(f"{name:16} unmarshal: {unmarshalled:40} validate: {validated}")
if seen != {
    "uuid": ("read", "passes"),
    "uri": ("Formatter not found for uri format", "passes"),
    "duration": ("Formatter not found for duration format", "passes"),
    "sku": ("Formatter not found for sku format", "passes"),
    "time, with zone": ("InvalidData", "InvalidData"),
    "time, without": ("read", "passes"),
}:
    sys.exit("CHANGED: formats are treated in another way.")
PYTHON
