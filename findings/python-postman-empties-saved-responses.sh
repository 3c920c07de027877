#!/usr/bin/env bash
# python-postman 0.9.1: reading a Postman collection and writing it again empties every saved response and every
# GraphQL query.
#
# Expected: from_dict() and to_json() of a library "for reading and writing" collections keep what the format 2.1
# defines, and what they do not know they leave alone.
#
# Seen: of a saved response (an example, the field "response" of a request) only the name is left: its code becomes 0
# and its status an empty string, now one level deeper, and headers and body are gone. A body of mode "graphql" keeps
# its mode and loses the query. validate() has no complaint about the collection, before or after.
#
#   response: {'name': 'Found', 'code': 200, 'status': 'OK', …, 'body': '{"id": 7}'}
#        ->   {'name': 'Found', 'response': {'status': '', 'code': 0}}
#   body:     {'mode': 'graphql', 'graphql': {'query': '{ me { id } }', 'variables': ''}}
#        ->   {'mode': 'graphql', 'disabled': False, 'options': {}}
#
# Matters to: scripts that rename requests, sort folders or set a variable in a shared collection: they delete the
# examples, which are the API's documentation, and which Postman's mock servers answer with.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-postman==0.9.1

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import json
import sys

from python_postman import Collection

response = {"name": "Found", "code": 200, "status": "OK", "header": [{"key": "Age", "value": "1"}], "body": '{"id": 7}'}
body = {"mode": "graphql", "graphql": {"query": "{ me { id } }", "variables": ""}}
request = {"method": "POST", "header": [], "url": {"raw": "http://127.0.0.1/", "host": ["127.0.0.1"]}, "body": body}
collection = Collection.from_dict({
    "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
    "item": [{"name": "Me", "request": request, "response": [response]}],
})
print("valid:   ", collection.validate().is_valid)
item = json.loads(collection.to_json())["item"][0]
print("response:", response)
print("     ->  ", item["response"][0])
print("body:    ", body)
print("     ->  ", item["request"]["body"])
written = item["response"][0]
if written.get("response", {}).get("code") != 0 or "body" in written or "graphql" in item["request"]["body"]:
    sys.exit("CHANGED: saved responses or GraphQL queries are kept.")
PYTHON
