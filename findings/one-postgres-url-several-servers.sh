#!/usr/bin/env bash
# psycopg 3.3.9, asyncpg 0.32.0, SQLAlchemy 2.1.9: one PostgreSQL URL, and each goes to another server.
#
# Expected: a URL that libpq's manual describes leads to the same server whichever library reads it, or is refused.
#
# Seen, with listeners at two ports A and B that note each visit and hang up, and nothing at the default port 5432:
#   - Two hosts, a port at the second only ("h1,h2:B"): psycopg, by libpq's rule, and asyncpg try h1 at 5432 and then
#     h2 at B. SQLAlchemy hands B over for both, so it asks h1, the primary, at the port of h2.
#   - Host and port once more in the query ("h:A/db?host=h&port=B"): psycopg and SQLAlchemy go by the query, asyncpg by
#     what stands before it. Nobody warns.
#
#                 visits for h1,h2:B    visits for h:A/db?host=h&port=B
#   psycopg       B                     B
#   asyncpg       B                     A
#   SQLAlchemy    B, B                  B
#
# Matters to: programs of two languages or layers that share one DATABASE_URL with failover, or whose platform puts
# the host into the query (as for sockets of cloud providers): a migration runs on another server than the service.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    'psycopg[binary]==3.3.9' asyncpg==0.32.0 SQLAlchemy==2.1.9

timeout 60 "$folder/venv/bin/python" -W ignore - <<'PYTHON'
import asyncio
import os
import socket
import sys
import threading

import asyncpg
import psycopg
import sqlalchemy

visits = []


def listen(name):
    """A server that notes its visitors and hangs up on them."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            visitor, _ = listener.accept()
            visits.append(name)
            visitor.recv(1024)
            visitor.close()

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


a, b = listen("A"), listen("B")
os.environ.pop("PGPORT", None)


async def by_asyncpg(url):
    await asyncpg.connect(url, timeout=5)


readers = {
    "psycopg": psycopg.connect,
    "asyncpg": lambda url: asyncio.run(by_asyncpg(url)),
    "SQLAlchemy": lambda url: sqlalchemy.create_engine(url.replace("postgresql:", "postgresql+psycopg:")).connect(),
}
urls = [
    f"postgresql://ann@127.0.0.1,127.0.0.1:{b}/shop?sslmode=disable",
    f"postgresql://ann@127.0.0.1:{a}/shop?host=127.0.0.1&port={b}&sslmode=disable",
]


def visited(connect, url):
    visits.clear()
    try:
        connect(url)
    except Exception:
        pass  # no server here speaks PostgreSQL
    return ", ".join(visits)


seen = {name: [visited(connect, url) for url in urls] for name, connect in readers.items()}
for name, (hosts, query) in seen.items():
    print(f"{name + ':':12} visits for h1,h2:B: {hosts + ',':6} visits for h:A/db?host=h&port=B: {query}")
if seen != {"psycopg": ["B", "B"], "asyncpg": ["B", "A"], "SQLAlchemy": ["B, B", "B"]}:
    sys.exit("CHANGED: these URLs lead elsewhere.")
PYTHON
