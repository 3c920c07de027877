"""A machine without containers: the service manager, the package, the keys."""
from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time

import pytest

from comparing import free_ports
from conftest import ROOT, SERVICES, STAR

UNIT = ROOT / "compose" / "debian" / "star@.service"
SETTINGS = ROOT / "compose" / "debian" / "star.env"


def settings_of_the_package(folder):
    """Those of the package, with their sockets in a folder of the test's own."""
    lines = [line for line in SETTINGS.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.replace("/run/star/", f"{folder}/").split("=", 1) for line in lines)


@pytest.fixture
def manager(tmp_path):
    """The path at which systemd would listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(60)
        yield receiver


def test_the_manager_learns_of_the_start_and_the_stop(tmp_path, manager):
    ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
    environment = {**os.environ, **settings_of_the_package(tmp_path), "NOTIFY_SOCKET": manager.getsockname(),
                   **{f"{name.upper()}_HTTP_PORT": str(port) for name, port in ports.items()}}
    process = subprocess.Popen([STAR, "serve", "all"], cwd=tmp_path, env=environment)
    try:
        assert manager.recv(100) == b"READY=1"
        for port in ports.values():
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        live = subprocess.run([STAR, "health", "all", "--live"], cwd=tmp_path, env=environment, timeout=30)
        assert live.returncode == 0
        process.send_signal(signal.SIGTERM)
        assert manager.recv(100) == b"STOPPING=1"
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()


def test_a_start_that_fails_is_not_announced(tmp_path, manager):
    said = subprocess.run([STAR, "serve", "boilerplate"], cwd=tmp_path, capture_output=True, text=True, timeout=30,
                          env={**os.environ, "NOTIFY_SOCKET": manager.getsockname(), "BOILERPLATE_HTTP_PORT": "many"})
    assert said.returncode == 78
    assert "RestartPreventExitStatus=78" in UNIT.read_text()
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(100)


def test_the_units_settings_exist():
    known = (ROOT / "env.example").read_text()
    for name in re.findall(r"^(?:Environment=)?([A-Z][A-Z_]+)=", SETTINGS.read_text() + UNIT.read_text(), re.MULTILINE):
        assert re.search(rf"^{name}=", known, re.MULTILINE), name


def test_the_unit_waits_longer_than_the_stop():
    limit = int(re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)[1])
    example = (ROOT / "env.example").read_text()
    stop = sum(int(re.search(rf"^{name}=(\d+)$", example, re.MULTILINE)[1])
               for name in ("DRAIN_MILLISECONDS", "SHUTDOWN_TIMEOUT_MILLISECONDS"))
    assert limit * 1000 > stop


def test_the_package_holds_the_program_the_unit_and_settings_that_only_root_reads(tmp_path):
    subprocess.run([ROOT / "compose" / "package", "--program", "/bin/true", tmp_path], check=True, timeout=60,
                   capture_output=True)
    (package,) = tmp_path.glob("starmicroservices_*.deb")
    listed = subprocess.run(["dpkg-deb", "--contents", package], capture_output=True, text=True, check=True).stdout
    files = {line.split()[-1]: line.split()[:2] for line in listed.splitlines() if not line.split()[-1].endswith("/")}
    assert files["./usr/bin/star"] == ["-rwxr-xr-x", "root/root"]
    assert files["./lib/systemd/system/star@.service"] == ["-rw-r--r--", "root/root"]
    assert files["./etc/star/star.env"] == ["-rw-------", "root/root"]
    about = subprocess.run(["dpkg-deb", "--field", package], capture_output=True, text=True, check=True).stdout
    assert "Conflicts: star" in about and re.search(r"^Version: \d", about, re.MULTILINE)


def test_keys_of_services_are_made_once(tmp_path):
    def make(*names):
        subprocess.run([STAR, "keys", "curve", tmp_path / "keys", *names], check=True, timeout=30, capture_output=True)
        return {path.name: path.read_text().strip() for path in (tmp_path / "keys").iterdir()}

    first = make("auth", "resource")
    assert all(re.fullmatch("[0-9a-f]{64}", first[name]) for name in ("auth", "resource"))
    assert re.fullmatch("auth=[0-9a-f]{64},resource=[0-9a-f]{64}", first["public"])
    assert all(path.stat().st_mode & 0o77 == 0 for path in (tmp_path / "keys").iterdir())
    second = make("auth", "resource", "webapp")
    assert {name: second[name] for name in ("auth", "resource")} == {name: first[name] for name in ("auth", "resource")}
    assert second["public"].startswith(first["public"] + ",webapp=")


def test_the_keys_encrypt(tmp_path):
    subprocess.run([STAR, "keys", "curve", tmp_path, "boilerplate", "star"], check=True, timeout=30, capture_output=True)
    http, zeromq = free_ports(2)
    environment = {**os.environ, "CURVE_PUBLIC_KEYS": (tmp_path / "public").read_text().strip(),
                   "BOILERPLATE_HTTP_PORT": str(http), "BOILERPLATE_ZMQ_LISTEN": f"tcp://127.0.0.1:{zeromq}",
                   "BOILERPLATE_URL": f"tcp://127.0.0.1:{zeromq}",
                   "BOILERPLATE_CURVE_SECRET_KEY_FILE": str(tmp_path / "boilerplate"),
                   "STAR_CURVE_SECRET_KEY_FILE": str(tmp_path / "star")}
    process = subprocess.Popen([STAR, "serve", "boilerplate"], cwd=tmp_path, env=environment)
    try:
        limit = time.monotonic() + 30
        while subprocess.run([STAR, "call", "boilerplate.smoke", "--via", "zmq"], cwd=tmp_path, env=environment,
                             capture_output=True, timeout=30).returncode:
            assert time.monotonic() < limit
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
