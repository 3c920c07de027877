"""What peers of libzmq may do, seen from pyzmq: over ipc and over tcp alike."""
import itertools
import os
import signal
import struct
import subprocess
import threading
from types import SimpleNamespace

import pytest
import zmq

from comparing import free_ports
from conftest import STAR

PREAMBLE = struct.Struct("<2sBBIQ")
REQ, REP, PING, PONG = 1, 2, 4, 5
serial = itertools.count(1)


@pytest.fixture(scope="module")
def resource(tmp_path_factory):
    """One service, at every kind of address; auth is not there."""
    folder = tmp_path_factory.mktemp("peers")
    http, ipv4, ipv6, both = free_ports(4)
    addresses = {"ipc": f"ipc://{folder}/r.sock", "tcp": f"tcp://127.0.0.1:{ipv4}", "IPv6": f"tcp://[::1]:{ipv6}",
                 "name": f"tcp://localhost:{both}"}
    environment = {**os.environ, "RESOURCE_HTTP_PORT": str(http), "RESOURCE_ZMQ_LISTEN": ",".join(addresses.values()),
                   "LOG_LEVEL": "error"}
    process = subprocess.Popen([STAR, "serve", "resource"], cwd=folder, env=environment)
    yield SimpleNamespace(addresses=addresses, process=process, http=http)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


@pytest.fixture
def connect():
    with zmq.Context() as context:
        sockets = []

        def make(kind, address, **options):
            socket = context.socket(kind)
            sockets.append(socket)
            for name, value in {"linger": 0, "rcvtimeo": 10_000, "ipv6": True, **options}.items():
                setattr(socket, name, value)
            socket.connect(address)
            return socket
        make.context = context
        yield make
        for socket in sockets:
            socket.close(linger=0)


def live(number=None):
    """A call that everybody may make, and its id."""
    number = number or next(serial)
    return [PREAMBLE.pack(b"S1", REQ, 0, 0, number), b"_health.live\n", b""], number


def answered(frames, number):
    magic, kind, _, _, answered = PREAMBLE.unpack(frames[-3])
    return magic == b"S1" and kind == REP and answered == number and frames[-2].startswith(b"200\n")


@pytest.mark.parametrize("wire", ["ipc", "tcp", "IPv6", "name"])
@pytest.mark.parametrize("kind", [zmq.DEALER, zmq.REQ])
def test_a_call_is_answered_at_every_kind_of_address(resource, connect, wire, kind):
    peer = connect(kind, resource.addresses[wire])
    for _ in range(3):
        call, number = live()
        peer.send_multipart(call)
        assert answered(peer.recv_multipart(), number)


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_a_probe_is_nobodys_mistake(resource, connect, wire):
    import urllib.request

    def dropped():
        with urllib.request.urlopen(f"http://127.0.0.1:{resource.http}/metrics", timeout=10) as answer:
            lines = [line for line in answer.read().decode().splitlines() if 'outcome="dropped"' in line]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if "zmq_messages" in line)
    before = dropped()
    peer = connect(zmq.DEALER, resource.addresses[wire], probe_router=True)
    call, number = live()
    peer.send_multipart(call)
    assert answered(peer.recv_multipart(), number)
    assert dropped() == before


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_two_peers_of_one_routing_id_are_both_served(resource, connect, wire):
    peers = [connect(zmq.DEALER, resource.addresses[wire], routing_id=b"same") for _ in range(2)]
    for peer in peers + peers:
        call, number = live()
        peer.send_multipart(call)
        assert answered(peer.recv_multipart(), number)


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_a_proxy_may_stand_between(resource, connect, wire):
    with zmq.Context() as context:
        front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        control = context.socket(zmq.PAIR)
        stop = context.socket(zmq.PAIR)
        address = f"tcp://127.0.0.1:{front.bind_to_random_port('tcp://127.0.0.1')}"
        back.connect(resource.addresses[wire])
        control.bind("inproc://control")
        stop.connect("inproc://control")
        proxy = threading.Thread(target=zmq.proxy_steerable, args=(front, back, None, control))
        proxy.start()
        try:
            dealers = [connect(zmq.DEALER, address) for _ in range(8)]
            # All of them count from 1.
            for number in range(1, 21):
                for dealer in dealers:
                    dealer.send_multipart(live(number)[0])
            for dealer in dealers:
                assert all(answered(dealer.recv_multipart(), number) for number in range(1, 21))
            for peer in (connect(zmq.REQ, address), connect(zmq.REQ, address, req_correlate=True, req_relaxed=True)):
                call, number = live()
                peer.send_multipart(call)
                assert answered(peer.recv_multipart(), number)
        finally:
            stop.send(b"TERMINATE")
            proxy.join(10)
            for socket in (front, back, control, stop):
                socket.close(linger=0)


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_a_peer_with_heartbeats_stays(resource, connect, wire):
    peer = connect(zmq.DEALER, resource.addresses[wire], heartbeat_ivl=50, heartbeat_timeout=300, heartbeat_ttl=300)
    monitor = peer.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    call, number = live()
    peer.send_multipart(call)
    assert answered(peer.recv_multipart(), number)
    assert not monitor.poll(1000)
    peer.disable_monitor()


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
@pytest.mark.parametrize("size", [0, 1, 255, 256, 65_536, 1_000_000])
def test_a_body_of_any_size_is_read_to_its_end(resource, connect, wire, size):
    peer = connect(zmq.DEALER, resource.addresses[wire])
    number = next(serial)
    peer.send_multipart([PREAMBLE.pack(b"S1", REQ, 0, 0, number), b"_health.live\n", b" " * size])
    frames = peer.recv_multipart()
    assert PREAMBLE.unpack(frames[0])[4] == number


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_a_message_without_end_is_not_held(resource, connect, wire):
    status = f"/proc/{resource.process.pid}/status"

    def resident():
        lines = open(status, encoding="ascii").read().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024
    before = resident()
    peer = connect(zmq.DEALER, resource.addresses[wire], sndhwm=0, sndtimeo=5000)
    for _ in range(300):
        for _ in range(10_000):
            peer.send(b"12345678", zmq.SNDMORE)
        if resident() - before > 100:
            break
    assert resident() - before < 64
    other = connect(zmq.DEALER, resource.addresses[wire])
    call, number = live()
    other.send_multipart(call)
    assert answered(other.recv_multipart(), number)
