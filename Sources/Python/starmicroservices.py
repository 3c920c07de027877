"""A client for services that speak S1 over ZeroMQ (S1.md). One file; needs pyzmq and Python 3.9.

    with Client("ipc:///run/star/auth.sock") as client:
        token = client.auth.create(user="ada", password="…")["token"]     # names and arguments are the contract's
        help(client.auth.create)                                          # and so is this
    with Client("tcp://resource:6050", server_key="…", token=token) as client:
        print(client.call("resource.current_time", timeout=0.5))          # needs no contract; raises Problem
    async with AsyncClient("ipc:///run/star/resource.sock", token=token) as client:
        times = await asyncio.gather(*(client.resource.current_time() for _ in range(100)))

A client belongs to one thread, or one event loop, of one process: after a fork, make another. It connects, and connects
again, by itself, but sends no call twice: one that was under way when the connection broke ends with the code
`unknown_outcome`, and its caller decides.
"""
from __future__ import annotations

import argparse
import asyncio
import contextlib
import inspect
import itertools
import json
import keyword
import os
import re
import secrets
import selectors
import socket
import struct
import sys
import threading
import time
from typing import Any, Callable, Iterator, Mapping, NamedTuple

import zmq
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

__all__ = ["AsyncClient", "Client", "DeadlineExceeded", "Message", "Pending", "Problem", "Unavailable"]
REQ, REP, CANCEL, PING, PONG, HELLO, GOAWAY = range(1, 8)
PREAMBLE = struct.Struct("<2sBBIQ")
TYPES = dict(string=str, integer=int, number=float, boolean=bool, array=list, object=dict)
REFUSALS = {zmq.EVENT_HANDSHAKE_FAILED_AUTH: "The service does not admit this client's key.",
            zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL: "The service has ended the handshake: it may have another key.",
            zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL: "The service speaks with other encryption, or none."}
DOUBT, PATIENCE = 1.0, 0.5     # seconds of silence until a server is doubted, and that it then has to say something
HEADER = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+: [^\r\n\0]*")


class Message(NamedTuple):
    """The three frames, read. `first` is an endpoint's name or a status; `time` is in ms."""
    kind: int
    id: int
    first: str = ""
    headers: Mapping[str, str] = {}
    body: bytes = b""
    flags: int = 0
    time: int = 0

    def encode(self) -> list[bytes]:
        """The frames; ValueError for a header nobody could read back."""
        lines = [f"{name}: {value}" for name, value in self.headers.items()]
        if not all(map(HEADER.fullmatch, lines)):
            raise ValueError(f"a header that cannot be sent, among {', '.join(map(repr, self.headers))}")
        head = "\n".join([self.first, *lines, ""]) if self.first or lines else ""
        return [PREAMBLE.pack(b"S1", self.kind, self.flags, self.time, self.id), head.encode(), self.body]

    @classmethod
    def decode(cls, frames: list[bytes]) -> Message:
        """The message; ValueError if the frames are none."""
        if len(frames) != 3 or len(frames[0]) != PREAMBLE.size or frames[0][:2] != b"S1":
            raise ValueError("not an S1 message")
        _, kind, flags, milliseconds, id = PREAMBLE.unpack(frames[0])
        first, *lines = frames[1].decode().split("\n")     # not splitlines: U+2028 and its like may stand in a value
        headers = dict(line.partition(": ")[::2] for line in lines[:-1])
        if (not all(map(HEADER.fullmatch, lines[:-1])) or len(headers) != len(lines[:-1]) or any(lines[-1:])
                or kind == REP and not re.fullmatch("[1-5][0-9][0-9]", first)):
            raise ValueError("not the head of an S1 message")
        return cls(kind, id, first, headers, frames[2], flags, milliseconds)


class Problem(Exception):
    """A call that failed, told as RFC 9457 does. `retry_after` is in seconds, None where no time is named; `processed`
    is False only where it is certain that the call did not run: such a call may be sent again."""

    def __init__(self, status: int, code: str = "", title: str = "", detail: str = "", *, errors: Any = None,
                 trace_id: str | None = None, retry_after: float | None = None, processed: bool = True) -> None:
        super().__init__(status, code, title, detail)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors, self.trace_id, self.retry_after, self.processed = errors or [], trace_id, retry_after, processed

    def __str__(self) -> str:
        return f"{self.status} {self.code or self.title}" + (f": {self.detail}" if self.detail else "")

    @staticmethod
    def of(reply: Message) -> Problem:
        """The problem a REP tells; where its body is no problem, the status alone."""
        body: Any = None
        with contextlib.suppress(ValueError, RecursionError):
            body = json.loads(reply.body)
        body = body if isinstance(body, dict) else {}
        kind = {"503": Unavailable, "504": DeadlineExceeded}.get(reply.first, Problem)
        return kind(int(reply.first), *(str(body.get(word) or "") for word in ("code", "title", "detail")),
                    errors=body.get("errors"), trace_id=body.get("trace_id"),
                    retry_after=reply.time / 1000 or None, processed=reply.headers.get("processed") != "no")


class Unavailable(Problem, ConnectionError):
    """The service is not reached, is busy or stopping (`going_away`), or broke off (502 `unknown_outcome`)."""


class DeadlineExceeded(Problem, TimeoutError):
    """The time of the call is over."""


class Pending:
    """A call under way. `reply` is the REP as it came, once `done`."""

    def __init__(self, client: Client, message: Message, timeout: float) -> None:
        self.client, self.message, self.began = client, message, time.monotonic()
        self.deadline, self.sent, self.done = self.began + timeout, False, False
        self.reply, self.problem, self.wake = None, None, lambda: None  # type: Any

    def result(self) -> Any:
        """Waits for the answer and returns it, or raises Problem. (Of an AsyncClient: await it.)"""
        return self.client.finished(self)

    def finish(self, reply: Message | None = None, problem: Problem | None = None) -> None:
        self.reply, self.problem, self.done, self.took = reply, problem, True, time.monotonic() - self.began
        self.client.calls.pop(self.message.id, None)
        self.wake()

    def give_up(self) -> None:
        """Ends the call if it is not done, and tells the service."""
        if not self.done and not self.sent:
            self.finish(problem=Unavailable(503, "unavailable", processed=False,
                                            detail=self.client.refusal or "No service greeted in time."))
        elif not self.done:
            self.finish(problem=DeadlineExceeded(504, "deadline_exceeded", detail="No answer in time."))
            self.client.send(Message(CANCEL, self.message.id))      # of a PING: an unknown id, ignored
            self.client.pump()
            if time.monotonic() >= self.deadline - 0.005:       # a timer may be early
                self.client.doubt()

    def value(self) -> Any:
        """What a call that is done gave: JSON decoded, None for no body, bytes for what is not JSON; or its Problem."""
        if self.problem or self.reply.kind == REP and self.reply.first >= "400":
            raise self.problem or Problem.of(self.reply)
        if self.reply.kind == PONG:
            return self.took
        if not self.reply.body or "json" not in self.reply.headers.get("content-type", "json"):
            return self.reply.body or None
        with contextlib.suppress(ValueError, RecursionError):     # the latter for a body that nests too deeply
            return json.loads(self.reply.body)
        raise Problem(502, "bad_reply", detail="The body is not JSON.")


class Client(contextlib.AbstractContextManager):
    """The client that waits, without a thread. Many calls may be under way: submit() starts one, its result() waits."""

    def __init__(self, address: str, *, token: str | None = None, timeout: float = 5.0, server_key: str | None = None,
                 public_key: str | None = None, secret_key: str | None = None, context: zmq.Context | None = None):
        """`timeout` (seconds) holds if neither call nor contract names one. `server_key` makes the connection CURVE, with
        a key pair made for it if none is given. A key is Z85, hexadecimal, or `file:` and the path of a certificate."""
        self.token, self.timeout = token, timeout
        self.calls, self._unsent = {}, []  # type: dict[int, Pending], list[Pending]
        self.greeting: Mapping[str, str] = {}       # the service's HELLO; empty while there is none
        self.contract, self._goaway = None, None  # type: Any
        self._ids, self._instance, self._greet, self._closed = itertools.count(1), "", False, False
        self._process, self._clock, self._heard, self._doubted = os.getpid(), clock_name(), time.monotonic(), 0.0
        self._address, self._context, self._keys = address, context, ()  # type: str, Any, tuple[bytes, ...]
        if server_key:
            pair = zmq.curve_keypair()
            if secret_key:
                secret = curve_key(secret_key, "secret-key")
                pair = curve_key(public_key) if public_key else zmq.curve_public(secret), secret
            self._keys = (*pair, curve_key(server_key))
        self.refusal = ""                           # why CURVE lets no connection come about
        self._open()

    def _open(self) -> None:
        self._socket = socket = (self._context or zmq.Context.instance()).socket(zmq.DEALER)
        # Not ZMQ_IMMEDIATE, which throws away answers unread when a connection ends: calls wait for the HELLO instead.
        socket.linger, socket.reconnect_ivl, socket.ipv6 = 0, 50, "[" in self._address
        socket.connect_timeout = socket.handshake_ivl = 2000        # the system's, after a partition, are minutes
        if self._address.startswith("tcp:"):
            socket.heartbeat_ivl, socket.heartbeat_timeout = 2000, 4000
        if self._keys:
            socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = self._keys
        self._monitor = socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | sum(REFUSALS))
        socket.connect(self._address)

    def _shut(self, linger: int = 0) -> None:
        self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=linger)

    def close(self) -> None:
        """Gives up the calls under way and closes at once. After a fork, it leaves the parent's connection alone."""
        if self._process != os.getpid():
            self._closed = True
        for call in list(self.calls.values()) if not self._closed else ():
            call.give_up()
        if not self._closed:
            self._closed = True
            self._shut()

    def __exit__(self, *_: Any) -> None:
        self.close()

    def call(self, name: str, body: Any = None, **options: Any) -> Any:
        """The answer of an endpoint, or Problem. Options: token, timeout (seconds), headers, idempotent."""
        return self.submit(name, body, **options).result()

    def submit(self, name: str, body: Any = None, *, token: str | None = None, timeout: float | None = None,
               headers: Mapping[str, str] = {}, idempotent: bool = False) -> Pending:
        """Starts a call, whose `result()` is its answer. The body goes as JSON, bytes as they are, None as nothing."""
        if not re.fullmatch("[a-z0-9_.]{1,128}", name):
            raise ValueError(f"not the name of an endpoint: {name!r}")
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
        lines = {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"}
        lines.update({"x-token": token or self.token} if token or self.token else {}, **headers)
        if "traceparent" not in headers:
            lines.pop("tracestate", None)           # it belongs to another trace
        return self._start(Message(REQ, next(self._ids), name, lines, body or b"", int(idempotent)), timeout)

    def ping(self, timeout: float | None = None) -> Any:
        """Seconds there and back: the process lives. Whether the service works, `_health.check` tells."""
        return self._start(Message(PING, next(self._ids)), timeout).result()

    def finished(self, call: Pending) -> Any:
        self._check_process()
        try:
            self.pump()
            while not call.done and (left := call.deadline - time.monotonic()) > 0:
                if self._doubted:
                    left = max(0, min(left, self._doubted + PATIENCE - time.monotonic()))
                zmq.zmq_poll([(self._monitor, zmq.POLLIN), (self._socket, self.interest())], int(left * 1000) + 1)
                self.pump()
        finally:
            call.give_up()
        return call.value()

    def discover(self) -> dict[str, Any]:
        """The contract, asked for once, and again when the service has another."""
        self.pump()
        self.contract = self.contract or self.call("_meta.contract", idempotent=True)
        return self.contract

    def function(self, name: str) -> Callable[..., Any]:
        return documented(self, self.discover(), name)

    def send(self, message: Message) -> bool:
        if message.kind in (REQ, PING, HELLO):
            message = message._replace(headers={**message.headers, "sent": f"{clock()} {self._clock}"})
        with contextlib.suppress(zmq.Again):
            self._socket.send_multipart(message.encode(), zmq.DONTWAIT)
            return True
        return False

    def pump(self) -> None:
        """Takes in what has come and sends what can go, until neither is left."""
        self._check_process()
        while not self._closed:
            events = list(arrived(self._monitor))
            for frames in arrived(self._socket):    # before the events are heeded: an answer that came first counts
                self._receive(frames)
            for event in (parse_monitor_message(frames)["event"] for frames in events):
                if event in REFUSALS:
                    self.refusal = REFUSALS[event]
                    continue
                self.greeting, self._goaway = {}, None
                self._lose()
                self._greet = event == zmq.EVENT_HANDSHAKE_SUCCEEDED
                self.refusal = "" if self._greet else self.refusal
            if self._doubted and time.monotonic() >= self._doubted + PATIENCE:
                self._renew()
            self._flush()
            # Both are asked: their descriptors signal once, and not again before that.
            heard = self._monitor.getsockopt(zmq.EVENTS) & zmq.POLLIN
            if not heard and not self._socket.getsockopt(zmq.EVENTS) & self.interest():
                return

    def interest(self) -> int:
        """The events of the socket that give pump() something to do."""
        return zmq.POLLIN | (zmq.POLLOUT if self._greet or self.greeting and self._unsent and not self._doubted else 0)

    def doubt(self) -> None:
        """A call's time is over. If nothing else has come for a while, calls wait until something does, or for a new
        connection: a network may drop one without a word."""
        if not self._doubted and self.greeting and time.monotonic() - self._heard >= DOUBT:
            self._doubted = time.monotonic()
            self.send(Message(PING, next(self._ids)))

    def _renew(self) -> None:
        for id in [call.message.id for call in self.calls.values() if call.sent]:
            self.send(Message(CANCEL, id))
        self._lose()
        self._shut(linger=500)                      # so that the cancellations go out
        self.greeting, self._goaway, self._greet, self._doubted = {}, None, False, 0.0
        self._open()

    def _check_process(self) -> None:
        if self._process != os.getpid():
            raise RuntimeError("this client was made before a fork: make one in this process")

    def _start(self, message: Message, timeout: float | None) -> Pending:
        self._check_process()
        if self._closed or not message.encode():    # a header that cannot be sent is said here
            raise ValueError("the client is closed")
        call = self.calls[message.id] = Pending(self, message, self.timeout if timeout is None else timeout)
        self._unsent.append(call)
        self.pump()
        return call

    def _flush(self) -> None:
        if self._greet:
            self._greet = not self.send(Message(HELLO, next(self._ids)))
        while self._unsent and (self.greeting or self._goaway) and not self._doubted:
            call = self._unsent[0]
            left = int((call.deadline - time.monotonic()) * 1000)
            if self._goaway and not call.done:
                call.finish(problem=Unavailable(503, "going_away", processed=False, detail="The service is stopping.",
                                                retry_after=self._goaway.time / 1000 or None))
            elif left <= 0:                         # on the wire 0 would mean the endpoint's own deadline
                call.give_up()
            elif not call.done:
                call.sent = self.send(call.message._replace(time=min(left, 2**32 - 1) * (call.message.kind == REQ)))
                if not call.sent:
                    return
            self._unsent.pop(0)

    def _receive(self, frames: list[bytes]) -> None:
        try:
            message = Message.decode(frames)
        except ValueError:
            call = self.calls.get(PREAMBLE.unpack(frames[0])[-1]) if len(frames[0]) == PREAMBLE.size else None
            return call and call.finish(problem=Problem(502, "bad_reply", detail="The answer cannot be read."))
        self._heard, self._doubted = time.monotonic(), 0.0
        call, instance = self.calls.get(message.id), message.headers.get("server-instance", self._instance)
        if call and message.first == "504" and message.headers.get("processed") == "no" and call.deadline - self._heard > .05:
            self._clock = secrets.token_hex(8)      # its time is not over: the clocks do not fit together
        if call and call.sent and (message.kind == REP or message.kind == PONG and call.message.kind == PING):
            call.finish(message)
        if instance != self._instance:
            if self._instance:
                self._lose()
            self._instance, self._goaway = instance, None
        if message.kind == GOAWAY:
            self._goaway = message
        elif message.kind == HELLO:
            self.greeting = message.headers or {"service": ""}
            if self.contract and self.greeting.get("contract") not in (None, self.contract.get("hash")):
                self.contract = None

    def _lose(self) -> None:
        for call in [call for call in self.calls.values() if call.sent]:
            call.finish(problem=Unavailable(502, "unknown_outcome", detail="The service went away before it answered."))

    def __getattr__(self, name: str) -> Service:
        if name.startswith("_"):
            raise AttributeError(name)
        return Service(self, name)


class AsyncClient(Client):
    """The client for asyncio and `async with`: what answers there is awaited here. A cancelled task cancels its call.
    Before help(client.auth.create), `await client.discover()`; a call finds the contract by itself."""

    _leave: Callable[[], Any] = staticmethod(lambda: None)      # has the loop no longer watch the sockets

    async def finished(self, call: Pending) -> Any:
        future = asyncio.get_running_loop().create_future()
        call.wake = lambda: future.done() or future.set_result(None)
        try:
            if not call.done:
                await asyncio.wait([future], timeout=call.deadline - time.monotonic())
        finally:
            call.give_up()
        return call.value()

    async def discover(self) -> dict[str, Any]:
        self.contract = self.contract or await self.call("_meta.contract", idempotent=True)
        return self.contract

    def function(self, name: str) -> Callable[..., Any]:
        async def function(**arguments: Any) -> Any:
            return await documented(self, await self.discover(), name)(**arguments)
        return documented(self, self.contract, name) if self.contract else function

    async def __aenter__(self) -> AsyncClient:
        self._listen()
        self.pump()
        return self

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        descriptors = [socket.getsockopt(zmq.FD) for socket in (self._socket, self._monitor)]
        try:
            for descriptor in descriptors:
                loop.add_reader(descriptor, self.pump)
            self._leave = lambda: [loop.remove_reader(descriptor) for descriptor in descriptors]
        except NotImplementedError:                 # such as the Proactor of Windows
            self._leave = Watcher(loop, descriptors, self.pump).close

    def doubt(self) -> None:
        super().doubt()
        if self._doubted:
            asyncio.get_running_loop().call_later(PATIENCE + 0.01, self.pump)      # a timer may be early

    def _renew(self) -> None:
        super()._renew()
        self._listen()

    def _shut(self, linger: int = 0) -> None:
        self._leave()
        super()._shut(linger)

    async def __aexit__(self, *_: Any) -> None:
        self.close()


class Watcher:
    """Watches descriptors for a loop that cannot: a thread waits, and has the loop call `heard`, before it waits again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptors: list[int], heard: Callable[[], None]) -> None:
        self._loop, self._heard, self._next = loop, heard, threading.Semaphore(0)
        self._ours, self._theirs = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        for descriptor in (self._theirs, *descriptors):
            self._selector.register(descriptor, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="starmicroservices", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(RuntimeError):     # the loop is closed
            while all(key.fileobj is not self._theirs for key, _ in self._selector.select()):
                self._loop.call_soon_threadsafe(self._pump)
                self._next.acquire()

    def _pump(self) -> None:
        try:
            self._heard()
        finally:
            self._next.release()

    def close(self) -> None:
        self._ours.close()
        self._next.release()
        self._thread.join()
        self._selector.close()
        self._theirs.close()


def curve_key(text: str, name: str = "public-key") -> bytes:
    """A CURVE key in Z85; ValueError if it is none."""
    if text.startswith("file:"):
        with open(text[5:], encoding="utf-8") as file:
            found = re.search(rf"^\s*{name}\s*=\s*['\"]?([^\s'\"]+)", file.read(), re.MULTILINE)
        text = found[1] if found else ""
    text = text.strip()
    if re.fullmatch("[0-9A-Fa-f]{64}", text):
        return z85.encode(bytes.fromhex(text))
    if len(text) != 40:
        raise ValueError("a CURVE key has 40 characters of Z85 or 64 hexadecimal digits")
    return text.encode()


def clock() -> int:
    """Milliseconds by the clock that dates messages, which nobody sets or slews."""
    raw = getattr(time, "CLOCK_MONOTONIC_RAW", None)
    return (time.monotonic_ns() if raw is None else time.clock_gettime_ns(raw)) // 1_000_000


def clock_name() -> str:
    """That of this machine's clock, as S1.md has it; a random one if it is not known."""
    with contextlib.suppress(OSError):
        if os.readlink("/proc/self/ns/time") == "time:[4026531834]":
            with open("/proc/sys/kernel/random/boot_id") as file:
                return file.read(8)
    return secrets.token_hex(8)


def arrived(socket: zmq.Socket) -> Iterator[list[bytes]]:
    with contextlib.suppress(zmq.Again):
        while True:
            yield socket.recv_multipart(zmq.DONTWAIT)


class Service:
    """The endpoints of a service as functions: `client.auth.create`."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._client.function(f"{self._name}.{name}")


def documented(client: Client, contract: Mapping[str, Any], name: str) -> Callable[..., Any]:
    """A function that calls the endpoint, with the signature and the documentation that the contract gives it."""
    entry = {entry["name"]: entry for entry in contract["endpoints"]}.get(name)
    if not entry:
        raise AttributeError(f"{contract['name']} has no endpoint {name!r}")
    given, gives, again = entry.get("input") or {}, entry.get("output") or {}, bool(entry.get("idempotent"))
    fields, required = given.get("properties", {}), given.get("required", ())
    shown = {field: schema for field, schema in fields.items() if field.isidentifier() and not keyword.iskeyword(field)}
    parameters = [inspect.Parameter(
        field, inspect.Parameter.KEYWORD_ONLY, annotation=TYPES.get(str(schema.get("type")), Any),
        default=inspect.Parameter.empty if field in required else schema.get("default"))
        for field, schema in {**shown, "_token": {}, "_timeout": {}}.items()]
    if len(shown) < len(fields):
        parameters.append(inspect.Parameter("more", inspect.Parameter.VAR_KEYWORD))
    signature = inspect.Signature(parameters, return_annotation=TYPES.get(str(gives.get("type")), Any))

    def function(**arguments: Any) -> Any:
        signature.bind(**arguments)             # TypeError for a field too many or too few
        token, timeout = arguments.pop("_token", None), arguments.pop("_timeout", entry.get("deadline_ms", 0) / 1000)
        return client.call(name, arguments or None, token=token, timeout=timeout or None, idempotent=again)

    lines = [entry.get("summary", ""), "", f"Access: {' '.join(map(str, entry.get('access', {}).values()))}", ""]
    lines += [f"{side} {field}: {about.get('description') or about.get('type', 'anything')}"
              for side, of in (("Takes", given), ("Gives", gives)) for field, about in of.get("properties", {}).items()]
    function.__doc__, function.__signature__ = "\n".join(lines), signature  # type: ignore[attr-defined]
    function.__name__, function.__qualname__ = name.partition(".")[2], name
    return function


def main() -> None:
    parser = argparse.ArgumentParser("starmicroservices", description="Calls an endpoint.", fromfile_prefix_chars="@")
    parser.add_argument("address", help="ipc://… or tcp://…")
    parser.add_argument("endpoint", help="resource.current_time, _meta.contract, …")
    parser.add_argument("--json", type=json.loads, help="the input; the answer is JSON, too")
    parser.add_argument("--token", help="a secret: @FILE reads this and other arguments from a file, a line each")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds")
    parser.add_argument("--server-key", help="the service's public CURVE key: Z85, hexadecimal or file:PATH")
    given = vars(parser.parse_args())
    name, body = given.pop("endpoint"), given.pop("json")
    try:
        with Client(**given) as client:
            print(json.dumps(client.call(name, body), indent=2, ensure_ascii=False))
    except (Problem, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
