"""A small server of S1 for tests: a ROUTER on a thread, read and written here from S1.md, with none of the client's code.

    with FakeServer("ipc:///run/x/fake.sock") as server: ...

Endpoints: fake.echo (the body back), fake.head (what the call carried), fake.slow {"ms": 50} (can be cancelled; with
"stubborn": true it lets its deadline pass),
fake.problem {"status": 403, …}, fake.busy (429, processed: no), fake.text (no JSON), fake.empty (204), fake.garbage
(an answer nobody can read), fake.goaway (answers, then GOAWAY), fake.restart (a new server-instance, calls forgotten).
"""
from __future__ import annotations

import contextlib
import heapq
import itertools
import json
import re
import secrets
import socket
import struct
import threading
import time

import zmq

REQ, REP, CANCEL, PING, PONG, HELLO, GOAWAY = range(1, 8)
SCHEMA = {
    "echo": ("Gives back what it gets.", True, {"type": "object", "required": ["text"], "properties": {
        "text": {"type": "string", "description": "Any text at all."},
        "times": {"type": "integer", "description": "How often.", "default": 1},
        "token": {"type": "string"}, "class": {"type": "string"}}}),
    "slow": ("Takes its time.", False, {"type": "object", "required": ["ms"], "properties": {
        "ms": {"type": "integer", "description": "Milliseconds to wait."}}}),
    "empty": ("Says nothing.", True, {"type": "object"}),
    "copy": ("Gives back bytes.", True, {"type": "string", "format": "binary"}),
    "problem": ("Fails.", False, {"type": "object", "properties": {"status": {"type": "integer"}}})}
CONTRACT = {"name": "fake", "version": "1.0.0", "summary": "A fake.", "hash": "c0ffee", "endpoints": [
    {"name": f"fake.{name}", "summary": summary, "access": {"kind": "permission", "permission": "time"},
     "idempotent": idempotent, "deadline_ms": 1000, "http": {"method": "POST", "path": f"/fake/{name}"}, "input": given,
     "output": {"type": "object", "properties": {"text": {"type": "string", "description": "The same text."}}}}
    for name, (summary, idempotent, given) in SCHEMA.items()]}
KNOWN = {"fake." + name for name in "echo copy head slow problem busy text empty garbage goaway restart".split()} | {
    "_meta.contract", "_health.check", "auth.smoke"}


class Refused(Exception):
    """A status to answer a malformed message with, and the id to answer to."""


class Dropped(Exception):
    """A message that gets no answer."""


def split(frames: list[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The envelope and the message: what is before the first preamble; without one, up to and including the first empty frame
    if the frame after it has the size of a preamble: else the empty body of a message in an unknown version would end one."""
    first = next((n for n, frame in enumerate(frames) if len(frame) == 16 and frame[:2] == b"S1"), None)
    if first is not None:
        return frames[:first], frames[first:]
    after = frames.index(b"") + 1 if b"" in frames else len(frames)
    return (frames[:after], frames[after:]) if after < len(frames) and len(frames[after]) == 16 else ([], frames)


def judge(frames: list[bytes], max_body: int = 1 << 20) -> tuple[int, int, int, int, str, dict[str, str], bytes]:
    """kind, flags, time, id, first line, headers, body of a message without its envelope; or Refused, or Dropped."""
    if not frames or len(frames[0]) != 16:
        raise Dropped("no preamble")
    magic, kind, flags, millis, id = struct.unpack("<2sBBIQ", frames[0])
    if magic != b"S1":
        raise Refused(505, id)
    if kind in (REP, PONG, GOAWAY):
        raise Dropped("an answer, sent to a server")
    if kind == CANCEL:                                  # never a second REP for the call it names
        if len(frames) != 3:
            raise Dropped("a malformed CANCEL")
        return kind, flags, millis, id, "", {}, b""
    if not REQ <= kind <= GOAWAY or len(frames) != 3:
        raise Refused(400, id)
    if flags & 0x80:
        raise Refused(501, id)
    if len(frames[1]) > 16384 or len(frames[2]) > max_body:
        raise Refused(413, id)
    if kind != REQ and not frames[1]:
        return kind, flags, millis, id, "", {}, frames[2]
    try:
        lines = frames[1].decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Refused(400, id)
    headers: dict[str, str] = {}
    if lines.pop() or not lines or len(lines) > 33 or kind == REQ and not re.fullmatch(r"[a-z0-9_.]{1,128}", lines[0]):
        raise Refused(400, id)
    for line in lines[1:]:
        name, found, value = line.partition(": ")
        if not found or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9a-z-]+", name) or re.search("[\r\0]", value) or name in headers:
            raise Refused(400, id)
        headers[name] = value
    if kind == REQ and lines[0] not in KNOWN:
        raise Refused(404, id)
    return kind, flags, millis, id, lines[0], headers, frames[2]


class FakeServer:
    def __init__(self, address: str, max_body: int = 1 << 20, keys: tuple[bytes, bytes] | None = None, greets: bool = True):
        self.address, self.max_body, self.keys, self.greets = address, max_body, keys, greets
        self.instance, self.contract_hash = secrets.token_hex(4), CONTRACT["hash"]
        self.seen: list[tuple[int, int, int, str]] = []     # kind, id, time, first line, as they came
        self.frozen, self.ready = False, True               # reads nothing; else refuses all calls
        self.dropped = 0
        self._turn = itertools.count()

    def __enter__(self) -> FakeServer:
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.ROUTER)
        self._socket.linger, self._socket.router_mandatory = 200, 1
        self._socket.ipv6 = "[" in self.address
        if self.keys:
            self._socket.curve_server, (self._socket.curve_publickey, self._socket.curve_secretkey) = True, self.keys
        self._socket.bind(self.address)
        self.address = self._socket.last_endpoint.decode().rstrip("\0")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        self._context.term()

    def _run(self) -> None:
        self._late: list = []               # when, turn, peer, envelope, id
        self._told: set[bytes] = set()      # peers that had their 505
        self._peers: set[bytes] = set()
        while not self._stop.is_set():
            wait = min(10, max(0, (self._late[0][0] - time.monotonic()) * 1000)) if self._late else 10
            if self.frozen:
                self._stop.wait(0.01)
            elif self._socket.poll(wait) and not self.frozen:
                peer, *frames = self._socket.recv_multipart()
                self._take(peer, frames)
            while self._late and self._late[0][0] <= time.monotonic():
                when, _, peer, envelope, id, status = heapq.heappop(self._late)
                self._reply(peer, envelope, id, status, b'{"slow":true}' if status == 200 else None)
        self._socket.close()

    def _take(self, peer: bytes, frames: list[bytes]) -> None:
        envelope, message = split(frames)
        try:
            kind, flags, millis, id, first, headers, body = judge(message, self.max_body)
        except Dropped:
            self.dropped += 1
            return
        except Refused as refused:
            status, id = refused.args
            if status == 505 and peer in self._told:
                self.dropped += 1
                return
            if status == 505:
                self._told.add(peer)
            self._reply(peer, envelope, id, status)
            return
        self.seen.append((kind, id, millis, first))
        if kind == PING:
            self._send(peer, envelope, PONG, id)
        elif kind == HELLO:
            self._peers.add(peer)
            if self.greets:
                self._hello(peer, envelope, id)
        elif kind == CANCEL:
            mine = [late for late in self._late if late[2] == peer and late[4] == id]
            self._late = [late for late in self._late if late not in mine]
            heapq.heapify(self._late)
            for late in mine:
                self._reply(peer, late[3], id, 499)
        else:
            self._call(peer, envelope, id, flags, millis, first.partition(".")[2], headers, body)

    def _call(self, peer, envelope, id, flags, millis, name, headers, body) -> None:
        given = {}
        if not self.ready:
            return self._reply(peer, envelope, id, 503, problem(503, code="not_ready"), {"processed": "no"})
        if name not in ("echo", "text", "copy") and body:
            try:
                given = json.loads(body)
            except ValueError:
                return self._reply(peer, envelope, id, 400)
        if name == "slow":
            ready = time.monotonic() + given["ms"] / 1000
            deadline = float("inf") if given.get("stubborn") else time.monotonic() + (millis or 1000) / 1000
            late = (min(ready, deadline), next(self._turn), peer, envelope, id, 200 if ready < deadline else 504)
            heapq.heappush(self._late, late)
        elif name == "problem":
            status, headers = given.pop("status", 403), {} if given.pop("processed", True) else {"processed": "no"}
            self._reply(peer, envelope, id, status, problem(status, **given), headers, given.get("retry_ms", 0))
        elif name == "busy":
            self._reply(peer, envelope, id, 429, problem(429, code="too_many_requests"), {"processed": "no"}, 1500)
        elif name == "head":
            self._reply(peer, envelope, id, 200, json.dumps({"flags": flags, "time": millis, "headers": headers}).encode())
        elif name == "text":
            self._reply(peer, envelope, id, 200, body, {"content-type": "text/plain"})
        elif name == "copy":
            self._reply(peer, envelope, id, 200, body, {"content-type": headers["content-type"]})
        elif name == "empty":
            self._reply(peer, envelope, id, 204, b"")
        elif name == "garbage":
            self._socket.send_multipart([peer, *envelope, struct.pack("<2sBBIQ", b"S1", REP, 0, 0, id), b"\xff", b""])
        elif name == "contract":
            self._reply(peer, envelope, id, 200, json.dumps({**CONTRACT, "hash": self.contract_hash}).encode())
        elif name == "goaway":
            self._reply(peer, envelope, id, 200, b"{}")
            self._send(peer, envelope, GOAWAY, 0, time=2500)
        elif name == "restart":             # what a client sees of a restart behind something that holds its connection
            self.instance, self._late = secrets.token_hex(4), []
            self._reply(peer, envelope, id, 200, b"{}")
            for known in self._peers:
                self._hello(known, [], 0)
        else:
            self._reply(peer, envelope, id, 200, body or b"{}", {"server-instance": self.instance})

    def _hello(self, peer: bytes, envelope: list[bytes], id: int) -> None:
        self._send(peer, envelope, HELLO, id, "", {
            "service": "fake", "version": "1.0.0", "contract": self.contract_hash, "server-instance": self.instance,
            "max-body": str(self.max_body), "max-inflight": "64"})

    def _reply(self, peer, envelope, id, status, body=None, headers=None, retry=0) -> None:
        headers = dict(headers or {})
        if body is None and status >= 400:
            body = problem(status)
        if status >= 400:
            headers.setdefault("content-type", "application/problem+json")
        self._send(peer, envelope, REP, id, str(status), headers, body, retry)

    def _send(self, peer, envelope, kind, id, first="", headers=None, body=b"", time=0) -> None:
        head = "".join(f"{line}\n" for line in [first, *(f"{n}: {v}" for n, v in (headers or {}).items())])
        frames = [struct.pack("<2sBBIQ", b"S1", kind, 0, time, id), b"" if head == "\n" else head.encode(), body]
        try:
            self._socket.send_multipart([peer, *envelope, *frames], zmq.DONTWAIT)
        except zmq.ZMQError:
            pass                            # the peer is gone or does not read


def problem(status: int, code: str = "fake", title: str = "Fake", detail: str = "Änderung 時刻", **more: object) -> bytes:
    return json.dumps({"type": "about:blank", "status": status, "code": code, "title": title, "detail": detail, **more},
                      ensure_ascii=False).encode()


class Way:
    """A way through a network that may swallow all that its connections carry, without a word; new ones are fine."""

    def __init__(self, to: str) -> None:
        self._to = tuple(to.removeprefix("tcp://").split(":"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sockets, self._swallowing = [self._listener], set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._to)
                self._sockets += near, far
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if source not in self._swallowing:
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def swallow(self) -> None:
        self._swallowing.update(self._sockets)

    def close(self) -> None:
        for one in self._sockets:
            one.close()
