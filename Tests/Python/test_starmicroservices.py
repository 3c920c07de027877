"""The client against a fake server, the vectors in both directions, and plain REQ sockets. Nothing waits without a bound."""
from __future__ import annotations

import asyncio
import base64
import faulthandler
import inspect
import json
import math
import os
import pydoc
import signal
import socket as net
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
import zmq

import fake_server
from fake_server import CANCEL, HELLO, PING, FakeServer, Way
from serving import until
from starmicroservices import AsyncClient, Client, DeadlineExceeded, Message, Problem, Unavailable

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "Sources" / "Python"
VECTORS = json.loads((HERE.parent / "ZeroMQTransportTests" / "wire_vectors.json").read_text("utf-8"))
named = {"ids": lambda vector: vector["name"]}


def frames_of(vector, field="frames"):
    return [bytes.fromhex(frame) for frame in vector[field]]


@pytest.fixture(autouse=True)
def bounded():
    faulthandler.dump_traceback_later(60, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("s")
    path = str(folder / "fake.sock")
    return "ipc://" + (path if len(path) < 100 else os.path.relpath(path))


@pytest.fixture
def server(address):
    with FakeServer(address, max_body=VECTORS["malformed_max_body"]) as server:
        yield server


@pytest.fixture
def client(server):
    with Client(server.address, token="t0ken", timeout=5) as client:
        yield client


def answers(client) -> bool:
    """True if the service is reached. Just after it has gone or come back, the client may not know yet."""
    try:
        client.ping(timeout=0.5)
        return True
    except Problem:
        return False


def socket(server, kind=zmq.DEALER, **options):
    made = zmq.Context.instance().socket(kind)
    made.linger, made.rcvtimeo, made.sndtimeo = 0, 3000, 3000
    for option, value in options.items():
        setattr(made, option, value)
    made.connect(server.address)
    return made


# --- vectors

@pytest.mark.parametrize("vector", VECTORS["vectors"], **named)
def test_vector_is_written_and_read_by_the_client(vector):
    message = Message(vector["kind_code"], int(vector["id"]), vector["first_line"], dict(vector["headers"]),
                      base64.b64decode(vector["body_base64"]), vector["flags"], vector["time_ms"])
    assert message.encode() == frames_of(vector)
    assert Message.decode(frames_of(vector)) == message


@pytest.mark.parametrize("vector", [v for v in VECTORS["vectors"] if v["direction"] != "server"], **named)
def test_vector_of_a_client_is_read_by_a_server(vector, monkeypatch):
    monkeypatch.setattr(fake_server, "KNOWN", {vector["first_line"]})
    assert fake_server.judge(frames_of(vector)) == (
        vector["kind_code"], vector["flags"], vector["time_ms"], int(vector["id"]), vector["first_line"],
        dict(vector["headers"]), base64.b64decode(vector["body_base64"]))


def test_vectors_obey_the_page():
    assert {v["kind"] for v in VECTORS["vectors"]} == {"REQ", "REP", "CANCEL", "PING", "PONG", "HELLO", "GOAWAY"}
    for vector in VECTORS["vectors"]:
        preamble, head, body = frames_of(vector)
        assert struct.unpack("<2sBBIQ", preamble) == (
            b"S1", vector["kind_code"], vector["flags"], vector["time_ms"], int(vector["id"]))
        assert len(head) <= 16384 and head.count(b"\n") <= 33 and len(body) <= 1 << 20


@pytest.mark.parametrize("vector", [v for v in VECTORS["malformed"] if v["frames"]], **named)
def test_malformed_is_refused_or_dropped_and_the_next_is_served(vector, server):
    with socket(server) as dealer:
        dealer.send_multipart(frames_of(vector))
        dealer.send_multipart(Message(PING, 12345).encode())
        frames, before = dealer.recv_multipart(), frames_of(vector, "reply_envelope")
        assert frames[:len(before)] == before
        answer = Message.decode(frames[len(before):])
        if not vector["dropped"]:
            assert (answer.kind, answer.first, str(answer.id)) == (2, str(vector["status"]), vector["reply_id"])
            answer = Message.decode(dealer.recv_multipart())
        assert (answer.kind, answer.id) == (5, 12345)
        assert server.dropped == (1 if vector["dropped"] else 0)


def test_malformed_none_at_all_is_dropped():
    with pytest.raises(fake_server.Dropped):
        fake_server.judge([])


@pytest.mark.parametrize("vector", VECTORS["envelopes"], **named)
def test_envelope_is_echoed(vector, server):
    with socket(server) as dealer:
        dealer.send_multipart(frames_of(vector))
        before, pong = frames_of(vector, "envelope"), dealer.recv_multipart()
        assert pong[:len(before)] == before and Message.decode(pong[len(before):]).kind == 5


def test_unknown_magic_is_answered_once(server):
    with socket(server) as dealer:
        for _ in range(3):
            dealer.send_multipart([b"S2" + bytes(14), b"x", b"y"])
        dealer.send_multipart(Message(PING, 1).encode())
        assert [Message.decode(dealer.recv_multipart()).kind for _ in range(2)] == [2, 5]


# --- REQ

@pytest.mark.parametrize("options", [{}, {"req_correlate": 1, "req_relaxed": 1}], ids=["plain", "correlate"])
def test_a_plain_req_socket_works(server, options):
    with socket(server, zmq.REQ, **options) as req:
        for id in range(5):
            req.send_multipart(Message(1, id, "fake.echo", {}, b'{"n":%d}' % id).encode())
            reply = Message.decode(req.recv_multipart())
            assert (reply.id, reply.first, reply.body) == (id, "200", b'{"n":%d}' % id)
        req.send_multipart(Message(1, 9, "Fake.Echo").encode())
        assert Message.decode(req.recv_multipart()).first == "400"
        req.send_multipart([b"S2" + bytes(14), b"x\n", b""])
        assert Message.decode(req.recv_multipart()).first == "505"


def test_a_req_socket_with_correlate_and_relaxed_skips_the_late_answer(server):
    with socket(server, zmq.REQ, req_correlate=1, req_relaxed=1) as req:
        req.send_multipart(Message(1, 1, "fake.slow", {}, b'{"ms":50}').encode())
        req.send_multipart(Message(1, 2, "fake.echo", {}, b"{}").encode())
        assert Message.decode(req.recv_multipart()).id == 2
        # The late answer comes before this one.
        req.send_multipart(Message(1, 3, "fake.slow", {}, b'{"ms":100}').encode())
        assert Message.decode(req.recv_multipart()).id == 3


# --- the client that waits

def test_call(client, server):
    assert client.call("fake.echo", {"text": "時刻"}) == {"text": "時刻"}
    assert client.call("fake.empty") is None
    assert client.call("fake.text", b"plain") == b"plain"
    assert client.greeting["service"] == "fake" and not client.calls


def test_what_a_call_carries(client):
    sent = client.call("fake.head", timeout=2, idempotent=True, headers={"x-request-id": "r"})
    assert 1900 < sent["time"] <= 2000 and sent["flags"] == 1
    assert sent["headers"]["x-token"] == "t0ken" and sent["headers"]["x-request-id"] == "r"
    version, trace, span, flags = sent["headers"]["traceparent"].split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "01")
    again = client.call("fake.head", token="other", headers={"traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"})
    assert again["headers"]["x-token"] == "other" and again["headers"]["traceparent"][3] == "a"


def test_a_call_says_when_it_was_sent(client):
    began = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW) // 1_000_000
    sent, name = client.call("fake.head")["headers"]["sent"].split(" ")
    assert began <= int(sent) <= began + 1000
    assert name == open("/proc/sys/kernel/random/boot_id").read()[:8]


def test_a_client_takes_another_name_for_its_clock_if_a_server_finds_its_calls_late_that_are_not(client):
    names = [client.call("fake.head")["headers"]["sent"].split(" ")[1]]
    with pytest.raises(DeadlineExceeded) as caught:
        client.call("fake.problem", {"status": 504, "processed": False}, timeout=5)
    assert not caught.value.processed
    names += [client.call("fake.head")["headers"]["sent"].split(" ")[1] for _ in range(2)]
    assert names[0] != names[1] == names[2]


def test_tracestate_goes_with_its_traceparent_only(client):
    parent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    both = client.call("fake.head", headers={"traceparent": parent, "tracestate": "rojo=1,congo=2"})["headers"]
    assert both["traceparent"] == parent and both["tracestate"] == "rojo=1,congo=2"
    assert "tracestate" not in client.call("fake.head", headers={"tracestate": "rojo=1"})["headers"]


def in_a_fork(action) -> str:
    """The error that an action raises in a forked process, or its result."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        signal.alarm(10)
        try:
            said = repr(action())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        said = file.read()
    assert os.waitpid(child, 0)[1] == 0
    return said


def test_a_client_of_the_process_before_a_fork_says_so_at_once(client, server):
    client.discover()
    pending = client.submit("fake.slow", {"ms": 200})
    for action in (lambda: client.call("fake.echo", {"n": 1}), client.ping, lambda: client.submit("fake.empty"),
                   pending.result, client.fake.empty, client.discover, lambda: asyncio.run(awaited(client))):
        began = time.monotonic()
        assert in_a_fork(action) == "RuntimeError: this client was made before a fork: make one in this process"
        assert time.monotonic() - began < 10
    assert in_a_fork(client.close) == "None"

    def with_its_own():
        with Client(server.address) as own:
            return own.call("fake.echo", {"n": 1})
    assert in_a_fork(with_its_own) == "{'n': 1}"
    assert pending.result() == {"slow": True} and client.call("fake.echo", {"n": 2}) == {"n": 2}


async def awaited(client):
    return await AsyncClient.finished(client, client.submit("fake.empty"))


@pytest.fixture
def path():
    with FakeServer("tcp://127.0.0.1:*") as server:
        path = Way(server.address)
        yield path
        path.close()


def test_a_connection_that_is_dead_and_says_nothing_costs_one_call(path):
    with Client(path.address) as client:
        assert client.call("fake.echo", {"n": 0}) == {"n": 0}
        for _ in range(2):
            path.swallow()
            with pytest.raises(DeadlineExceeded):
                client.call("fake.echo", {"n": 1}, timeout=1.1)
            assert client.call("fake.echo", {"n": 2}, timeout=5) == {"n": 2}


def test_a_slow_answer_costs_no_connection(client, server):
    client.ping()
    slow = client.submit("fake.slow", {"ms": 2200}, timeout=10)
    with pytest.raises(DeadlineExceeded):
        client.call("fake.slow", {"ms": 3000, "stubborn": True}, timeout=1.1)
    assert client.call("fake.echo", {"n": 2}) == {"n": 2} and slow.result() == {"slow": True}
    assert sum(seen[0] == HELLO for seen in server.seen) == 1


def test_async_connection_that_is_dead_and_says_nothing_costs_one_call(path):
    async def main():
        async with AsyncClient(path.address) as client:
            assert await client.call("fake.echo", {"n": 0}) == {"n": 0}
            path.swallow()
            with pytest.raises(DeadlineExceeded):
                await client.call("fake.echo", {"n": 1}, timeout=1.1)
            calls = [client.call("fake.echo", {"n": n}, timeout=5) for n in range(20)]
            assert await asyncio.gather(*calls) == [{"n": n} for n in range(20)]
    asyncio.run(main())


def test_many_calls_in_flight_end_out_of_order(client):
    began = time.monotonic()
    calls = [client.submit("fake.slow", {"ms": 300 - n}) for n in range(50)]
    fast = [client.submit("fake.echo", {"n": n}) for n in range(500)]
    assert [call.result()["n"] for call in fast] == list(range(500))
    assert all(call.result() == {"slow": True} for call in calls)
    assert time.monotonic() - began < 10 and not client.calls       # one after another they would take 13 s


def test_deadline_cancels_at_the_server(client, server):
    client.ping()
    began = time.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        client.call("fake.slow", {"ms": 30_000, "stubborn": True}, timeout=0.1)
    assert 0.09 < time.monotonic() - began < 10 and caught.value.status == 504 and isinstance(caught.value, TimeoutError)
    assert client.call("fake.echo", {"n": 1}) == {"n": 1}      # a late 499 disturbs no call
    assert not client.calls and sum(seen[0] == CANCEL for seen in server.seen) == 1
    with pytest.raises(DeadlineExceeded):                      # the service's own 504 is the same problem
        client.call("fake.slow", {"ms": 3000}, timeout=0.1)


def test_an_interrupt_cancels_too(client, server):
    client.ping()
    call = client.submit("fake.slow", {"ms": 3000})
    with pytest.raises(KeyboardInterrupt):
        client.pump = lambda: (_ for _ in ()).throw(KeyboardInterrupt())
        call.result()
    del client.pump
    client.ping()
    until(lambda: any(seen[:2] == (CANCEL, call.message.id) for seen in server.seen))


def test_problem(client):
    with pytest.raises(Problem) as caught:
        client.call("fake.problem", {"status": 422, "code": "invalid_input", "errors": [{"field": "a"}], "trace_id": "ab"})
    problem = caught.value
    assert (problem.status, problem.code, problem.title, problem.detail) == (422, "invalid_input", "Fake", "Änderung 時刻")
    assert (problem.errors, problem.trace_id, problem.retry_after, problem.processed) == ([{"field": "a"}], "ab", None, True)
    assert str(Problem(422, "invalid_input", errors=[{"pointer": "/a", "detail": "is missing"}, {"pointer": "", "detail": "is odd"}])) \
        == "422 invalid_input (/a is missing; the input is odd)"
    with pytest.raises(Problem) as caught:
        client.call("fake.busy")
    assert (caught.value.status, caught.value.retry_after, caught.value.processed) == (429, 1.5, False)
    with pytest.raises(Problem, match="404"):
        client.call("fake.nothing")
    with pytest.raises(Problem, match="502 bad_reply"):
        client.call("fake.garbage")
    with pytest.raises(Problem, match="413"):
        client.call("fake.echo", b"x" * 2000)


def test_what_cannot_be_sent_is_said_at_once(client):
    for name in ("Fake.Echo", "fake.echo\n", "", "a" * 129):
        with pytest.raises(ValueError):
            client.call(name)
    for headers in ({"x-a": "b\nx-token: c"}, {"X-A": "b"}, {"x-a": "b\0"}, {"": "a"}, {"x-a\n": "b"}):
        with pytest.raises(ValueError):
            client.call("fake.echo", headers=headers)
    with pytest.raises(ValueError):
        client.call("fake.echo", {"nan": float("nan")})
    assert not client.calls


def test_a_timeout_may_be_without_end_or_over_and_disturbs_no_other_call(client):
    waiting = client.submit("fake.slow", {"ms": 100})
    assert client.call("fake.echo", {"n": 1}, timeout=math.inf) == {"n": 1}
    for over in (0, -1.5):
        with pytest.raises(DeadlineExceeded) as caught:
            client.call("fake.echo", timeout=over)
        assert caught.value.processed is False
    with pytest.raises(ValueError, match="a number of seconds"):
        client.call("fake.echo", timeout=math.nan)
    with pytest.raises(TypeError, match="a token is a str"):
        client.call("fake.echo", token=b"token")
    assert waiting.result() == {"slow": True}


def test_a_body_that_the_service_does_not_accept_is_not_sent(client, server):
    waiting = client.submit("fake.slow", {"ms": 100})
    for idempotent in (False, True):
        with pytest.raises(Problem) as caught:
            client.call("fake.echo", bytes(5 << 20), idempotent=idempotent)
        assert (caught.value.status, caught.value.code, caught.value.processed) == (413, "too_large", False)
    assert waiting.result() == {"slow": True} and not client.calls
    assert client.call("fake.echo", {"text": "x" * 900}) == {"text": "x" * 900}


def test_an_async_client_that_was_not_entered_or_is_closed_says_so(server):
    async def main():
        client = AsyncClient(server.address)
        with pytest.raises(RuntimeError, match="async with"):
            await client.call("fake.echo")
        async with client:
            assert await client.call("fake.echo", {"n": 1}) == {"n": 1}
        with pytest.raises(ValueError, match="closed"):
            async with client:
                pass
    asyncio.run(main())


def test_ping(client):
    assert 0 < client.ping() < 10


def test_nobody_there(address):
    with Client(address, timeout=0.1) as client:
        with pytest.raises(Unavailable) as caught:
            client.call("fake.echo")
        assert isinstance(caught.value, ConnectionError) and caught.value.processed is False
        call = client.submit("fake.echo", timeout=5)
        with FakeServer(address) as server:
            assert call.result() == {}
            assert [seen[3] for seen in server.seen if seen[0] == 1] == ["fake.echo"]     # the first was never sent


def test_goaway_ends_new_calls_and_not_those_in_flight(client):
    slow = client.submit("fake.slow", {"ms": 100})
    client.call("fake.goaway")
    with pytest.raises(ConnectionError) as caught:
        for _ in range(100):
            client.call("fake.echo")
    assert (caught.value.code, caught.value.processed, caught.value.retry_after) == ("going_away", False, 2.5)
    assert slow.result() == {"slow": True}


def test_a_changed_instance_ends_calls_in_flight(client):
    slow = client.submit("fake.slow", {"ms": 30_000}, timeout=30)
    client.call("fake.restart")
    began = time.monotonic()
    with pytest.raises(Unavailable, match="unknown_outcome") as caught:
        slow.result()
    assert time.monotonic() - began < 10 and caught.value.processed is True
    assert client.call("fake.echo") == {}


def test_a_real_restart_ends_calls_in_flight_and_the_client_connects_again(address):
    with Client(address) as client:
        with FakeServer(address) as first:
            client.call("fake.goaway")
            slow = Client(address).submit("fake.slow", {"ms": 30_000}, timeout=30)
            until(lambda: slow.client.pump() or slow.link)
        began = time.monotonic()
        with pytest.raises(Unavailable, match="unknown_outcome"):
            slow.result()
        assert time.monotonic() - began < 10
        with FakeServer(address) as second:
            assert client.call("fake.echo") == {} and slow.client.call("fake.echo") == {}
            assert first.instance != second.instance == client.greeting["server-instance"]
            assert sum(seen[0] == HELLO for seen in second.seen) == 2
        slow.client.close()


def test_an_answer_that_came_before_the_connection_broke_counts(address):
    for _ in range(20):
        with FakeServer(address) as server, Client(address) as client:
            client.ping()
            call = client.submit("fake.echo", {"n": 1})
            until(lambda: server.seen[-1][3] == "fake.echo")
            server.__exit__()
            server.__exit__ = None
            time.sleep(0.01)
            assert call.result() == {"n": 1}


def test_a_call_begun_while_the_service_is_down_never_runs_late(address):
    with Client(address) as client:
        with FakeServer(address):
            client.ping()
        until(lambda: not answers(client))
        with pytest.raises(Unavailable) as caught:
            client.call("fake.echo", timeout=0.1)
        assert caught.value.processed is False
        with FakeServer(address) as second:
            until(lambda: answers(client))
            assert {seen[0] for seen in second.seen} == {HELLO, PING}


def test_a_service_that_does_not_greet_gets_no_calls(address):
    with FakeServer(address, greets=False) as server, Client(address, timeout=0.1) as client:
        with pytest.raises(Unavailable):
            client.call("fake.echo")
        assert all(seen[0] == HELLO for seen in server.seen)


def test_close_is_quick_and_final(server):
    client = Client(server.address)
    call = client.submit("fake.slow", {"ms": 30_000}, timeout=30)
    began = time.monotonic()
    client.close()
    client.close()
    assert time.monotonic() - began < 10
    with pytest.raises(Problem):
        call.result()
    with pytest.raises(ValueError, match="closed"):
        client.call("fake.echo")


def test_curve():
    server_pair, client_pair = zmq.curve_keypair(), zmq.curve_keypair()
    key, pair = server_pair[0].decode(), [half.decode() for half in client_pair]
    with FakeServer("tcp://127.0.0.1:*", keys=server_pair) as server:
        for keys in ({}, dict(public_key=pair[0], secret_key=pair[1])):
            with Client(server.address, server_key=key, **keys) as client:
                assert client.call("fake.echo", {"n": 1}) == {"n": 1}
        for wrong in ({}, {"server_key": pair[0]}):
            with Client(server.address, timeout=0.3, **wrong) as client, pytest.raises(Unavailable):
                client.call("fake.echo")


@pytest.mark.parametrize("place", ["127.0.0.1", "[::1]"])
def test_tcp_without_keys(place):
    with FakeServer(f"tcp://{place}:*") as server, Client(server.address) as client:
        assert client.call("fake.echo") == {}


def test_a_service_behind_a_port_that_was_silent_is_found_within_seconds():
    with net.create_server(("127.0.0.1", 0)) as silent:         # accepts, and says nothing
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        with Client(address) as client:
            call = client.submit("fake.echo", {"n": 1}, timeout=15)
            first, _ = silent.accept()
            client.pump()
            silent.close()
            with FakeServer(address):
                assert call.result() == {"n": 1}
        first.close()


# --- the contract

def test_names_come_from_the_contract(client, server):
    assert client.fake.echo(text="a") == {"text": "a"}
    assert client.fake.echo(text="a", token="field", **{"class": "c"}) == {"text": "a", "token": "field", "class": "c"}
    assert client.fake.empty() is None
    for data in b"", bytes(range(256)):
        assert client.fake.copy(body=data) == data
    with pytest.raises(TypeError):
        client.fake.copy()
    with pytest.raises(TypeError):
        client.fake.echo(txt="a")
    with pytest.raises(TypeError):
        client.fake.echo()
    with pytest.raises(AttributeError, match="fake.nothing"):
        client.fake.nothing
    with pytest.raises(DeadlineExceeded):
        client.fake.slow(ms=3000, _timeout=0.05)
    with pytest.raises(DeadlineExceeded):
        client.fake.slow(ms=3000)                   # deadline_ms of the contract
    assert sum(seen[3] == "_meta.contract" for seen in server.seen) == 1


def test_help_says_what_the_contract_says(client):
    text = pydoc.plain(pydoc.render_doc(client.fake.echo))
    for words in ("text: str", "times: int = 1", "-> dict", "Gives back what it gets.", "Any text at all.", "time", "The same text."):
        assert words in text
    assert list(inspect.signature(client.fake.slow).parameters) == ["ms", "_token", "_timeout"]


def test_a_new_contract_is_asked_for(address):
    with Client(address) as client:
        with FakeServer(address):
            client.fake.echo(text="a")
        with FakeServer(address) as second:
            second.contract_hash = "beef"
            until(lambda: answers(client))
            client.fake.echo(text="a")
            assert client.contract["hash"] == "beef"


# --- asyncio

class Unreadable(asyncio.SelectorEventLoop):
    """A loop without add_reader, as Windows has it."""

    def add_reader(self, *_):
        raise NotImplementedError


@pytest.fixture(params=[asyncio.new_event_loop, Unreadable], ids=["readers", "no readers"])
def run(request):
    with asyncio.Runner(loop_factory=request.param) as runner:
        yield lambda coroutine: runner.run(asyncio.wait_for(coroutine, 10))


def test_async_calls(server, run):
    async def main():
        async with AsyncClient(server.address, token="t") as client:
            assert await client.call("fake.echo", {"n": 1}) == {"n": 1}
            assert 0 < await client.ping() < 1
            slow = [asyncio.ensure_future(client.call("fake.slow", {"ms": 100})) for _ in range(20)]
            answers = await asyncio.gather(*(client.call("fake.echo", {"n": n}) for n in range(1000)))
            assert [answer["n"] for answer in answers] == list(range(1000))
            assert all(answer == {"slow": True} for answer in await asyncio.gather(*slow))
            for n in range(2000):
                assert await client.call("fake.echo", {"n": n}) == {"n": n}
            assert await client.submit("fake.echo", {"n": 7}).result() == {"n": 7}
            with pytest.raises(Problem, match="403"):
                await client.call("fake.problem")
            assert not client.calls
    run(main())


def test_async_names(server, run):
    async def main():
        async with AsyncClient(server.address) as client:
            assert await client.fake.echo(text="a") == {"text": "a"}
            assert "Any text at all." in pydoc.render_doc(client.fake.echo)
            with pytest.raises(AttributeError):
                await client.fake.nothing()
    run(main())


def test_async_task_cancelled_before_its_first_step(server, run):
    async def main():
        async with AsyncClient(server.address) as client:
            await client.ping()
            for started in (client.call("fake.slow", {"ms": 3000}), client.ping(), client.fake.slow(ms=3000)):
                task = asyncio.ensure_future(started)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert not client.calls
            await client.ping()
            assert not any(seen[3] == "fake.slow" for seen in server.seen)
    run(main())


def test_async_deadline_and_cancelled_task(server, run):
    async def main():
        async with AsyncClient(server.address) as client:
            await client.ping()
            with pytest.raises(DeadlineExceeded):
                await client.call("fake.slow", {"ms": 3000, "stubborn": True}, timeout=0.05)
            task = asyncio.ensure_future(client.call("fake.slow", {"ms": 3000}))
            while sum(seen[3] == "fake.slow" for seen in server.seen) < 2:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await client.ping()
            assert not client.calls
    run(main())
    assert len([seen for seen in server.seen if seen[0] == CANCEL]) == 2


def test_async_restart_and_goaway(address, run):
    async def main():
        async with AsyncClient(address) as client:
            with FakeServer(address):
                slow = asyncio.ensure_future(client.call("fake.slow", {"ms": 3000}))
                await client.call("fake.goaway")
                with pytest.raises(ConnectionError, match="going_away"):
                    for _ in range(100):
                        await client.call("fake.echo")
            with pytest.raises(Unavailable, match="unknown_outcome"):
                await asyncio.wait_for(slow, 10)
            with FakeServer(address):
                assert await client.call("fake.echo") == {}
    run(main())


def test_async_call_before_the_server_and_idle_cpu(address, run):
    async def main():
        async with AsyncClient(address) as client:
            early = asyncio.ensure_future(client.call("fake.slow", {"ms": 300}))
            await asyncio.sleep(0.05)
            with FakeServer(address):
                used = time.thread_time()
                assert await early == {"slow": True}
                assert time.thread_time() - used < 0.1
    run(main())


# --- the command

def test_command(server, tmp_path):
    def star(*arguments):
        return subprocess.run([sys.executable, "-m", "starmicroservices", server.address, *arguments], cwd=CLIENT, timeout=10,
                              capture_output=True, encoding="utf-8", env={**os.environ, "PYTHONIOENCODING": "utf-8"})
    done = star("fake.echo", "--json", '{"text": "時刻"}')
    assert (done.returncode, json.loads(done.stdout)) == (0, {"text": "時刻"}), done.stderr
    assert json.loads(star("fake.head", "--token", "abc").stdout)["headers"]["x-token"] == "abc"
    (tmp_path / "secrets").write_text("--token\ndef\n")
    assert json.loads(star("fake.head", f"@{tmp_path}/secrets").stdout)["headers"]["x-token"] == "def"
    failed = star("fake.problem", "--json", '{"status": 403}')
    assert (failed.returncode, failed.stdout) == (1, "") and "403" in failed.stderr
