"""A reverse proxy that puts services below paths of one address, as an ingress with a stripped prefix does."""
from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class PrefixProxy:
    """Serves `targets`, from a prefix such as `/star` to the URL of a service. A context manager; `url` has no last slash."""

    def __init__(self, targets: dict[str, str]) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"targets": targets}))
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> PrefixProxy:
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    targets: dict[str, str]

    def _forward(self) -> None:
        prefix = next((prefix for prefix in self.targets if self.path.startswith(prefix + "/")), None)
        if prefix is None:
            return self.send_error(404)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(urlsplit(self.targets[prefix]).netloc, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        upstream.request(self.command, self.path.removeprefix(prefix), body, headers)
        response = upstream.getresponse()
        self.send_response(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            while piece := response.read1(65536):
                self.wfile.write(piece)
        except ConnectionError:
            pass  # The browser has gone.
        upstream.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _forward

    def log_message(self, *_) -> None:
        pass
