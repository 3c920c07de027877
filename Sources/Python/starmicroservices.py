"""A client for services that speak S1 over ZeroMQ (S1.md). One file; needs pyzmq and Python 3.9.

    with Client("ipc:///run/star/auth.sock") as client:
        token = client.auth.create(user="ada", password="…")["token"]     # names and arguments are the contract's
        help(client.auth.create)                                          # and so is this
    with Client("tcp://resource:6050", server_key="…", token=token) as client:
        print(client.call("resource.current_time", timeout=0.5))          # needs no contract; raises Problem
    async with AsyncClient("ipc:///run/star/resource.sock", token=token) as client:
        times = await asyncio.gather(*(client.resource.current_time() for _ in range(100)))

A service may have several replicas: `tcp://a:6050,tcp://b:6050`, or a name that leads to them, which is looked up again
and again. A call goes to one that answers. It goes on to another if it certainly has not run, or if it is idempotent
and its replica is lost or silent. Any other that was under way when a connection broke ends with the code
`unknown_outcome`, and its caller decides.

A client belongs to one thread, or one event loop, of one process: after a fork, make another. It connects, and connects
again, by itself.
"""
from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import inspect
import itertools
import json
import keyword
import math
import os
import random
import re
import secrets
import selectors
import socket
import struct
import sys
import threading
import time
import weakref
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple

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
# Seconds: until a silent replica gets a PING, and then is left for another; until its connection is made anew, if it has no
# calls or the time of one is over, or in any case; until one that is not ready is called for want of another; between its
# probes; between look-ups of names.
QUIET, EXPIRED, LOST, PATIENCE, PROBE, REST = 0.25, 1.5, 4.0, 0.5, 0.1, 5.0
DAY = 86_400.0                                  # a call takes no longer, in seconds
ATTEMPTS = 3                                    # how often a call is sent
BUDGET, SHARE, RATE = 100.0, 0.1, 3.0           # calls that are sent again: at most, for each call, for each second
NAME = re.compile(r"tcp://([^\[\];:]*[A-Za-z][^\[\];:]*):([0-9]+)")
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
        """The frames; ValueError for a header that could not be read back."""
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
    """A call that failed, described as in RFC 9457. `retry_after` is in seconds, None if no time is named; `processed`
    is False only if it is certain that the call did not run: such a call may be sent again."""

    def __init__(self, status: int, code: str = "", title: str = "", detail: str = "", *, errors: Any = None,
                 trace_id: str | None = None, retry_after: float | None = None, processed: bool = True) -> None:
        super().__init__(status, code, title, detail)
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors, self.trace_id, self.retry_after, self.processed = errors or [], trace_id, retry_after, processed

    def __str__(self) -> str:
        faults = "; ".join(f"{one.get('pointer') or 'the input'} {one.get('detail')}" for one in self.errors if isinstance(one, dict))
        return (f"{self.status} {self.code or self.title}" + (f": {self.detail}" if self.detail else "")
                + (f" ({faults})" if faults else ""))

    @staticmethod
    def of(reply: Message) -> Problem:
        """The problem in a REP; if its body is none, the status alone."""
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
        self.deadline, self.done, self.link = self.began + timeout, False, None  # type: float, bool, Link | None
        self.sessions: list[Mapping[str, str]] = []     # the greetings of those that it was sent to
        self.reply, self.problem, self.wake = None, None, lambda: None  # type: Any

    @property
    def repeatable(self) -> bool:
        return self.message.kind == REQ and self.message.flags & 1 == 1

    def result(self) -> Any:
        """Waits for the answer and returns it, or raises Problem. (Of an AsyncClient: await it.)"""
        return self.client.finished(self)

    def detach(self) -> None:
        """Nothing more is expected of its replica."""
        self.client.calls.pop(self.message.id, None)
        if self.link:
            self.link.calls.pop(self.message.id, None)
        self.link = None

    def finish(self, reply: Message | None = None, problem: Problem | None = None) -> None:
        self.detach()
        self.reply, self.problem, self.done, self.took = reply, problem, True, time.monotonic() - self.began
        self.wake()

    def give_up(self) -> None:
        """Ends the call if it is not done, and cancels it at the service."""
        link = self.link
        if link and not self.done:
            self.finish(problem=DeadlineExceeded(504, "deadline_exceeded", detail="No answer in time."))
            link.abandon(self)
            self.client.pump()
        elif not self.done:
            late = DeadlineExceeded(504, "deadline_exceeded", processed=False, detail="Its time was over before it was sent.")
            is_late = self.client.greeting and time.monotonic() >= self.deadline - 0.005
            self.finish(self.reply, self.problem or (late if is_late else Unavailable(
                503, "unavailable", processed=False, detail=self.client.refusal or "No service answers.")))

    def value(self) -> Any:
        """The result of a call that is done: JSON decoded, None for no body, other bytes as they are; or raises its Problem."""
        if self.problem or self.reply.kind == REP and self.reply.first >= "400":
            raise self.problem or Problem.of(self.reply)
        if self.reply.kind == PONG:
            return self.took
        if "json" not in self.reply.headers.get("content-type", "json"):
            return self.reply.body
        if not self.reply.body:
            return None
        with contextlib.suppress(ValueError, RecursionError):     # the latter for a body that nests too deeply
            return json.loads(self.reply.body)
        raise Problem(502, "bad_reply", detail="The body is not JSON.")


class Link:
    """The connection to a replica, which is made again when it is lost."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address, self.calls = client, address, {}  # type: Client, str, dict[int, Pending]
        self.refusal, self.instance, self.retired = "", "", False
        self.unwatch: Callable[[], Any] = lambda: None
        self.open()

    def open(self) -> None:
        self.begin()
        self.socket = socket = (self.client._context or zmq.Context.instance()).socket(zmq.DEALER)
        # Not ZMQ_IMMEDIATE, which throws away answers unread when a connection ends: calls wait for the HELLO instead.
        socket.linger, socket.reconnect_ivl, socket.ipv6 = 0, 50, "[" in self.address
        socket.connect_timeout = socket.handshake_ivl = 2000        # the system's, after a partition, are minutes
        if self.address.startswith("tcp:"):
            socket.heartbeat_ivl, socket.heartbeat_timeout = 2000, 4000
        if self.client._keys:
            socket.curve_publickey, socket.curve_secretkey, socket.curve_serverkey = self.client._keys
        self.monitor = socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | sum(REFUSALS))
        socket.connect(self.address)
        self.client.watch(self)

    def begin(self, greet: bool = False) -> None:
        """Nothing is known of the replica but whether there is a connection, on which to greet it."""
        self.greet, self.greeting, self.goaway = greet, {}, None  # type: bool, Mapping[str, str], Message | None
        self.full = self.expired = False            # its queue; a call's time is over, and nothing has come since
        self.received_at, self.pinged_at = time.monotonic(), 0.0     # when it was sent a PING, until something comes
        self.left_out, self.probe, self.next_probe = 0.0, 0, 0.0    # since when; the id of the probe under way

    def shut(self, linger: int = 0) -> None:
        self.unwatch()
        self.socket.disable_monitor()
        self.monitor.close(linger=0)
        self.socket.close(linger=linger)

    def renew(self) -> None:
        for id in self.calls:
            self.send(Message(CANCEL, id))
        self.shut(linger=500)                       # so that the cancellations go out
        self.fail_all()
        self.open()

    @property
    def usable(self) -> bool:
        return bool(self.greeting) and not (self.goaway or self.pinged_at or self.full or self.retired)

    def interest(self) -> int:
        """The events of the socket that give pump() something to do."""
        return zmq.POLLIN | (zmq.POLLOUT if self.greet or self.full else 0)

    def has_events(self) -> bool:
        """Both sockets are checked: their descriptors signal once, and not again before that."""
        events = self.monitor.getsockopt(zmq.EVENTS) & zmq.POLLIN
        return bool(self.socket.getsockopt(zmq.EVENTS) & self.interest() or events)

    def pump(self) -> None:
        events = list(arrived(self.monitor))
        for frames in arrived(self.socket):         # before the events are heeded: an answer that came first counts
            self.receive(frames)
        for event in (parse_monitor_message(frames)["event"] for frames in events):
            if event in REFUSALS:
                self.refusal = REFUSALS[event]
                continue
            self.fail_all()
            self.begin(greet=event == zmq.EVENT_HANDSHAKE_SUCCEEDED)
            self.refusal = "" if self.greet else self.refusal
        if self.full:
            self.full = not self.socket.getsockopt(zmq.EVENTS) & zmq.POLLOUT
        if self.greet:
            self.greet = not self.send(Message(HELLO, next(self.client._ids)))

    def send(self, message: Message) -> bool:
        if message.kind in (REQ, PING, HELLO):
            message = message._replace(headers={**message.headers, "sent": f"{clock()} {self.client._clock}"})
        if message.kind in (REQ, PING) and not (self.calls or self.pinged_at or self.probe):
            self.received_at = time.monotonic()           # until now nothing was expected
        with contextlib.suppress(zmq.Again):
            self.socket.send_multipart(message.encode(), zmq.DONTWAIT)
            return True
        return False

    def start(self, call: Pending, milliseconds: int) -> bool:
        limit, size = self.greeting.get("max-body", ""), len(call.message.body)
        if limit.isdecimal() and size > int(limit):     # it would end the connection, and with it other calls
            call.finish(problem=Problem(413, "too_large", processed=False,
                                        detail=f"The body has {size} bytes, and the service accepts {limit}."))
            return True
        self.full = not self.send(call.message._replace(time=milliseconds * (call.message.kind == REQ)))
        if not self.full:
            self.client.due_by(self.received_at + QUIET)
            call.link, call.sent_at = self, time.monotonic()
            call.sessions.append(self.greeting)
            self.calls[call.message.id] = call
        return not self.full

    def receive(self, frames: list[bytes]) -> None:
        try:
            message = Message.decode(frames)
        except ValueError:
            call = self.calls.get(PREAMBLE.unpack(frames[0])[-1]) if len(frames[0]) == PREAMBLE.size else None
            return call and call.finish(problem=Problem(502, "bad_reply", detail="The answer cannot be read."))
        self.received_at, self.pinged_at, self.expired = time.monotonic(), 0.0, False
        call, instance = self.calls.get(message.id), message.headers.get("server-instance", self.instance)
        if call and (message.kind == REP or message.kind == PONG and call.message.kind == PING):
            self.deliver(call, message)
        elif message.kind == REP and message.id == self.probe:
            self.probe, self.next_probe = 0, self.received_at + PROBE
            if message.first < "400" or message.first in ("404", "501"):       # not every service has health checks
                self.left_out = 0.0
        if instance != self.instance:
            if self.instance:
                self.fail_all()
            self.instance, self.goaway = instance, None
        if message.kind == GOAWAY:
            self.goaway = message
        elif message.kind == HELLO:
            self.greeting = message.headers or {"service": ""}
            self.client.forget_contract(unless=self.greeting.get("contract"))
            self.leave_out()

    def deliver(self, call: Pending, reply: Message) -> None:
        if reply.headers.get("processed") != "no":
            return call.finish(reply)
        problem = Problem.of(reply)
        if problem.status == 504 and call.deadline - self.received_at > 0.05:
            self.client._clock = secrets.token_hex(8)       # its time is not over: the clocks do not fit together
        if problem.status == 503 and problem.code != "overloaded":
            self.leave_out()
        self.client.failed(call, problem, reply)

    def abandon(self, call: Pending) -> None:
        """A call that was under way has ended without an answer."""
        self.send(Message(CANCEL, call.message.id))     # of a PING: an unknown id, ignored
        now = time.monotonic()
        if now >= call.deadline - 0.005:                # a timer may be early
            self.leave_out()
            if self.received_at <= call.sent_at:
                self.expired = True
                self.send_ping(now)

    def leave_out(self) -> None:
        """If there are others, it is not called until it says that it is ready."""
        if len(self.client._links) > 1 and not self.left_out:
            self.left_out = self.next_probe = time.monotonic()

    def send_ping(self, now: float) -> None:
        """It is silent, and not called until something comes: a network may drop a connection silently."""
        if self.greeting and not self.pinged_at:
            self.send(Message(PING, next(self.client._ids)))
            self.pinged_at = now
            self.client.due_by(now + QUIET)

    def run_due(self, now: float) -> float:
        """Does what is due; returns when something is again."""
        due = math.inf
        if self.greeting and self.left_out and not self.probe:
            due = self.next_probe
            if now >= due:
                id, due = next(self.client._ids), math.inf
                self.send(Message(REQ, id, "_health.check", flags=1, time=int(PATIENCE * 1000)))
                self.probe = id
        return min(due, self.listen(now))

    def listen(self, now: float) -> float:
        """If answers are due: asks a replica that is silent, leaves it, gives it up."""
        if not (self.calls or self.pinged_at or self.probe):
            return math.inf
        if not self.pinged_at and now >= self.received_at + QUIET:
            self.send_ping(now)
        if not self.pinged_at or now < self.pinged_at + QUIET:
            return (self.pinged_at or self.received_at) + QUIET
        for link in self.client._links:         # a network that drops one silently may have dropped idle ones
            if now - link.received_at >= QUIET:
                link.send_ping(now)
        for call in list(self.calls.values()):
            if call.repeatable and self.client.has_another(call, now):
                self.send(Message(CANCEL, call.message.id))
                self.client.failed(call, self.lost())
        end = self.received_at + (EXPIRED if self.expired or not self.calls else LOST)
        if now >= end:
            self.renew()
        return end if now < end else math.inf

    def fail_all(self) -> None:
        self.client._places.hurry.set()
        for call in list(self.calls.values()):
            self.client.failed(call, self.lost())

    @staticmethod
    def lost() -> Problem:
        return Unavailable(502, "unknown_outcome", detail="The service went away before it answered.")


class Places:
    """The places that addresses lead to. A thread looks names up again and again: soon after a change or a loss."""

    def __init__(self, addresses: list[str]) -> None:
        self._found = {address: [] if NAME.fullmatch(address) else [address] for address in addresses}
        self.names = [match for match in map(NAME.fullmatch, addresses) if match]
        self.trouble, self.hurry, self._closed = "", threading.Event(), False
        self.list = self._all()
        if self.names:
            threading.Thread(target=self._run, name="starmicroservices names", daemon=True).start()

    def close(self) -> None:
        self._closed = True
        self.hurry.set()

    def _run(self) -> None:
        pause = QUIET
        while not self._closed:
            before, self.trouble = self.list, ""
            for name in self.names:
                try:
                    self._found[name[0]] = self._look_up(name[1], name[2])
                except (OSError, UnicodeError) as error:            # it leads to where it led before
                    self.trouble = f"The name {name[1]} cannot be looked up: {error}"
            self.list = self._all()
            pause = QUIET if self.list != before else min(pause * 2, REST)
            if self.hurry.wait(pause):
                self.hurry.clear()
                time.sleep(pause := QUIET)

    @staticmethod
    def _look_up(name: str, port: str) -> list[str]:
        hosts = {str(at[0]) for *_, at in socket.getaddrinfo(name, int(port), type=socket.SOCK_STREAM)}
        return [f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}" for host in sorted(hosts)]

    def _all(self) -> list[str]:
        return list(dict.fromkeys(itertools.chain(*self._found.values())))


class Client(contextlib.AbstractContextManager):
    """The client that waits, without a thread but to look names up. Many calls may be under way: submit() starts one,
    and its result() waits for the answer."""

    def __init__(self, address: str | Iterable[str], *, token: str | None = None, timeout: float = 5.0,
                 server_key: str | None = None, public_key: str | None = None, secret_key: str | None = None,
                 context: zmq.Context | None = None):
        """Several addresses have commas between them, or are a list. `timeout` (seconds) holds if neither call nor
        contract names one. `server_key` makes the connections CURVE, with a key pair made for them if none is given. A
        key is Z85, hexadecimal, or `file:` and the path of a certificate."""
        self.token, self.timeout = token, timeout
        self.calls, self._unsent = {}, collections.deque()  # type: dict[int, Pending], collections.deque[Pending]
        self.contract: Any = None
        self._ids, self._closed, self._due = itertools.count(1), False, 0.0
        self._process, self._clock = os.getpid(), clock_name()
        self._budget, self._earned = BUDGET, time.monotonic()
        self._context, self._keys = context, ()  # type: Any, tuple[bytes, ...]
        if server_key:
            pair = zmq.curve_keypair()
            if secret_key:
                secret = curve_key(secret_key, "secret-key")
                pair = curve_key(public_key) if public_key else zmq.curve_public(secret), secret
            self._keys = (*pair, curve_key(server_key))
        listed = [one.strip() for one in (address.split(",") if isinstance(address, str) else address)]
        if not (listed := list(filter(None, listed))):
            raise ValueError("no address")
        for one in listed:
            if not one.startswith(("tcp://", "ipc://", "inproc://")):
                raise ValueError(f"{one!r} is not tcp://HOST:PORT or ipc://PATH: a client speaks ZeroMQ, not HTTP")
        self._places, self._links = Places(listed), []  # type: Places, list[Link]
        weakref.finalize(self, self._places.close)      # if the client is not closed
        self._follow()

    @property
    def greeting(self) -> Mapping[str, str]:
        """The HELLO of a replica; empty while there is none."""
        return next((link.greeting for link in self._links if link.greeting), {})

    @property
    def refusal(self) -> str:
        """The reason why there is no connection, if it is known."""
        return next((link.refusal for link in self._links if link.refusal), self._places.trouble)

    def watch(self, link: Link) -> None:
        """A connection is new."""

    def close(self) -> None:
        """Gives up the calls under way and closes at once. After a fork, it leaves the parent's connection alone."""
        if self._process != os.getpid():
            self._closed = True
        for call in list(self.calls.values()) if not self._closed else ():
            call.give_up()
        if not self._closed:
            self._closed = True
            self._places.close()
            for link in self._links:
                link.shut()

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
        if not isinstance(token or self.token or "", str):
            raise TypeError("a token is a str")
        lines = {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"}
        lines.update({"x-token": token or self.token} if token or self.token else {}, **headers)
        if "traceparent" not in headers:
            lines.pop("tracestate", None)           # it belongs to another trace
        return self._start(Message(REQ, next(self._ids), name, lines, body or b"", int(idempotent)), timeout)

    def ping(self, timeout: float | None = None) -> Any:
        """Seconds there and back: the process lives. `_health.check` says whether the service works."""
        return self._start(Message(PING, next(self._ids)), timeout).result()

    def finished(self, call: Pending) -> Any:
        self._check_process()
        try:
            self.pump()
            while not call.done and (left := call.deadline - time.monotonic()) > 0:
                left = min(left, max(0, self._due - time.monotonic()))
                sockets = [(link.monitor, zmq.POLLIN) for link in self._links]
                sockets += [(link.socket, link.interest()) for link in self._links]
                zmq.zmq_poll(sockets, int(left * 1000) + 1)
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

    def pump(self) -> None:
        """Takes in what has come and sends what can go, until neither is left."""
        self._check_process()
        while not self._closed:
            now = time.monotonic()
            self._follow()
            for link in self._links:
                link.pump()
            self._due = math.inf
            for link in self._links:
                self.due_by(link.run_due(now))
            self._flush()
            if self._unsent and self._places.names:
                self.due_by(now + 0.02)             # the thread does not wake us
            if not any(link.has_events() for link in self._links):
                return

    def due_by(self, time: float) -> None:
        self._due = min(self._due, time)

    def _follow(self) -> None:
        """Has a connection to each place, and none to others once their calls have ended."""
        places = self._places.list
        known = {link.address for link in self._links}
        self._links += [Link(self, place) for place in places if place not in known]
        for link in list(self._links):
            link.retired = link.address not in places
            if link.retired and not link.calls:
                self._links.remove(link)
                link.shut()

    def forget_contract(self, unless: str | None) -> None:
        if self.contract and unless not in (None, self.contract.get("hash")):
            self.contract = None

    def _check_process(self) -> None:
        if self._process != os.getpid():
            raise RuntimeError("this client was made before a fork: make one in this process")

    def _start(self, message: Message, timeout: float | None) -> Pending:
        self._check_process()
        if self._closed or not message.encode():    # a header that cannot be sent is said here
            raise ValueError("the client is closed")
        timeout = self.timeout if timeout is None else timeout
        if math.isnan(timeout):
            raise ValueError("a timeout is a number of seconds")
        call = self.calls[message.id] = Pending(self, message, min(timeout, DAY))
        self._budget = min(BUDGET, self._budget + SHARE)
        self._unsent.append(call)
        self.pump()
        return call

    def _flush(self) -> None:
        while self._unsent:
            call = self._unsent[0]
            if not call.done and not self._send(call):
                return
            self._unsent.popleft()

    def _send(self, call: Pending) -> bool:
        """Sends a call, or ends it; False if it has to wait."""
        now = time.monotonic()
        milliseconds, links = int((call.deadline - now) * 1000), self._usable(now)
        others = [link for link in links if all(link.greeting is not session for session in call.sessions)]
        if milliseconds <= 0:                       # on the wire 0 would mean the endpoint's own deadline
            call.give_up()
        elif others:        # the better of two that are picked at random (Mitzenmacher, “The power of two choices”)
            link = min(random.sample(others, min(2, len(others))), key=lambda link: len(link.calls))
            return link.start(call, min(milliseconds, 2**32 - 1)) or self._send(call)
        elif links:                                 # each has refused it
            call.finish(call.reply, call.problem)
        elif self._links and all(link.goaway for link in self._links):
            call.finish(call.reply, call.problem or Unavailable(
                503, "going_away", processed=False, detail="The service is stopping.",
                retry_after=min(link.goaway.time for link in self._links) / 1000 or None))  # type: ignore[union-attr]
        else:
            return False
        return True

    def _usable(self, now: float) -> list[Link]:
        """The replicas that are ready; if there are none for a while, those that are not."""
        links = [link for link in self._links if link.usable]
        return ([link for link in links if not link.left_out]
                or [link for link in links if now - link.left_out >= PATIENCE])

    def failed(self, call: Pending, problem: Problem, reply: Message | None = None) -> None:
        """Has a call sent once more if it has not run or may run twice; else ends it."""
        if (call.repeatable or not problem.processed) and self._may_send_again(call):
            self._budget -= 1
            call.detach()
            call.message, call.reply, call.problem = call.message._replace(id=next(self._ids)), reply, problem
            self.calls[call.message.id] = call
            self._unsent.append(call)
        else:
            call.finish(reply, problem)

    def _may_send_again(self, call: Pending) -> bool:
        """Within a budget, so that this does not add to an overload."""
        now = time.monotonic()
        self._budget, self._earned = min(BUDGET, self._budget + RATE * (now - self._earned)), now
        return self._budget >= 1 and len(call.sessions) < ATTEMPTS and now < call.deadline and not self._closed

    def has_another(self, call: Pending, now: float) -> bool:
        """True if a call may be sent to another replica now."""
        return self._may_send_again(call) and any(
            all(link.greeting is not session for session in call.sessions) for link in self._usable(now))

    def __getattr__(self, name: str) -> Service:
        if name.startswith("_"):
            raise AttributeError(name)
        return Service(self, name)


class AsyncClient(Client):
    """The client for asyncio and `async with`: what answers there is awaited here. A cancelled task cancels its call.
    Before help(client.auth.create), `await client.discover()`; a call finds the contract by itself."""

    _loop: Any = None
    _timer, _timer_at = None, math.inf  # type: Any, float

    def _start(self, message: Message, timeout: float | None) -> Pending:
        if not self._loop and not self._closed:
            raise RuntimeError("an AsyncClient is used within `async with`")
        return super()._start(message, timeout)

    async def finished(self, call: Pending) -> Any:
        future = asyncio.get_running_loop().create_future()
        call.wake = lambda: future.done() or future.set_result(None)
        try:
            if not call.done:
                await asyncio.wait([future], timeout=call.deadline - time.monotonic())
        finally:
            call.give_up()
        return call.value()

    async def call(self, name: str, body: Any = None, **options: Any) -> Any:
        """As Client's, once it is awaited: of a task that is cancelled before its first step nothing is sent."""
        return await self.submit(name, body, **options).result()

    async def ping(self, timeout: float | None = None) -> Any:
        return await super().ping(timeout)

    async def discover(self) -> dict[str, Any]:
        self.contract = self.contract or await self.call("_meta.contract", idempotent=True)
        return self.contract

    def function(self, name: str) -> Callable[..., Any]:
        async def function(**arguments: Any) -> Any:
            return await documented(self, await self.discover(), name)(**arguments)
        return documented(self, self.contract, name) if self.contract else function

    async def __aenter__(self) -> AsyncClient:
        if self._closed:
            raise ValueError("the client is closed")
        self._loop = asyncio.get_running_loop()
        for link in self._links:
            self.watch(link)
        self.pump()
        return self

    def watch(self, link: Link) -> None:
        if not self._loop:
            return
        loop, descriptors = self._loop, [socket.getsockopt(zmq.FD) for socket in (link.socket, link.monitor)]
        try:
            for descriptor in descriptors:
                loop.add_reader(descriptor, self.pump)
            link.unwatch = lambda: [loop.remove_reader(descriptor) for descriptor in descriptors]
        except NotImplementedError:                 # such as the Proactor of Windows
            link.unwatch = Watcher(loop, descriptors, self.pump).close

    def pump(self) -> None:
        super().pump()
        if self._loop and self._due < self._timer_at and not self._closed:
            self._stop_timer()
            self._timer_at = self._due
            self._timer = self._loop.call_later(max(0, self._due - time.monotonic()), self._wake)

    def _wake(self) -> None:
        self._timer_at = math.inf
        self.pump()

    def _stop_timer(self) -> None:
        if self._timer:
            self._timer.cancel()

    def close(self) -> None:
        super().close()
        self._stop_timer()

    async def __aexit__(self, *_: Any) -> None:
        self.close()


class Watcher:
    """Watches descriptors for a loop that cannot: a thread waits, has the loop call `handler`, and waits again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, descriptors: list[int], handler: Callable[[], None]) -> None:
        self._loop, self._handler, self._next = loop, handler, threading.Semaphore(0)
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
            self._handler()
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
    """Milliseconds by the clock that dates messages, which is neither set nor slewed."""
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


def type_of(schema: Mapping[str, Any]) -> Any:
    """The type of what has this schema."""
    return bytes if schema.get("format") == "binary" else TYPES.get(str(schema.get("type")), Any)


def documented(client: Client, contract: Mapping[str, Any], name: str) -> Callable[..., Any]:
    """A function that calls the endpoint, with the signature and the documentation that the contract gives it."""
    entry = {entry["name"]: entry for entry in contract["endpoints"]}.get(name)
    if not entry:
        raise AttributeError(f"{contract['name']} has no endpoint {name!r}")
    given, gives, again = entry.get("input") or {}, entry.get("output") or {}, bool(entry.get("idempotent"))
    fields, required = given.get("properties", {}), given.get("required", ())
    takes_bytes = given.get("format") == "binary"
    if takes_bytes:
        fields, required = {"body": given}, ("body",)
    shown = {field: schema for field, schema in fields.items() if field.isidentifier() and not keyword.iskeyword(field)}
    parameters = [inspect.Parameter(
        field, inspect.Parameter.KEYWORD_ONLY, annotation=type_of(schema),
        default=inspect.Parameter.empty if field in required else schema.get("default"))
        for field, schema in {**shown, "_token": {}, "_timeout": {}}.items()]
    if len(shown) < len(fields):
        parameters.append(inspect.Parameter("more", inspect.Parameter.VAR_KEYWORD))
    signature = inspect.Signature(parameters, return_annotation=type_of(gives))

    def function(**arguments: Any) -> Any:
        signature.bind(**arguments)             # TypeError for a field too many or too few
        token, timeout = arguments.pop("_token", None), arguments.pop("_timeout", entry.get("deadline_ms", 0) / 1000)
        body = arguments["body"] if takes_bytes else arguments or None
        headers = {"content-type": "application/octet-stream"} if takes_bytes else {}
        return client.call(name, body, token=token, timeout=timeout or None, headers=headers, idempotent=again)

    lines = [entry.get("summary", ""), "", f"Access: {' '.join(map(str, entry.get('access', {}).values()))}", ""]
    lines += [f"{side} {field}: {about.get('description') or about.get('type', 'anything')}"
              for side, of in (("Takes", given), ("Gives", gives)) for field, about in of.get("properties", {}).items()]
    function.__doc__, function.__signature__ = "\n".join(lines), signature  # type: ignore[attr-defined]
    function.__name__, function.__qualname__ = name.partition(".")[2], name
    return function


def main() -> None:
    parser = argparse.ArgumentParser("starmicroservices", description="Calls an endpoint.", fromfile_prefix_chars="@")
    parser.add_argument("address", help="ipc://… or tcp://…; of several replicas each, with commas between")
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
