"""Connections that say nothing, more than the process may open: the services go on."""
import os
import resource
import socket
import subprocess
import time
import urllib.request
from urllib.parse import urlsplit

import pytest

from serving import STAR, serving
from starmicroservices import Client


def processor_seconds(process) -> float:
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idles(process) -> bool:
    """Measures a second, in which a process that waits for what it has already does more than this."""
    before = processor_seconds(process)
    time.sleep(1)
    return processor_seconds(process) - before < 0.3


def test_silent_connections_leave_descriptors_for_everybody_else(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    silent = []
    try:
        with serving(tmp_path, "auth", "boilerplate", limit=256) as services:
            address = urlsplit(services.urls["boilerplate"])
            for _ in range(600):
                silent.append(socket.create_connection((address.hostname, address.port), timeout=10))
            for name in ("boilerplate", "auth"):
                with urllib.request.urlopen(services.urls[name] + "/health/live", timeout=5) as answer:
                    assert answer.status == 200
            for name in ("boilerplate", "auth"):
                with Client(services.sockets[name]) as client:
                    client.ping()
            assert any(idles(services.process) for _ in range(20))
            # The one that has been idle for longest went first.
            silent[0].settimeout(10)
            assert silent[0].recv(1) == b""
            silent[-1].sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
            silent[-1].settimeout(10)
            assert silent[-1].recv(100).startswith(b"HTTP/1.1 200 ")
    finally:
        for one in silent:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def hello(kind: str) -> bytes:
    """The greeting and READY of a socket without security (ZMTP 3.1)."""
    ready = b"\x05READY\x0bSocket-Type" + len(kind).to_bytes(4, "big") + kind.encode()
    return (b"\xff" + bytes(8) + b"\x7f\3\1NULL" + bytes(16) + b"\0" + bytes(31)
            + b"\4" + bytes([len(ready)]) + ready)


@pytest.mark.parametrize("place, kind", [("auth", "DEALER"), ("auth", ""), ("auth-events", "SUB")])
def test_silent_peers_of_zeromq_leave_descriptors_for_everybody_else(tmp_path, place, kind):
    peers = []
    try:
        with serving(tmp_path, "auth", limit=256) as services:
            path = services.sockets[place.removesuffix("-events")].removeprefix("ipc://").replace("auth.", f"{place}.")
            for _ in range(400):
                peer = socket.socket(socket.AF_UNIX)
                peer.settimeout(10)
                peer.connect(path)
                peers.append(peer)
                if kind:
                    peer.sendall(hello(kind))
            with urllib.request.urlopen(services.urls["auth"] + "/health/ready", timeout=10) as answer:
                assert answer.status == 200
            with Client(services.sockets["auth"]) as client:
                client.ping()
            assert any(idles(services.process) for _ in range(20))
            assert len(os.listdir(f"/proc/{services.process.pid}/fd")) < 192
    finally:
        for one in peers:
            one.close()


@pytest.mark.parametrize("limit", [24, 64])
def test_a_limit_that_is_too_low_for_the_services_ends_the_start_with_the_number_needed(tmp_path, limit):
    ended = subprocess.run(
        ["bash", "-c", f'ulimit -n {limit}; exec "$0" serve auth', str(STAR)], cwd=tmp_path, timeout=60,
        capture_output=True, text=True)
    assert ended.returncode == 78
    assert f"may open {limit} files" in ended.stderr and "ulimit -n " in ended.stderr
