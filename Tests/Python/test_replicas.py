"""The client and several replicas: fake ones, and real ones that are killed, frozen, restarted and added."""
from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import subprocess
import threading
import time

import pytest

import starmicroservices
from comparing import free_ports
from fake_server import CANCEL, FakeServer, Way
from serving import STAR, serving, until
from starmicroservices import AsyncClient, Client, DeadlineExceeded, Problem, Unavailable

HEALTH = "_health.check"


@pytest.fixture
def replicas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("r")
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(FakeServer(f"ipc://{folder}/{n}.sock")) for n in range(3)]


@pytest.fixture
def client(replicas):
    with Client(addresses(replicas), timeout=30) as client:
        until_all_are_used(client, 3)
        yield client


def addresses(replicas) -> str:
    return ",".join(replica.address for replica in replicas)


def calls(replica) -> int:
    return sum(seen[3].startswith("fake.") for seen in replica.seen)


def usable(client) -> int:
    return sum(link.usable and not link.left_out for link in client._links)


def until_all_are_used(client, count):
    until(lambda: client.pump() or usable(client) == count)


@pytest.mark.parametrize("form", [lambda listed: listed, lambda listed: listed.split(","),
                                  lambda listed: f" {listed.replace(',', ' , ')}, "], ids=["commas", "list", "spaces"])
def test_calls_are_spread_over_the_replicas(replicas, form):
    with Client(form(addresses(replicas)), timeout=10) as client:
        until_all_are_used(client, 3)
        slow = [client.submit("fake.slow", {"ms": 500}) for _ in range(60)]
        assert all(call.result() == {"slow": True} for call in slow)
    assert all(calls(replica) >= 5 for replica in replicas)


@pytest.mark.parametrize("address", ["", " , ", []])
def test_no_address_is_an_error_at_once(address):
    with pytest.raises(ValueError, match="no address"):
        Client(address)


@pytest.mark.parametrize("address", ["http://localhost:5040", "localhost:6040", ["tcp://127.0.0.1:1", "udp://a:1"]])
def test_an_address_of_another_protocol_is_an_error_at_once(address):
    with pytest.raises(ValueError, match="is not tcp://HOST:PORT or ipc://PATH"):
        Client(address)


@pytest.mark.parametrize("dead", [0, 1, 2])
def test_calls_under_way_at_a_replica_that_is_lost_go_on_to_another_if_they_may_run_twice(replicas, client, dead):
    once = [client.submit("fake.slow", {"ms": 1000}) for _ in range(20)]
    twice = [client.submit("fake.slow", {"ms": 1000}, idempotent=True) for _ in range(20)]
    until(lambda: client.pump() or sum(calls(replica) for replica in replicas) == 40)
    replicas[dead].__exit__()
    assert all(call.result() == {"slow": True} for call in twice)
    ends = [outcome(call) for call in once]
    assert 0 < ends.count("unknown_outcome") < 20 and ends.count("unknown_outcome") + ends.count("") == 20
    for n in range(100):
        assert client.call("fake.echo", {"n": n}) == {"n": n}
    assert sum(calls(replica) for replica in replicas) == 140 + sum(len(call.sessions) - 1 for call in twice)
    replicas[dead].__enter__()
    until_all_are_used(client, 3)


def outcome(call) -> str:
    try:
        call.result()
        return ""
    except Problem as problem:
        return problem.code


def test_a_replica_that_is_frozen_keeps_no_call_that_may_run_twice(replicas, client, monkeypatch):
    monkeypatch.setattr(starmicroservices, "LOST", 1e6)         # its connection stays
    replicas[1].frozen = True
    waiting = [client.submit("fake.echo", {"n": n}, idempotent=True) for n in range(60)]
    assert [call.result() for call in waiting] == [{"n": n} for n in range(60)]
    before = calls(replicas[0]) + calls(replicas[2])
    for n in range(50):                                                    # it gets no more, idempotent or not
        assert client.call("fake.echo", {"n": n}) == {"n": n}
    assert calls(replicas[0]) + calls(replicas[2]) == before + 50
    replicas[1].frozen = False
    until_all_are_used(client, 3)
    until(lambda: any(seen[0] == CANCEL for seen in replicas[1].seen))


def test_connections_that_are_all_dead_and_say_nothing_cost_no_call_that_may_run_twice():
    with contextlib.ExitStack() as stack:
        ways = [Way(stack.enter_context(FakeServer("tcp://127.0.0.1:*")).address) for _ in range(3)]
        for way in ways:
            stack.callback(way.close)
        client = stack.enter_context(Client([way.address for way in ways], timeout=30))
        until_all_are_used(client, 3)
        for way in ways:
            way.swallow()
        until(lambda: all(time.monotonic() - link.received_at >= starmicroservices.QUIET for link in client._links))
        call = client.submit("fake.echo", {"n": 1}, idempotent=True)
        assert call.result() == {"n": 1} and len(call.sessions) == 2
        until_all_are_used(client, 3)


def test_a_call_that_may_not_run_twice_is_sent_once(replicas, client):
    for replica in replicas:
        replica.frozen = True
    call = client.submit("fake.echo", timeout=1)
    with pytest.raises(DeadlineExceeded):
        call.result()
    for replica in replicas:
        replica.frozen = False
    until_all_are_used(client, 3)
    assert len(call.sessions) == 1 and sum(calls(replica) for replica in replicas) == 1


def test_a_service_that_is_frozen_ends_its_calls_within_seconds(tmp_path):
    with FakeServer(f"ipc://{tmp_path}/fake.sock") as server, Client(server.address, timeout=60) as client:
        client.ping()
        call = client.submit("fake.slow", {"ms": 60_000})
        until(lambda: client.pump() or calls(server) == 1)
        server.frozen = True
        with pytest.raises(Unavailable, match="unknown_outcome"):
            call.result()
        assert call.took < 30
        server.frozen = False
        assert client.call("fake.echo", {"n": 1}) == {"n": 1}


def test_a_call_that_certainly_has_not_run_goes_to_another_replica(replicas, client):
    replicas[0].ready = replicas[2].ready = False
    for n in range(50):
        assert client.call("fake.echo", {"n": n}) == {"n": n}
    assert calls(replicas[0]) + calls(replicas[2]) <= 2 and usable(client) == 1     # each was left out by its first
    replicas[0].ready = True
    until_all_are_used(client, 2)


def test_if_all_replicas_refuse_a_call_their_refusal_is_the_answer(replicas, client):
    with pytest.raises(Problem, match="429 too_many_requests"):
        client.call("fake.busy")
    assert [calls(replica) for replica in replicas] == [1, 1, 1]


def test_a_replica_whose_calls_time_out_gets_no_others_until_its_health_check_comes_back(replicas, client):
    stuck = client._links[1]
    call = client.submit("fake.slow", {"ms": 60_000, "stubborn": True}, timeout=1)
    while call.link is not stuck:
        call.give_up()
        until_all_are_used(client, 3)
        call = client.submit("fake.slow", {"ms": 60_000, "stubborn": True}, timeout=1)
    until(lambda: replicas[1]._late)
    replicas[1].ready = False
    assert outcome(call) == "deadline_exceeded"
    before = calls(replicas[1])
    for n in range(50):
        assert client.call("fake.echo", {"n": n}) == {"n": n}
    assert calls(replicas[1]) == before
    replicas[1].ready = True
    until_all_are_used(client, 3)


def test_retries_have_a_budget(replicas, client):
    refused = [client.submit("fake.busy") for _ in range(300)]
    assert all(outcome(call) == "too_many_requests" for call in refused)
    assert 300 + 100 <= sum(calls(replica) for replica in replicas) <= 300 + 100 + 30 + 3 * 60


def test_a_replica_that_comes_gets_no_calls_before_it_is_ready(replicas):
    replicas[0].ready = False
    with Client(addresses(replicas)) as client:
        until_all_are_used(client, 2)
        for n in range(50):
            assert client.call("fake.echo", {"n": n}) == {"n": n}
        assert calls(replicas[0]) == 0
        until(lambda: client.pump() or any(seen[3] == HEALTH for seen in replicas[0].seen))
        replicas[0].ready = True
        until_all_are_used(client, 3)


def test_replicas_of_which_none_is_ready_are_called_all_the_same(replicas):
    for replica in replicas:
        replica.ready = False
    with Client(addresses(replicas), timeout=10) as client, pytest.raises(Problem, match="503 not_ready"):
        client.call("fake.echo")
    assert sum(calls(replica) for replica in replicas) > 0


def test_a_replica_that_is_going_away_ends_its_calls_and_gets_no_others(replicas, client):
    slow = [client.submit("fake.slow", {"ms": 500}) for _ in range(30)]
    client.call("fake.goaway")
    until(lambda: client.pump() or any(link.goaway for link in client._links))
    leaving = next(replica for replica, link in zip(replicas, client._links) if link.goaway)
    before = calls(leaving)
    for n in range(100):
        assert client.call("fake.echo", {"n": n}) == {"n": n}
    assert all(call.result() == {"slow": True} for call in slow)
    for n in range(50):
        assert client.call("fake.echo", {"n": n}) == {"n": n}
    assert calls(leaving) == before


def test_a_call_waits_for_a_replica_within_its_time(replicas, client):
    for replica in replicas:
        replica.__exit__()
    until_all_are_used(client, 0)
    threading.Timer(0.3, replicas[1].__enter__).start()
    assert client.call("fake.echo", {"n": 1}) == {"n": 1}
    replicas[0].__enter__()
    replicas[2].__enter__()


# --- names

@pytest.fixture
def places(monkeypatch):
    """The hosts that `fake.example` leads to."""
    hosts, look_up = ["127.0.0.1"], socket.getaddrinfo

    def getaddrinfo(name, port, *arguments, **options):
        if name != "fake.example":
            return look_up(name, port, *arguments, **options)
        if not hosts:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (host, port, 0, 0)) if ":" in host else
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port)) for host in hosts]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return hosts


def test_a_name_is_followed_as_replicas_come_and_go(places):
    port, = free_ports(1)
    with contextlib.ExitStack() as stack:
        first, second, third = [
            stack.enter_context(FakeServer(f"tcp://127.0.0.{n}:{port}")) for n in (1, 2, 3)]
        client = stack.enter_context(Client(f"tcp://fake.example:{port}", timeout=10))
        assert client.call("fake.echo", {"n": 1}) == {"n": 1} and calls(first) == 1
        slow = client.submit("fake.slow", {"ms": 1000})
        until(lambda: client.pump() or calls(first) == 2)
        places[:] = ["127.0.0.2", "127.0.0.3"]
        until(lambda: client.pump() or sum(not link.retired for link in client._links) == 2)
        until_all_are_used(client, 2)
        for n in range(50):
            assert client.call("fake.echo", {"n": n}) == {"n": n}
        assert slow.result() == {"slow": True}
        assert calls(first) == 2 and calls(second) > 0 and calls(third) > 0
        places.clear()                              # names that cannot be looked up lead to where they led before
        for n in range(50):
            assert client.call("fake.echo", {"n": n}) == {"n": n}


def test_a_client_that_nobody_closes_leaves_no_thread(places):
    def lookups():
        return [thread for thread in threading.enumerate() if thread.name == "starmicroservices names"]
    client = Client("tcp://fake.example:1")
    assert lookups()
    del client
    gc.collect()
    until(lambda: not lookups())


def test_a_name_that_nobody_knows_is_named(places):
    places.clear()
    with Client("tcp://fake.example:1", timeout=1) as client, pytest.raises(Unavailable, match="fake.example"):
        client.call("fake.echo")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_a_service_is_found_at_either_address_of_its_name(places, host):
    places[:] = ["::1", "127.0.0.1"]
    with FakeServer(f"tcp://{host}:*") as server:
        with Client(f"tcp://fake.example:{server.address.rsplit(':')[-1]}", timeout=10) as client:
            assert client.call("fake.echo", {"n": 1}) == {"n": 1}


# --- asyncio

class Unreadable(asyncio.SelectorEventLoop):
    """A loop without add_reader, as Windows has it."""

    def add_reader(self, *_):
        raise NotImplementedError


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, Unreadable], ids=["readers", "no readers"])
def test_async_calls_go_on_when_a_replica_freezes_and_another_is_lost(replicas, loop):
    async def main():
        async with AsyncClient(addresses(replicas), timeout=30) as client:
            while usable(client) < 3:
                await asyncio.sleep(0.005)
            replicas[0].frozen = True
            waiting = [client.call("fake.echo", {"n": n}, idempotent=True) for n in range(60)]
            assert await asyncio.gather(*waiting) == [{"n": n} for n in range(60)]
            waiting = [asyncio.ensure_future(client.call("fake.slow", {"ms": 500}, idempotent=True)) for _ in range(20)]
            while calls(replicas[1]) + calls(replicas[2]) < 80:
                await asyncio.sleep(0.005)
            await asyncio.get_running_loop().run_in_executor(None, replicas[1].__exit__)
            assert await asyncio.gather(*waiting) == [{"slow": True}] * 20
            replicas[1].__enter__()
            replicas[0].frozen = False
            while usable(client) < 3:
                await asyncio.sleep(0.005)
            assert not client.calls
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(main(), 60))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("starmicroservices")]


# --- real replicas

@pytest.mark.parametrize("kind", ["tcp", "ipc"])
def test_no_call_that_may_run_twice_is_lost_while_replicas_are_killed_frozen_restarted_and_added(tmp_path, kind):
    listed = [f"tcp://127.0.0.1:{port}" if kind == "tcp" else f"ipc://{tmp_path}/{port}.sock" for port in free_ports(4)]
    processes = {}

    with serving(tmp_path, "auth") as services, contextlib.ExitStack() as stack:
        def start(number):
            environment = {**services.environment, "RESOURCE_ZMQ_LISTEN": listed[number],
                           "RESOURCE_HTTP_PORT": str(free_ports(1)[0])}
            processes[number] = process = subprocess.Popen([STAR, "serve", "resource"], cwd=tmp_path, env=environment)
            stack.callback(process.wait)
            stack.callback(process.kill)

        with Client(services.sockets["auth"]) as auth:
            token = auth.auth.create()["token"]
        with Client(listed, token=token, timeout=20) as client:
            def steadily(count=100):
                for _ in range(count):
                    assert "current_time" in client.call("resource.current_time", idempotent=True)

            def until_used(count):
                until(lambda: steadily(1) or usable(client) == count, seconds=60)

            for number in range(3):
                start(number)
            until_used(3)
            processes[0].kill()
            steadily()
            processes[1].send_signal(signal.SIGSTOP)
            steadily()
            start(0)
            start(3)
            until_used(3)
            processes[2].terminate()
            steadily()
            processes[1].send_signal(signal.SIGCONT)
            until_used(3)
            steadily()
        assert processes[2].wait(timeout=60) == 0
