#!/usr/bin/env bash
# openapi-python-client 0.29.1: an optional request body that may also be null cannot be left out.
#
# Expected: OpenAPI 3.1 has bodies optional by default (requestBody.required is false), whatever their schema is. The
# generated function has the body's parameter default to UNSET, and so can be called without one.
#
# Seen: with a plain $ref as schema, a call without a body sends none. With anyOf of the same $ref and null, which is how
# FastAPI describes `body: Order | None = None`, the function tries to write the marker UNSET as JSON: "TypeError: Object of
# type Unset is not JSON serializable". None, which asks for the text null, is what sends no body at all.
#
# Matters to: whoever offers an endpoint whose body may be left out, and describes it as such frameworks do: each call
# without a body fails before anything is sent.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    openapi-python-client==0.29.1 httpx==0.28.1 attrs==26.1.0

cat >"$folder/api.yaml" <<'YAML'
openapi: 3.1.0
info: {title: Shop, version: "1"}
paths:
  /plain:
    post:
      operationId: plain
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
      responses: {"204": {description: Done}}
  /nullable:
    post:
      operationId: nullable
      requestBody:
        content:
          application/json:
            schema: {anyOf: [{$ref: "#/components/schemas/Order"}, {type: "null"}]}
      responses: {"204": {description: Done}}
components:
  schemas:
    Order: {type: object, properties: {name: {type: string}}}
YAML
cd "$folder"
PATH=$folder/venv/bin:$PATH timeout 60 openapi-python-client generate --path api.yaml --meta none --output-path shop

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import httpx
from shop.api.default import nullable, plain
from shop.client import Client
from shop.models import Order


def sent(endpoint, **body):
    bodies = []
    client = Client(base_url="http://shop.example")
    transport = httpx.MockTransport(lambda request: bodies.append(request.content) or httpx.Response(204))
    client.set_httpx_client(httpx.Client(base_url="http://shop.example", transport=transport))
    try:
        endpoint.sync_detailed(client=client, **body)
    except TypeError as error:
        return str(error)
    return bodies[0].decode()


seen = {
    "plain, left out": sent(plain),
    "plain, an order": sent(plain, body=Order(name="tea")),
    "nullable, left out": sent(nullable),
    "nullable, null": sent(nullable, body=None),
    "nullable, an order": sent(nullable, body=Order(name="tea")),
}
for name, body in seen.items():
    print(f"{name:20} {body!r}")
if seen != {
    "plain, left out": "",
    "plain, an order": '{"name":"tea"}',
    "nullable, left out": "Object of type Unset is not JSON serializable",
    "nullable, null": "",
    "nullable, an order": '{"name":"tea"}',
}:
    sys.exit("CHANGED: a nullable body is treated in another way.")
PYTHON
