#!/usr/bin/env bash
# asyncpg 0.32.0: parameters of a PostgreSQL URL that are meant for the client are sent to the server as settings.
#
# Expected: asyncpg reads the same URLs as libpq. What it does not know ("connect_timeout", "keepalives", "gssencmode",
# "channel_binding", …) is applied, ignored or refused on its own side.
#
# Seen: every parameter that it does not know becomes a setting of the session and goes into the startup packet. A
# PostgreSQL server refuses the connection then: FATAL: unrecognized configuration parameter "connect_timeout"
# (PostgreSQL 15); a pooler may pass it on, ignore it or refuse it. The time limit itself is not applied: it stays at
# asyncpg's own 60 s. psycopg takes the same URL and sends none of it.
#
#   URL: postgresql://ann@127.0.0.1:PORT/shop?sslmode=disable&connect_timeout=3&keepalives=1
#   asyncpg sends: {'connect_timeout': '3', 'keepalives': '1'}
#   psycopg sends: no such settings
#
# Matters to: whoever moves a service from psycopg to asyncpg, or shares one DATABASE_URL between both: hosters put
# such parameters into the URL that they hand out.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'psycopg[binary]==3.3.9' asyncpg==0.32.0

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import socket
import struct
import sys
import threading

import asyncpg
import psycopg

started = []


def note_startup_packets(listener):
    """Reads the settings with which a client introduces itself, and hangs up."""
    while True:
        client, _ = listener.accept()
        with client:
            length, _ = struct.unpack("!II", client.recv(8, socket.MSG_WAITALL))
            words = client.recv(length - 8, socket.MSG_WAITALL).split(b"\0")
            started.append({name.decode(): value.decode() for name, value in zip(words[::2], words[1::2]) if name})


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=note_startup_packets, args=[listener], daemon=True).start()
parameters = "sslmode=disable&connect_timeout=3&keepalives=1"
url = f"postgresql://ann@127.0.0.1:{listener.getsockname()[1]}/shop?{parameters}"


async def connect():
    await asyncpg.connect(url, timeout=5)


def sent(attempt):
    started.clear()
    try:
        attempt()
    except Exception:
        pass  # the listener speaks no PostgreSQL
    return {name: value for name, value in started[0].items() if name in parameters}


by_asyncpg = sent(lambda: asyncio.run(connect()))
by_psycopg = sent(lambda: psycopg.connect(url))
print("asyncpg sends:", by_asyncpg or "no such settings")
print("psycopg sends:", by_psycopg or "no such settings")
if by_asyncpg != {"connect_timeout": "3", "keepalives": "1"} or by_psycopg:
    sys.exit("CHANGED: parameters of the URL are treated in another way.")
PYTHON
