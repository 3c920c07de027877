"""A collector of OpenTelemetry, and the services that send their spans to it: see Tests/Traces/check."""
from __future__ import annotations

import base64
import contextlib
import gzip
import http.server
import json
import os
import queue
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

STAR = os.environ["STAR"]
SERVICES = ["auth", "resource", "webapp"]
TRACE = "0af7651916cd43dd8448eb211c80319c"
VISITOR = "b7ad6b7169203331"


def with_base64_ids(value):
    """OTLP's JSON has hexadecimal ids, where protobuf's has base64."""
    if isinstance(value, list):
        return [with_base64_ids(element) for element in value]
    if not isinstance(value, dict):
        return value
    return {name: base64.b64encode(bytes.fromhex(member)).decode() if name in {"traceId", "spanId", "parentSpanId"}
            else with_base64_ids(member) for name, member in value.items()}


def request_in(body: bytes, content_type: str) -> ExportTraceServiceRequest:
    if content_type == "application/x-protobuf":
        return ExportTraceServiceRequest.FromString(body)
    assert content_type == "application/json", content_type
    return json_format.ParseDict(with_base64_ids(json.loads(body)), ExportTraceServiceRequest())


class Collector(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    received: queue.Queue

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        assert self.path == "/v1/traces" and self.headers["Authorization"] == "Basic YQ==", (self.path, self.headers)
        self.received.put(request_in(body, self.headers["Content-Type"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_) -> None:
        """Says nothing."""


@contextlib.contextmanager
def collector():
    class Own(Collector):
        received = queue.Queue()

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Own)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", Own.received
    finally:
        server.shutdown()
        server.server_close()


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextlib.contextmanager
def services(folder: str, settings: dict[str, str]):
    """Each in a process of its own: their URLs. They are stopped at the end, and have sent all their spans by then."""
    ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    environment = {**os.environ, **settings, "GUEST_PERMISSIONS": "time", "AUTH_URL": urls["auth"],
                   **{f"{name.upper()}_HTTP_PORT": str(port) for name, port in ports.items()}}
    with open(f"{folder}/log", "w") as log:
        processes = [subprocess.Popen([STAR, "serve", name], cwd=folder, env=environment, stderr=log) for name in SERVICES]
    try:
        subprocess.run([STAR, "health", *SERVICES, "--wait", "60"], cwd=folder, env=environment, check=True, timeout=90)
        yield urls
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(timeout=60) for process in processes] == [0, 0, 0], Path(f"{folder}/log").read_text()


def attributes(values) -> dict:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in values}


def spans_in(requests) -> list[tuple[str, Span, dict]]:
    """Each with the name of its service and its attributes."""
    return [(attributes(group.resource.attributes)["service.name"], span, attributes(span.attributes))
            for request in requests for group in request.resource_spans
            for scope in group.scope_spans for span in scope.spans]


def check_page_view(encoding: str) -> None:
    with tempfile.TemporaryDirectory() as folder, collector() as (url, received):
        settings = {"LOG_LEVEL": "debug", "OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_PROTOCOL": encoding,
                    "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip",
                    "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Basic%20YQ%3D%3D",
                    "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=check"}
        before = time.time_ns()
        with services(folder, settings) as urls:
            view = urllib.request.Request(urls["webapp"] + "/api/v1/time/current_time",
                                          headers={"traceparent": f"00-{TRACE}-{VISITOR}-01", "tracestate": "rojo=1"})
            assert urllib.request.urlopen(view, timeout=30).status == 200
        spans = [one for one in spans_in(list(received.queue)) if one[1].trace_id.hex() == TRACE]
        log = Path(f"{folder}/log").read_text()
    of = {(service, found.get("rpc.method"), span.kind): (span, found) for service, span, found in spans}
    assert len(of) == len(spans) == 5, sorted(of)
    view, _ = of["webapp", "current_time", Span.SPAN_KIND_SERVER]
    assert view.name == "GET /api/v1/time/current_time" and view.parent_span_id.hex() == VISITOR
    assert f"span_id={view.span_id.hex()}" in log
    for service, method, wire in [("auth", "create", "http"), ("resource", "current_time", "zmq")]:
        sent, _ = of["webapp", method, Span.SPAN_KIND_CLIENT]
        answered, found = of[service, method, Span.SPAN_KIND_SERVER]
        assert sent.parent_span_id == view.span_id and answered.parent_span_id == sent.span_id, (service, spans)
        assert found["network.protocol.name"] == wire and found["rpc.service"] == service, found
        assert before <= view.start_time_unix_nano <= sent.start_time_unix_nano <= sent.end_time_unix_nano
        assert sent.end_time_unix_nano <= view.end_time_unix_nano <= time.time_ns()
        assert re.search(rf"span_id={answered.span_id.hex()} .*{service}\.{method} 20", log), log
    assert all(span.trace_state == "rojo=1" for _, span, _ in spans)
    assert all(span.flags & 1 for _, span, _ in spans)
    print(f"{encoding}: a page view has {len(spans)} spans, each the child of the one that caused it.")


if __name__ == "__main__":
    for one in ["http/protobuf", "http/json"]:
        check_page_view(one)
