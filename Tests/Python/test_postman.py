"""The Postman collections as they are shipped, against services with the settings of env.example."""
from __future__ import annotations

import json
import os
import signal
import subprocess
from types import SimpleNamespace

import pytest

from browser import Browser
from comparing import free_ports
from conftest import ROOT, SERVICES, STAR
from postman import Runner

FILES = sorted((ROOT / "postman").glob("*.postman_collection.json"))


@pytest.fixture(scope="module")
def page():
    with Browser() as browser:
        yield browser.page()


@pytest.fixture
def shipped(tmp_path):
    """`star serve all` with env.example as its .env, but with free ports."""
    ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
    environment = {**os.environ, **{f"{name.upper()}_HTTP_PORT": str(port) for name, port in ports.items()}}
    (tmp_path / ".env").write_text((ROOT / "env.example").read_text())
    process = subprocess.Popen([STAR, "serve", "all"], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        subprocess.run([STAR, "health", "all", "--wait", "30"], cwd=tmp_path, env=environment, timeout=60, check=True,
                       stdout=subprocess.DEVNULL)
        yield SimpleNamespace(
            folder=tmp_path, environment=environment,
            hosts={f"{name}_host": f"localhost:{port}" for name, port in ports.items()},
            password=(tmp_path / ".star" / "data" / "admin-password").read_text().strip())
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


def play(page, shipped, **values):
    """The outcomes of all requests of all collections, in order; none of their tests failed, and nothing is left."""
    environment = json.loads((ROOT / "postman" / "starmicroservices local.postman_environment.json").read_text())
    runner = Runner(page, environment, **shipped.hosts, **values)
    before = dict(runner.environment)
    outcomes = [outcome for file in FILES for outcome in runner.run(json.loads(file.read_text()))]
    assert [failure for outcome in outcomes for failure in outcome.failed] == []
    assert runner.environment == before
    return outcomes


def sent(outcomes):
    return {outcome.name for outcome in outcomes if outcome.status is not None}


def skipped(outcomes):
    return {outcome.name for outcome in outcomes if outcome.status is None}


def users(shipped):
    shown = subprocess.run([STAR, "users", "list", "--json"], cwd=shipped.folder, env=shipped.environment, timeout=20,
                           check=True, capture_output=True).stdout
    return [user["user"] for user in json.loads(shown)]


def test_a_guest_runs_what_needs_no_user(page, shipped):
    for _ in range(2):
        outcomes = play(page, shipped)
        assert all(outcome.passed for outcome in outcomes if outcome.status is not None)
        assert {"auth.create", "auth.valid", "auth.me", "auth.revoke", "resource.current_time", "webapp.clock",
                "webapp.session", "boilerplate.greet"} <= sent(outcomes)
        assert {"auth.refresh", "auth.add_user", "auth.change_password", "webapp.add_user"} <= skipped(outcomes)


def test_an_administrator_runs_every_request_twice_and_leaves_nothing(page, shipped):
    for _ in range(2):
        outcomes = play(page, shipped, password=shipped.password)
        assert skipped(outcomes) == set()
        # Nothing was passed only because it came too often.
        # The client that is made may do nothing.
        others = {"webapp.compare", "auth.introspect_token"}
        assert {outcome.status for outcome in outcomes if outcome.name not in others} <= {200, 201}
    assert users(shipped) == ["admin"]


def test_a_user_who_is_no_administrator_skips_what_administrators_do(page, shipped):
    subprocess.run([STAR, "users", "add", "ada", "--permission", "time"], cwd=shipped.folder, env=shipped.environment,
                   input=b"correct horse battery staple\n", timeout=20, check=True, stdout=subprocess.DEVNULL)
    outcomes = play(page, shipped, user="ada", password="correct horse battery staple")
    assert {"auth.refresh", "webapp.refresh"}.isdisjoint(skipped(outcomes))
    assert {"auth.list_users", "auth.change_password", "webapp.lock_user"} <= skipped(outcomes)


def test_too_many_calls_end_no_run_and_leave_nothing(page, shipped):
    outcomes = [outcome for _ in range(5) for outcome in play(page, shipped, password=shipped.password)]
    assert 429 in {outcome.status for outcome in outcomes}
    assert users(shipped) == ["admin"]
