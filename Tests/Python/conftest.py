"""The client is tested where it stands, and against the real services."""
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
STAR = Path(os.environ.get("STAR", ROOT / ".build" / "debug" / "star"))
PORTS = {name.lower(): int(port) for name, port in
         re.findall(r"^(\w+)_HTTP_PORT=(\d+)", (ROOT / "env.example").read_text(), re.MULTILINE)}
SERVICES = list(PORTS)

sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "Sources" / "Python")]
from comparing import free_ports


@pytest.fixture
def tmp_path():
    """A folder with a short name, and gone afterwards: the path of a Unix socket in it has 107 bytes, wherever TMPDIR is."""
    with tempfile.TemporaryDirectory(prefix="star-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def family(tmp_path_factory):
    """`star serve all` in a folder of its own: `sockets` and `urls` by the services' names, `folder`, `environment`."""
    folder = tmp_path_factory.mktemp("star")
    ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
    settings = {f"{name.upper()}_HTTP_PORT": str(port) for name, port in ports.items()}
    environment = {**os.environ, **settings, "GUEST_PERMISSIONS": "time", "LOG_LEVEL": "warning",
                   "AUTH_RATE_LIMIT_PER_ADDRESS": "0", "AUTH_RATE_LIMIT_PER_USER": "0"}
    process = subprocess.Popen([STAR, "serve", "all"], cwd=folder, env=environment)
    ready = subprocess.run([STAR, "health", "all", "--wait", "30"], cwd=folder, env=environment, timeout=60)
    assert ready.returncode == 0
    yield SimpleNamespace(
        folder=folder, environment=environment,
        sockets={name: f"ipc://{folder}/.star/run/{name}.sock" for name in SERVICES},
        urls={name: f"http://127.0.0.1:{port}" for name, port in ports.items()})
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=20) == 0
