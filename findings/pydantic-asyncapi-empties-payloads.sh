#!/usr/bin/env bash
# pydantic-asyncapi 0.3.2: it reads a payload whose schema names its format in the specification's own words as an
# empty schema, and refuses request and reply as most documents write them.
#
# Expected: a library of models for AsyncAPI 3 reads a valid document of version 3.0.0 as it stands, or names what it
# does not support.
#
# Seen: the model lists thirteen values of "schemaFormat". For any other, of which the specification asks for
# "application/vnd.aai.asyncapi;version=3.0.0" from every tool, the payload is not refused but taken for a schema
# without any condition, and written back as {}. The same goes for Avro 1.11 or JSON Schema 2020-12. A reply, whose
# fields are all optional in the specification, must name its address, its channel and its messages, and the address
# must have a description; a security scheme must have the fields of all kinds at once; an "enum" may hold nothing but
# strings.
#
#   payload in application/vnd.aai.asyncapi+json;version=3.0.0:  kept
#   payload in application/vnd.aai.asyncapi;version=3.0.0:       read as {}
#   payload in application/vnd.apache.avro;version=1.11.0:       read as {}
#   reply with its channel alone:                                refused
#   reply to the address in a header:                            refused
#   security scheme of type userPassword:                        refused
#   enum of numbers:                                             refused
#
# Matters to: whoever merges, filters or checks such documents with these models. A document that passed may have lost
# its schemas on the way, and everything passes a schema without conditions.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check pydantic-asyncapi==0.3.2 pydantic==2.14.4

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import sys

import pydantic
from pydantic_asyncapi import v3


def outcome(written, *path, **members):
    """The result of reading `written`, which is at `path` in a document with these members."""
    document = {"asyncapi": "3.0.0", "info": {"title": "Shop", "version": "1"}, **members}
    try:
        read = v3.AsyncAPI.model_validate(document).model_dump(exclude_unset=True, by_alias=True)
    except pydantic.ValidationError:
        return "refused"
    for name in path:
        read = read[name]
    return "kept" if read == written else f"read as {read}"


def payload(schema):
    channels = {"orders": {"address": "orders", "messages": {"order": {"payload": schema}}}}
    return outcome(schema, "channels", "orders", "messages", "order", "payload", channels=channels)


def formatted(name, schema):
    return payload({"schemaFormat": name, "schema": schema})


def operation(**members):
    ask = {"action": "send", "channel": {"$ref": "#/channels/orders"}, **members}
    return outcome(ask, "operations", "ask", operations={"ask": ask},
                   channels={"orders": {"address": "orders"}, "answers": {"address": "answers"}})


order = {"type": "object", "properties": {"number": {"type": "integer"}}, "required": ["number"]}
record = {"type": "record", "name": "Order", "fields": [{"name": "number", "type": "long"}]}
json, plain, avro = (
    "application/vnd.aai.asyncapi+json;version=3.0.0",
    "application/vnd.aai.asyncapi;version=3.0.0",
    "application/vnd.apache.avro;version=1.11.0",
)
seen = {
    f"payload in {json}:": formatted(json, order),
    f"payload in {plain}:": formatted(plain, order),
    f"payload in {avro}:": formatted(avro, record),
    "reply with its channel alone:": operation(reply={"channel": {"$ref": "#/channels/answers"}}),
    "reply to the address in a header:": operation(reply={"address": {"location": "$message.header#/replyTo"}}),
    "security scheme of type userPassword:": operation(security=[{"type": "userPassword"}]),
    "enum of numbers:": payload({"type": "integer", "enum": [1, 2]}),
}
for case, result in seen.items():
    print(f"{case:60} {result}")
if list(seen.values()) != ["kept"] + ["read as {}"] * 2 + ["refused"] * 4:
    sys.exit("CHANGED: these documents are read in another way.")
PYTHON
