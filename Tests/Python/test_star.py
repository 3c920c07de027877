"""The command that people type, against a service that is none of the family: it speaks S1, and that is enough."""
from __future__ import annotations

import json
import subprocess

import pytest

from conftest import STAR
from fake_server import FakeServer


@pytest.fixture
def stranger(tmp_path):
    with FakeServer(f"ipc://{tmp_path}/fake.sock") as server:
        yield server


def star(server, *arguments):
    return subprocess.run([STAR, *arguments, "--address", server.address], capture_output=True, text=True, timeout=30)


def test_it_calls_a_service_whose_contract_it_cannot_read(stranger):
    said = star(stranger, "call", "fake.echo", "--json", '{"text": "時刻"}')
    assert (said.returncode, json.loads(said.stdout)) == (0, {"text": "時刻"}), said.stderr
    assert "200 in " in said.stderr


def test_it_shows_a_problem_of_such_a_service(stranger):
    said = star(stranger, "call", "fake.problem", "--json", '{"status": 403, "code": "not_today"}')
    assert said.returncode == 1
    assert json.loads(said.stdout)["code"] == "not_today"
    assert "403 in " in said.stderr


def test_it_shows_a_token_and_keeps_a_time(stranger):
    said = star(stranger, "call", "fake.head", "--token", "abc", "--timeout", "1.5")
    carried = json.loads(said.stdout)
    assert carried["headers"]["x-token"] == "abc" and 0 < carried["time"] <= 1500
    assert "traceparent" in carried["headers"]


def test_it_says_that_a_contract_cannot_be_read(stranger):
    said = star(stranger, "contracts", "fake")
    assert said.returncode == 1 and "does not tell its contract" in said.stderr


def test_names_are_completed():
    script = subprocess.run([STAR, "--generate-completion-script", "bash"], capture_output=True, text=True, timeout=30,
                            check=True).stdout

    def completions(*words):
        # As bash does it: the words, where the cursor is, then the command, the word and the one before it.
        ask = "COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1)) COMP_LINE=\"$*\" COMP_POINT=${#COMP_LINE}\n" \
              "_star \"$1\" \"${@: -1}\" \"${@: -2:1}\"; printf '%s\\n' \"${COMPREPLY[@]}\""
        said = subprocess.run(["bash", "-O", "extglob", "-c", f"{script}\n{ask}", "bash", *words], capture_output=True,
                              text=True, timeout=30)
        return [word.strip() for word in said.stdout.splitlines()]

    assert "call" in completions("star", "ca")
    assert completions("star", "call", "resource.c") == ["resource.current_time"]
    assert set(completions("star", "health", "a")) == {"all", "auth"}
