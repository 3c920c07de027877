"""The Python client against the real services: `star serve all` in a folder of its own."""
from __future__ import annotations

import asyncio
import re
import struct
import time
import urllib.request

import pytest
import zmq

from starmicroservices import AsyncClient, Client, Problem


@pytest.fixture
def services(family):
    return family.sockets


def test_a_guest_asks_for_the_time(services):
    with Client(services["auth"]) as auth, Client(services["resource"]) as resource:
        token = auth.auth.create()["token"]
        assert abs(resource.resource.epoch_time(_token=token)["epoch_time"] - time.time()) < 5
        assert "+00:00" in resource.call("resource.current_time", token=token)["current_time"]


def test_without_a_token_the_answer_is_a_problem(services):
    with Client(services["resource"]) as resource:
        with pytest.raises(Problem) as refused:
            resource.call("resource.current_time")
        assert (refused.value.status, refused.value.code) == (401, "token_missing")
        assert refused.value.trace_id


def test_faults_of_an_input_are_named(services):
    with Client(services["boilerplate"]) as boilerplate:
        with pytest.raises(Problem) as refused:
            boilerplate.call("boilerplate.greet", {"name": "", "times": 99})
        assert refused.value.status == 422
        assert {fault["pointer"] for fault in refused.value.errors} == {"/name", "/times"}


def test_the_contract_is_discovered(services):
    with Client(services["boilerplate"]) as boilerplate:
        assert boilerplate.boilerplate.greet(name="Ada") == {"greeting": "Hello, Ada!"}
        assert "The name to greet" in (boilerplate.boilerplate.greet.__doc__ or "")


def test_ping_and_health(services):
    with Client(services["webapp"]) as webapp:
        webapp.ping()
        health = webapp.call("_health.check")
        assert health["status"] == "ready" and health["uptime"] >= 0


def test_many_calls_at_once(services):
    async def run():
        async with AsyncClient(services["boilerplate"]) as client:
            names = [f"n{number}" for number in range(1000)]
            answers = await asyncio.gather(*(client.call("boilerplate.greet", {"name": name}) for name in names))
            assert [answer["greeting"] for answer in answers] == [f"Hello, {name}!" for name in names]

    asyncio.run(run())


def test_what_breaks_the_protocol_is_measured(family):
    def count(outcome):
        with urllib.request.urlopen(family.urls["boilerplate"] + "/metrics") as answer:
            line = rf'^zmq_server_messages_failed_total{{outcome="{outcome}",service="boilerplate"}} (\d+)$'
            return int(re.search(line, answer.read().decode(), re.MULTILINE)[1])

    before = count("dropped"), count("refused")
    context = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.setsockopt(zmq.LINGER, 0)
    dealer.setsockopt(zmq.RCVTIMEO, 5000)
    dealer.connect(family.sockets["boilerplate"])
    dealer.send_multipart([b"this is no preamble", b"", b""])
    dealer.send_multipart([struct.pack("<2sBBIQ", b"S1", 1, 0, 2000, 7), b"Not A Name\n", b""])
    assert dealer.recv_multipart()[1].startswith(b"400\n")
    assert (count("dropped"), count("refused")) == (before[0] + 1, before[1] + 1)
    assert count("undelivered") >= 0
    dealer.close()
    context.term()


def test_a_plain_req_socket(services):
    context = zmq.Context()
    req = context.socket(zmq.REQ)
    req.setsockopt(zmq.LINGER, 0)
    req.setsockopt(zmq.RCVTIMEO, 5000)
    req.connect(services["webapp"])
    req.send_multipart([struct.pack("<2sBBIQ", b"S1", 1, 0, 2000, 7), b"webapp.epoch_time\n", b""])
    preamble, head, body = req.recv_multipart()
    assert struct.unpack("<2sBBIQ", preamble) == (b"S1", 2, 0, 0, 7)
    assert head.startswith(b"200\n") and b"epoch_time" in body
    req.close()
    context.term()
