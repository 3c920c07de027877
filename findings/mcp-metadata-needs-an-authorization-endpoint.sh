#!/usr/bin/env bash
# mcp 2.3.0, the SDK under fastmcp: the metadata of an authorization server that has no authorization endpoint, as RFC
# 8414 allows, is not metadata to it.
#
# Expected: `authorization_endpoint` is "REQUIRED unless no grant types are supported that use the authorization
# endpoint" (RFC 8414, section 2). A server for programs, with `client_credentials` and `refresh_token` only, has
# none, and MCP's specification has an extension for just such clients.
#
# Seen: OAuthMetadata, the type with which the client reads a discovery document, requires the field, and so refuses
# the document as a whole: its `token_endpoint` is never used, though that is all that such a client needs.
#
#   with authorization_endpoint      read
#   without authorization_endpoint   ValidationError: authorization_endpoint, missing
#
# Matters to: authorization servers without a page to log in at, and whoever wants MCP clients to find them. A field
# that leads nowhere helps those clients, and misleads all others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check mcp==2.3.0

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import pydantic
from mcp.shared.auth import OAuthMetadata

BOTH = {
    "issuer": "https://issuer.example", "token_endpoint": "https://issuer.example/token",
    "response_types_supported": ["none"], "grant_types_supported": ["client_credentials", "refresh_token"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic"]}


def outcome(document):
    try:
        OAuthMetadata.model_validate(document)
        return "read"
    except pydantic.ValidationError as error:
        return "; ".join(f"ValidationError: {fault['loc'][0]}, {fault['type']}" for fault in error.errors())


seen = [outcome(BOTH | {"authorization_endpoint": "https://issuer.example/authorize"}), outcome(BOTH)]
for name, result in zip(("with", "without"), seen):
    print(f"{name + ' authorization_endpoint':31}  {result}")
if seen != ["read", "ValidationError: authorization_endpoint, missing"]:
    sys.exit("CHANGED: the field may be missing now.")
PYTHON
