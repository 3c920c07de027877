"""Reads the Postman collections with libraries of others: the folder of the collections is the argument."""
import json
import sys
from pathlib import Path

from postmanparser import Collection
from python_postman import PythonPostman


def requests(item):
    for inner in item["item"]:
        yield from requests(inner) if "item" in inner else [inner]


for file in Path(sys.argv[1]).glob("*.postman_collection.json"):
    count = len(list(requests(json.loads(file.read_text()))))
    collection = Collection()
    collection.parse_from_file(str(file))
    assert len(collection.get_requests()) == count, file
    assert len(list(PythonPostman.from_file(str(file)).get_requests())) == count, file
