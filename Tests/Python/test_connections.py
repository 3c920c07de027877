"""Connections that say nothing, more than the process may open: the services go on."""
import os
import resource
import socket
import time
import urllib.request
from urllib.parse import urlsplit

from serving import serving
from starmicroservices import Client


def processor_seconds(process) -> float:
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
            before = processor_seconds(services.process)
            time.sleep(1)
            assert processor_seconds(services.process) - before < 0.3
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
