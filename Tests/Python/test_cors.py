"""A page of another origin, in a real browser, calls a service that allows it and one that does not."""
from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from browser import Browser
from serving import serving


class Elsewhere(BaseHTTPRequestHandler):
    """A page with nothing on it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_) -> None:
        pass


@pytest.fixture(scope="module")
def origin():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def page(origin):
    with Browser() as browser:
        page = browser.page()
        page.open(origin + "/")
        yield page


CALL = """(async (url, options) => {
    try {
        const response = await fetch(url, options);
        const names = ["X-Request-Id", "traceparent", "Server-Timing", "WWW-Authenticate", "Retry-After"];
        return { status: response.status, body: await response.json(),
                 fields: names.filter(name => response.headers.get(name) !== null) };
    } catch (error) {
        return { error: error.name };
    }
})"""


def fetch(page, url, **options):
    return page.evaluate(f"{CALL}({json.dumps(url)}, {json.dumps(options)})")


def test_a_page_of_an_allowed_origin_calls_and_reads(page, origin, tmp_path):
    with serving(tmp_path, "auth", CORS_ALLOWED_ORIGINS=f"https://app.example, {origin}") as services:
        url = services.urls["auth"] + "/api/v1/auth/"
        created = fetch(page, url + "create", method="POST", headers={"Content-Type": "application/json"}, body="{}")
        assert created["status"] == 201
        headers = {"X-Token": created["body"]["data"]["token"], "X-Request-Id": "mine", "Prefer": "server-timing"}
        valid = fetch(page, url + "valid?resource=time", headers=headers, credentials="include")
        assert valid["status"] == 200
        assert valid["fields"] == ["X-Request-Id", "traceparent", "Server-Timing"]
        refused = fetch(page, url + "me", headers={"Authorization": "Bearer rubbish"})
        assert refused["status"] == 401 and "WWW-Authenticate" in refused["fields"]


def test_a_page_of_any_origin_calls_without_credentials_if_all_are_allowed(page, tmp_path):
    with serving(tmp_path, "auth", CORS_ALLOWED_ORIGINS="*") as services:
        url = services.urls["auth"] + "/api/v1/auth/create"
        options = {"method": "POST", "headers": {"Content-Type": "application/json"}, "body": "{}"}
        assert fetch(page, url, **options)["status"] == 201
        assert fetch(page, url, **options, credentials="include") == {"error": "TypeError"}


@pytest.mark.parametrize("settings", [{}, {"CORS_ALLOWED_ORIGINS": "https://app.example"}])
def test_no_other_page_reads_anything(page, tmp_path, settings):
    with serving(tmp_path, "auth", **settings) as services:
        assert fetch(page, services.urls["auth"] + "/health/live") == {"error": "TypeError"}
        preflighted = fetch(page, services.urls["auth"] + "/api/v1/auth/create", method="POST",
                            headers={"Content-Type": "application/json"}, body="{}")
        assert preflighted == {"error": "TypeError"}
