"""Logs without a reader, or without one any more: the services go on, and stop as ever."""
import json
import os
import signal
import subprocess
import urllib.error
import urllib.request

import pytest

from comparing import free_ports
from serving import STAR


@pytest.fixture
def auth(tmp_path):
    """Starts the service with a pipe as standard error: the process, the pipe's reading end, and the URL."""
    port = free_ports(1)[0]
    environment = {**os.environ, "LOG_LEVEL": "debug", "AUTH_HTTP_PORT": str(port)}
    reading, writing = os.pipe()
    process = subprocess.Popen([STAR, "serve", "auth"], cwd=tmp_path, env=environment, stderr=writing)
    os.close(writing)
    yield process, reading, f"http://127.0.0.1:{port}", environment
    process.kill()
    process.wait()


def wait_until_ready(folder, environment):
    subprocess.run([STAR, "health", "auth", "--wait", "30"], cwd=folder, env=environment, timeout=60, check=True)


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_a_log_that_nobody_reads_holds_up_no_request_and_no_stop(auth, tmp_path):
    process, reading, url, environment = auth
    wait_until_ready(tmp_path, environment)
    for _ in range(2000):
        assert status(url + "/nowhere/" + "a" * 100) == 404
    assert status(url + "/health/live") == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0
    os.close(reading)


def test_a_log_whose_reader_has_gone_ends_no_service(auth, tmp_path):
    process, reading, url, environment = auth
    os.read(reading, 1)
    os.close(reading)
    wait_until_ready(tmp_path, environment)
    assert status(url + "/health/live") == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def test_an_error_at_the_start_is_the_last_line_of_the_log(tmp_path):
    environment = {**os.environ, "LOG_LEVEL": "loud"}
    failed = subprocess.run([STAR, "serve", "auth"], cwd=tmp_path, env=environment, timeout=60,
                            capture_output=True, text=True)
    assert failed.returncode == 78
    assert failed.stderr.splitlines()[-1].startswith("star: LOG_LEVEL")


def test_the_reason_why_a_service_cannot_start_is_in_the_form_of_its_log(tmp_path):
    for wrong in ({"AUTH_HTTP_PORT": "1x"}, {"AUTH_HTTP_PORT": "0", "AUTH_HTTP_HOST": "192.0.2.1"}):
        for form in ("json", "text"):
            environment = {**os.environ, "LOG_FORMAT": form, **wrong}
            ended = subprocess.run([STAR, "serve", "auth"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, timeout=60)
            assert ended.returncode in (1, 78)
            last = ended.stderr.decode().splitlines()[-1]
            if form == "text":
                assert last.startswith("star: ")
            else:
                assert json.loads(last)["level"] == "critical" and json.loads(last)["reason"]


def test_each_line_that_a_service_writes_names_it(tmp_path):
    port = free_ports(1)[0]
    environment = {**os.environ, "LOG_LEVEL": "info", "LOG_FORMAT": "json", "AUTH_HTTP_PORT": str(port),
                   "AUTH_LOCKOUT_THRESHOLD": "3", "AUTH_RATE_LIMIT_PER_USER": "0"}
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen([STAR, "serve", "auth"], cwd=tmp_path, env=environment, stderr=file)
    try:
        wait_until_ready(tmp_path, environment)
        for _ in range(4):
            login = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/auth/create", method="POST",
                                           data=b'{"user": "ada", "password": "seven wet socks"}',
                                           headers={"Content-Type": "application/json"})
            with pytest.raises(urllib.error.HTTPError):
                urllib.request.urlopen(login, timeout=30)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert any("guesses at a password" in line["message"] for line in lines)
    assert {line.get("service") for line in lines} == {"auth"}, [line for line in lines if "service" not in line]
