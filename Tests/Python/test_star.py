"""The command that people type, against a service that is none of the family: it speaks S1, and that is enough."""
from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import subprocess
import termios

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


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "0", "1e300"])
def test_it_refuses_a_time_that_is_none(stranger, seconds):
    said = star(stranger, "call", "fake.echo", f"--timeout={seconds}")
    assert said.returncode == 64 and "86400 seconds" in said.stderr


@pytest.mark.parametrize("arguments", ["documents asyncapi auth --yaml", "documents openapi auth", "settings", "--help"])
@pytest.mark.parametrize("output", ["/dev/full", "&-"])
def test_output_that_is_lost_is_a_failure(arguments, output, tmp_path):
    said = subprocess.run(
        f"exec {STAR} {arguments} >{output}", shell=True, stderr=subprocess.PIPE, text=True, timeout=30, cwd=tmp_path)
    assert (said.returncode, said.stderr.count("\n")) == (1, 1), said.stderr
    assert "could not be written to standard output" in said.stderr


@pytest.mark.parametrize("password", ["\u00e9l\u00e8ve de latin".encode("latin-1"), b"\xff\xfe wet socks \xff"])
def test_a_password_of_another_encoding_is_refused(password, tmp_path):
    said = subprocess.run([STAR, "users", "add", "ada", "--permission", "time"], input=password + b"\n",
                          capture_output=True, timeout=60, cwd=tmp_path)
    assert (said.returncode, said.stderr.decode()) == (1, "star: The password is not in UTF-8.\n")


class Prompt:
    """`star users add` at a terminal, asking for a password."""

    def __init__(self, folder):
        self.terminal, inner = pty.openpty()
        self.process = subprocess.Popen([STAR, "users", "add", "ada", "--permission", "time"], cwd=folder, stdin=inner,
                                        stdout=inner, stderr=inner, preexec_fn=self.control)
        os.close(inner)
        self.read("Password: ")

    @staticmethod
    def control():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def read(self, end):
        shown = b""
        while end.encode() not in shown:
            shown += os.read(self.terminal, 1000)
        return shown

    def type(self, text):
        os.write(self.terminal, text.encode())

    @property
    def shows_input(self):
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)


@pytest.fixture
def prompt(tmp_path):
    prompt = Prompt(tmp_path)
    yield prompt
    prompt.process.kill()
    prompt.process.wait()
    os.close(prompt.terminal)


def test_a_password_is_typed_unseen(prompt):
    assert not prompt.shows_input
    prompt.type("seven wet socks\n")
    assert b"socks" not in prompt.read("Once more: ")
    prompt.type("seven wet socks\n")
    prompt.read("ada is added.")
    assert prompt.process.wait(timeout=30) == 0 and prompt.shows_input


@pytest.mark.parametrize("key, number", [("\x03", signal.SIGINT), ("\x1c", signal.SIGQUIT)])
def test_ctrl_c_leaves_the_prompt_and_gives_the_terminal_back(prompt, key, number):
    prompt.type("seven we" + key)
    assert prompt.process.wait(timeout=30) == -number and prompt.shows_input


def test_the_end_of_the_prompt_by_a_signal_gives_the_terminal_back(prompt):
    prompt.process.terminate()
    assert prompt.process.wait(timeout=30) == -signal.SIGTERM and prompt.shows_input


def test_a_reader_that_goes_early_is_no_failure_to_speak_of():
    said = subprocess.run(
        f"{STAR} documents openapi auth | head -n 1", shell=True, capture_output=True, text=True, timeout=30)
    assert (said.stdout, said.stderr) == ("{\n", "")


def test_it_says_that_it_may_not_use_a_socket(stranger, tmp_path):
    os.chmod(tmp_path / "fake.sock", 0)
    # For root, too, permissions hold then.
    powerless = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []
    said = subprocess.run(
        [*powerless, STAR, "call", "fake.echo", "--address", stranger.address], capture_output=True, text=True, timeout=30)
    assert said.returncode == 1 and "the system does not permit it (Permission denied)" in said.stderr, said.stderr


def test_it_says_that_a_contract_cannot_be_read(stranger):
    said = star(stranger, "contracts", "fake")
    assert said.returncode == 1 and "does not return its contract" in said.stderr


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


def test_it_says_its_version():
    said = subprocess.run([STAR, "--version"], capture_output=True, text=True, timeout=30)
    assert said.returncode == 0 and re.fullmatch(r"star \d+\.\d+\.\d+\n", said.stdout), said


@pytest.mark.parametrize("given", ["star.env", "elsewhere/star.env"])
def test_paths_in_a_settings_file_are_relative_to_the_working_directory(given, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / given).write_text("DATA_DIRECTORY=kept\n")
    said = subprocess.run([STAR, "users", "add", "ada", "--env", given], input="seven wet socks\n", capture_output=True,
                          text=True, timeout=60, cwd=tmp_path)
    assert said.returncode == 0 and (tmp_path / "kept/auth.sqlite").exists(), said
