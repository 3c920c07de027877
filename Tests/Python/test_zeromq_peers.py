"""The behaviour that peers of libzmq expect, seen from pyzmq: over ipc and over tcp alike."""
import itertools
import os
import signal
import struct
import subprocess
import threading
import time
import urllib.request
from types import SimpleNamespace

import pytest
import zmq
import zmq.auth
from zmq.utils import z85

from comparing import free_ports
from conftest import STAR
from serving import serving
from starmicroservices import Client, Unavailable

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


def counted(service, metric, **labels):
    """The sum of a metric of a service, over all series with these labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{service.http}/metrics", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if line.startswith(metric + "{")]
    wanted = [f'{name}="{value}"' for name, value in labels.items()]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(label in line for label in wanted))


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
    before = counted(resource, "zmq_server_messages_failed_total", outcome="dropped")
    peer = connect(zmq.DEALER, resource.addresses[wire], probe_router=True)
    call, number = live()
    peer.send_multipart(call)
    assert answered(peer.recv_multipart(), number)
    assert counted(resource, "zmq_server_messages_failed_total", outcome="dropped") == before


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_two_peers_of_one_routing_id_are_both_served(resource, connect, wire):
    peers = [connect(zmq.DEALER, resource.addresses[wire], routing_id=b"same") for _ in range(2)]
    for peer in peers + peers:
        call, number = live()
        peer.send_multipart(call)
        assert answered(peer.recv_multipart(), number)


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_a_routing_id_may_be_as_long_as_the_protocol_allows(resource, connect, wire):
    peer = connect(zmq.DEALER, resource.addresses[wire], routing_id=b"r" * 255)
    call, number = live()
    peer.send_multipart(call)
    assert answered(peer.recv_multipart(), number)


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_a_router_may_call(resource, connect, wire):
    peer = connect(zmq.ROUTER, resource.addresses[wire], router_mandatory=True, connect_routing_id=b"service")
    call, number = live()
    for _ in range(200):
        try:
            peer.send_multipart([b"service", *call])
            break
        except zmq.ZMQError as error:
            assert error.errno == zmq.EHOSTUNREACH
            time.sleep(0.02)
    frames = peer.recv_multipart()
    assert frames[0] == b"service" and answered(frames, number)


@pytest.mark.parametrize("wire", ["ipc", "tcp"])
def test_a_proxy_of_events_may_stand_between(connect, tmp_path, wire):
    address = f"tcp://127.0.0.1:{free_ports(1)[0]}" if wire == "tcp" else f"ipc://{tmp_path}/news.sock"
    with serving(tmp_path, "auth", AUTH_EVENTS_LISTEN=address):
        back = connect(zmq.XSUB, address)
        back.send(b"\x01auth.trust_updates")
        topic, head, body = back.recv_multipart()
        assert topic == b"auth.trust_updates" and head.startswith(b"E1\n")


@pytest.mark.parametrize("address", ["ipc://@star", "ipc://*", "ipc://"])
def test_an_address_without_a_file_is_refused_and_makes_none(tmp_path, address):
    environment = {**os.environ, "RESOURCE_ZMQ_LISTEN": address, "RESOURCE_HTTP_PORT": "0"}
    done = subprocess.run([STAR, "serve", "resource"], cwd=tmp_path, env=environment, timeout=30, capture_output=True)
    assert done.returncode == 78 and b"RESOURCE_ZMQ_LISTEN" in done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.name in ("@star", "*")]


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


@pytest.fixture(scope="module", params=["built-in", "libzmq"])
def guarded(request, tmp_path_factory):
    """A service with CURVE, by either engine, which admits one key."""
    folder = tmp_path_factory.mktemp("guarded")
    http, port = free_ports(2)
    (public, secret), known = zmq.curve_keypair(), zmq.curve_keypair()
    environment = {**os.environ, "RESOURCE_HTTP_PORT": str(http), "RESOURCE_ZMQ_LISTEN": f"tcp://127.0.0.1:{port}",
                   "ZMQ_ENGINE": request.param, "RESOURCE_CURVE_SECRET_KEY": z85.decode(secret).hex(),
                   "CURVE_PUBLIC_KEYS": f"resource={z85.decode(public).hex()},known={z85.decode(known[0]).hex()}"}
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen([STAR, "serve", "resource"], cwd=folder, env=environment, stdout=log, stderr=log)
    yield SimpleNamespace(address=f"tcp://127.0.0.1:{port}", http=http, log=folder / "log", server=public.decode(),
                          known=[key.decode() for key in known])
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0


def call(service, server, public, secret, timeout=2.0):
    with Client(service.address, server_key=server, public_key=public, secret_key=secret, timeout=timeout) as client:
        return client.call("_health.live")


def test_a_key_that_is_admitted_calls_over_curve(guarded):
    assert call(guarded, guarded.server, *guarded.known, timeout=20.0)


@pytest.mark.parametrize("form", ["z85", "hex", "file", "secret alone"])
def test_a_key_may_be_written_in_every_form(guarded, tmp_path, form):
    public, secret = guarded.known
    server = guarded.server
    if form == "hex":
        server, public, secret = (z85.decode(key).hex() for key in (server, public, secret))
    elif form == "file":
        zmq.auth.certs._write_key_file(tmp_path / "s.key", "", server.encode())
        zmq.auth.certs._write_key_file(tmp_path / "c.key_secret", "", public.encode(), secret.encode())
        server, public, secret = f"file:{tmp_path}/s.key", None, f"file:{tmp_path}/c.key_secret"
    elif form == "secret alone":
        public = None
    assert call(guarded, server, public, secret, timeout=20.0)


def test_star_writes_and_reads_certificates(tmp_path):
    subprocess.run([STAR, "keys", "curve", tmp_path, "resource", "known", "--form", "certificate"], check=True, timeout=30)
    keys = {name: zmq.auth.load_certificate(tmp_path / f"{name}.key_secret") for name in ("resource", "known")}
    assert zmq.auth.load_certificate(tmp_path / "resource.key") == (keys["resource"][0], None)
    http, port = free_ports(2)
    environment = {**os.environ, "RESOURCE_HTTP_PORT": str(http), "RESOURCE_ZMQ_LISTEN": f"tcp://127.0.0.1:{port}",
                   "LOG_LEVEL": "error", "RESOURCE_CURVE_SECRET_KEY_FILE": str(tmp_path / "resource.key_secret"),
                   "CURVE_PUBLIC_KEYS": f"resource=file:{tmp_path}/resource.key,known=file:{tmp_path}/known.key"}
    process = subprocess.Popen([STAR, "serve", "resource"], cwd=tmp_path, env=environment)
    try:
        with Client(f"tcp://127.0.0.1:{port}", server_key=f"file:{tmp_path}/resource.key",
                    secret_key=f"file:{tmp_path}/known.key_secret", timeout=20) as client:
            assert client.call("_health.live")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_a_key_that_is_not_admitted_is_told_so_logged_and_counted(guarded):
    call(guarded, guarded.server, *guarded.known, timeout=20.0)
    before = counted(guarded, "zmq_server_connections_refused_total")
    public, secret = (key.decode() for key in zmq.curve_keypair())
    with pytest.raises(Unavailable) as refusal:
        call(guarded, guarded.server, public, secret)
    assert "does not admit this client's key" in str(refusal.value)
    assert counted(guarded, "zmq_server_connections_refused_total") > before
    log = guarded.log.read_text()
    assert public in log and "127.0.0.1" in log and guarded.known[1] not in log


def test_a_client_that_expects_another_server_is_told_so(guarded):
    other = zmq.curve_keypair()[0].decode()
    with pytest.raises(Unavailable) as refusal:
        call(guarded, other, *guarded.known)
    assert "it may have another key" in str(refusal.value)
