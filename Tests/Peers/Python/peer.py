#!/usr/bin/env python3
"""pyzmq as a peer of `star bench`: ROUTER and DEALER over ipc, one thread on each side, the same JSON, no token.

The article "Peers" of Measuring says how it is spoken to. Callers are requests in flight on the one socket.
"""

import collections
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

import zmq

NOW = "2026-11-23T12:00:00+00:00"
FORGIVEN = 1_000_000  # nanoseconds that a timer may be late


def serve(address):
    socket = zmq.Context().socket(zmq.ROUTER)
    socket.bind(address)
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    print("ready", flush=True)
    while True:
        if sys.stdin.fileno() in dict(poller.poll()):
            return
        peer, number, body = socket.recv_multipart()
        asked = json.loads(body)
        answer = asked if asked else {"current_time": NOW}
        socket.send_multipart([peer, number, json.dumps(answer).encode()])


class Window:
    """Requests in flight, and when the next is due; all times in nanoseconds."""

    def __init__(self, order, start):
        self.size = order["callers"]
        rate = order.get("calls_per_second")
        self.interval = 1e9 / rate if rate else None
        self.end = start + order["milliseconds"] * 1e6
        self.limit = self.end + order["milliseconds"] * 1e6
        self.due = start
        self.starts = collections.deque()
        self.was_full = False

    def next(self, now):
        """The instant from which the request to be sent now is timed, or None."""
        if len(self.starts) >= self.size:
            self.was_full = True
            return None
        if self.interval is None:
            return now if now < self.end else None
        if self.due > now or self.is_over(now):
            return None
        start = self.due if self.was_full or now - self.due > FORGIVEN else now
        self.due += self.interval
        self.was_full = False
        return start

    def is_over(self, now):
        return now >= self.end if self.interval is None else self.due >= self.end or now >= self.limit

    def unsent(self):
        if self.interval is None or self.due >= self.end:
            return 0
        return -int(-(self.end - self.due) // self.interval)


def turn(order, socket):
    start = time.monotonic_ns()
    window = Window(order, start)
    request = {"text": "x" * order["payload"]} if order["payload"] else {}
    times = collections.Counter()
    while True:
        now = time.monotonic_ns()
        from_ = window.next(now)
        if from_ is not None:
            socket.send_multipart([b"1", json.dumps(request).encode()])
            window.starts.append(from_)
        elif window.starts:
            waits_for_due = len(window.starts) < window.size and not window.is_over(now)
            if waits_for_due and not socket.poll(max((window.due - now) / 1e6, 1)):
                continue
            json.loads(socket.recv_multipart()[1])
            times[rounded(time.monotonic_ns() - window.starts.popleft())] += 1
        elif window.is_over(now):
            break
        else:
            time.sleep(max(window.due - now, 0) / 1e9)
    elapsed = time.monotonic_ns() - start
    if window.interval is not None:
        elapsed = max(elapsed, int(order["milliseconds"] * 1e6))
    return {"elapsed_ns": elapsed, "failures": window.unsent(), "times_ns": list(times.items())}


def rounded(took):
    """Three digits of it."""
    unit = 1
    while took // unit >= 10000:
        unit *= 10
    return int(took // unit * unit)


def send(message):
    print(json.dumps(message), flush=True)


def measure():
    with tempfile.TemporaryDirectory(prefix="peer-") as folder:
        address = f"ipc://{folder}/pyzmq.sock"
        server = subprocess.Popen(
            [sys.executable, __file__, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        server.stdout.readline()
        socket = zmq.Context().socket(zmq.DEALER)
        socket.linger = 0
        socket.connect(address)
        send({
            "name": "pyzmq", "version": f"pyzmq {zmq.__version__}, Python {sys.version.split()[0]}",
            "callers": [os.getpid()], "servers": [server.pid]})
        for line in sys.stdin:
            send(turn(json.loads(line), socket))
        server.stdin.close()
        server.wait()
        socket.close()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if len(sys.argv) > 1:
        serve(sys.argv[1])
    else:
        measure()
