"""compose/up in a folder of its own, with a swift that builds nothing: the services are those of the last build."""
from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from comparing import free_ports
from conftest import ROOT, SERVICES, STAR

# Answers what compose/up asks of swift; a file called broken in its folder lets builds fail.
SWIFT = f"""#!/bin/bash
case "$*" in
    *--version*) echo 'Swift Package Manager - Swift 6.3.1' ;;
    *--show-bin-path*) echo '{STAR.parent}' ;;
    *) [[ ! -e broken ]] ;;
esac
"""


class Up:
    def __init__(self, folder, *options):
        for name in ("compose", "env.example"):
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, folder / name)
        programs = folder / "programs"
        programs.mkdir()
        (programs / "swift").write_text(SWIFT)
        (programs / "swift").chmod(0o755)
        (folder / "Package.swift").touch()
        for service in SERVICES:
            (folder / "Sources" / "Services" / service.capitalize()).mkdir(parents=True)
        (folder / "Sources" / "Kit").mkdir()
        ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
        environment = {**os.environ, **{f"{name.upper()}_HTTP_PORT": str(port) for name, port in ports.items()},
                       "PATH": f"{programs}:{os.environ['PATH']}"}
        self.folder, self.log = folder, folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen([folder / "compose" / "up", *options], stdout=log, stderr=log,
                                            env=environment)

    def await_line(self, text, count=1):
        limit = time.monotonic() + 60
        while self.log.read_text().count(text) < count:
            assert self.process.poll() is None and time.monotonic() < limit, self.log.read_text()
            time.sleep(0.05)

    def save(self, path):
        (self.folder / path).write_text("saved")

    def processes(self):
        """The services' processes, by name."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_text().split("\0")
                if command[:2] == [str(STAR), "serve"] and os.path.realpath(process / "cwd") == str(self.folder):
                    found[command[2]] = int(process.name)
            except OSError:
                continue
        return found


@pytest.fixture
def up(tmp_path):
    started = []

    def start(*options):
        started.append(Up(tmp_path.resolve(), *options))
        started[0].await_line("All services are ready")
        return started[0]

    yield start
    for one in started:
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(timeout=40) == 0, one.log.read_text()
        assert not one.processes()


def test_a_saved_file_restarts_what_it_concerns(up):
    up = up("--watch")
    up.await_line("Watching")
    first = up.processes()
    assert set(first) == set(SERVICES)

    up.save("Sources/Services/Resource/Clock.swift")
    up.await_line("Restarted resource.")
    second = up.processes()
    assert {name for name in SERVICES if second.get(name) != first[name]} == {"resource"}

    (up.folder / "broken").touch()
    up.save("Sources/Kit/Shared.swift")
    up.await_line("The build failed")
    assert up.processes() == second

    (up.folder / "broken").unlink()
    os.kill(second["boilerplate"], signal.SIGKILL)
    up.await_line("boilerplate ended by itself")
    up.save("Sources/Kit/Shared.swift")
    up.await_line(f"Restarted {' '.join(SERVICES)}.")
    third = up.processes()
    assert set(third) == set(SERVICES) and not set(third.values()) & set(second.values())


def test_without_it_the_end_of_one_service_is_the_end_of_all(tmp_path):
    up = Up(tmp_path.resolve())
    up.await_line("All services are ready")
    os.kill(up.processes()["boilerplate"], signal.SIGKILL)
    assert up.process.wait(timeout=40) == 1
    assert "boilerplate ended by itself, with exit code 137" in up.log.read_text() and not up.processes()


def test_options_that_do_not_fit_are_refused(tmp_path):
    for options, reason in ((["--observe"], "--observe takes --docker"), (["--fast"], "there is no option --fast")):
        said = subprocess.run([ROOT / "compose" / "up", *options], capture_output=True, text=True, timeout=30)
        assert said.returncode == 1 and reason in said.stderr


def test_compose_passes_every_setting_on():
    """Or says another itself: one that is silently not passed on looks as if it were set."""
    own = {
        "DATA_DIRECTORY",  # the image's
        "RESOURCE_HTTP_PORT",  # each replica of resource takes one that is free
        "STAR_CURVE_SECRET_KEY",  # the command's, which runs outside
        "OTEL_SERVICE_NAME",  # one name for all would hide which service a span is of
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY",  # files, for which a mount is needed
        "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
    }
    compose = (ROOT / "compose" / "docker-compose.yml").read_text()
    names = re.findall(r"^([A-Z0-9_]+)=", (ROOT / "env.example").read_text(), re.MULTILINE)
    assert {name for name in names if not re.search(rf"\b{name}\b", compose)} == own
