"""Services in a folder of their own, with settings of a test's own."""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

from comparing import free_ports

STAR = Path(os.environ.get("STAR", Path(__file__).parents[2] / ".build" / "debug" / "star"))


@contextlib.contextmanager
def serving(folder: Path, *services: str, limit: int | None = None, **settings: str):
    """Runs services in one process, with at most `limit` open files: `urls`, `sockets`, `process`, `environment`."""
    ports = dict(zip(services, free_ports(len(services))))
    environment = {**os.environ, "LOG_LEVEL": "warning", "GUEST_PERMISSIONS": "smoke,time", **settings,
                   **{f"{name.upper()}_HTTP_PORT": str(port) for name, port in ports.items()}}
    command = ["bash", "-c", f'{f"ulimit -n {limit};" if limit else ""} exec "$0" serve "$@"', str(STAR), *services]
    process = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        ready = subprocess.run([STAR, "health", *services, "--wait", "30"], cwd=folder, env=environment, timeout=60)
        assert ready.returncode == 0
        yield SimpleNamespace(
            process=process, environment=environment,
            urls={name: f"http://127.0.0.1:{port}" for name, port in ports.items()},
            sockets={name: f"ipc://{folder}/.star/run/{name}.sock" for name in services})
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def until(condition, seconds=30.0):
    """Checks again and again until a condition holds; fails after the seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.005)
