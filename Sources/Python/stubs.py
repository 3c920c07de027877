"""Writes the types of services from their contracts, for mypy, pyright and editors: a `.pyi` file.

    python3 stubs.py ipc:///run/star/auth.sock tcp://127.0.0.1:6050 > services.pyi

    if TYPE_CHECKING:
        import services
    auth = cast("services.Auth", client.auth)          # of an AsyncClient: services.AsyncAuth
    token: str = auth.create(user="ada", password="…")["token"]
"""
from __future__ import annotations

import keyword
import sys
from typing import Any, Iterator, Mapping

from starmicroservices import Client

SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD = """\
# Written by stubs.py from the contracts of the services.
from typing import Any, Literal, NotRequired, TypedDict
"""


class Stubs:
    """The text of one file."""

    def __init__(self) -> None:
        self.types: dict[str, list[str]] = {}

    def service(self, contract: Mapping[str, Any]) -> Iterator[str]:
        """The lines of a service's two classes, whose types are collected beside."""
        name = camel(contract["name"])
        endpoints = [entry for entry in contract["endpoints"] if not entry["name"].startswith("_")]
        for prefix, word in ("", "def"), ("Async", "async def"):
            yield f"\n\nclass {prefix}{name}:"
            for entry in endpoints:
                yield from self.function(name, word, entry)

    def function(self, service: str, word: str, entry: Mapping[str, Any]) -> Iterator[str]:
        name = entry["name"].partition(".")[2]
        given, gives = entry.get("input") or {}, entry.get("output") or {}
        required, parameters = given.get("required", ()), []
        if given.get("format") == "binary":
            parameters.append("body: bytes")
        for field, schema in sorted(given.get("properties", {}).items()):
            if usable(field):
                kind = self.type(schema, f"{service}{camel(name)}{camel(field)}")
                parameters.append(f"{field}: {kind}" + ("" if field in required else " = ..."))
        parameters += ["_token: str | None = ...", "_timeout: float | None = ..."]
        if not all(map(usable, given.get("properties", {}))):
            parameters.append("**more: Any")
        kind = "dict[str, Any]"
        if gives.get("properties") or gives.get("format") == "binary":
            kind = self.type(gives, f"{service}{camel(name)}Output")
        yield f"    {word} {name}(self, *, {', '.join(parameters)}) -> {kind}: ..."

    def type(self, schema: Mapping[str, Any], name: str) -> str:
        """The type of a schema; an object with properties becomes a TypedDict of that name."""
        if schema.get("format") == "binary":
            return "bytes"
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, sorted(schema['enum'])))}]"
        kinds = schema.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        return " | ".join(self.one(kind, schema, name) for kind in kinds) or "Any"

    def one(self, kind: str, schema: Mapping[str, Any], name: str) -> str:
        properties = schema.get("properties", {})
        if kind == "array":
            return f"list[{self.type(schema.get('items', {}), name + 'Item')}]"
        if kind != "object" or not properties or not all(map(usable, properties)):
            return SCALARS.get(kind, "dict[str, Any]")
        lines = self.types[name] = []
        for field, inner in sorted(properties.items()):
            text = self.type(inner, name + camel(field))
            lines.append(f"{field}: {text if field in schema.get('required', ()) else f'NotRequired[{text}]'}")
        return name

    def write(self, contracts: list[Mapping[str, Any]]) -> str:
        classes = [line for contract in contracts for line in self.service(contract)]
        types = [f"\n\nclass {name}(TypedDict):\n" + "\n".join(f"    {line}" for line in lines)
                 for name, lines in self.types.items()]
        return HEAD + "\n".join(types + classes) + "\n"


def camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in name.replace(".", "_").split("_"))


def usable(field: str) -> bool:
    return field.isidentifier() and not keyword.iskeyword(field)


def main(addresses: list[str]) -> None:
    contracts = []
    for address in addresses:
        with Client(address) as client:
            contracts.append(client.discover())
    sys.stdout.write(Stubs().write(contracts))


if __name__ == "__main__":
    main(sys.argv[1:])
