"""The types that are shipped for Python are those of the contracts."""
from starmicroservices import Client
from stubs import Stubs

from conftest import ROOT, SERVICES


def test_the_types_of_the_services_are_those_of_their_contracts(family):
    contracts = []
    for name in SERVICES:
        with Client(family.sockets[name], timeout=20) as client:
            contracts.append(client.discover())
    assert Stubs().write(contracts) == (ROOT / "Sources" / "Python" / "services.pyi").read_text()
