#!/usr/bin/env bash
# sseclient-py 1.9.0: an event that was cut off by the end of the connection is handed on as a whole one, and the
# position in the stream is forgotten after each event.
#
# Expected: the HTML standard (server-sent events): an event ends with an empty line; what is pending at the end of
# the stream is discarded. And the last event id stays in force until another "id:" comes.
#
# Seen: of a stream that breaks off within its second event, sseclient-py yields the first and then the torn half of
# the second, like any other. Its second whole event has the id None, though the standard says that it is still "7".
# httpx-sse drops the torn one and keeps the id.
#
#                  a stream that breaks off        ids of two events, the first with "id: 7"
#   sseclient-py:  ['{"n": 1}', '{"n": 1000']      ['7', None]
#   httpx-sse:     ['{"n": 1}']                    ['7', '7']
#
# Matters to: readers of streams behind a proxy that cuts idle or old connections. With JSON the half is at least an
# error; a number or a text is simply wrong. And a client that reconnects with the id of the last event that it saw
# asks for the whole stream anew.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
    httpx-sse==0.4.3 httpx==0.28.1 sseclient-py==1.9.0

timeout 30 "$folder/venv/bin/python" - <<'PYTHON'
import sys

import httpx
import httpx_sse
import sseclient

TORN = b'data: {"n": 1}\n\ndata: {"n": 1000'
POSITIONS = b"id: 7\ndata: a\n\ndata: b\n\n"


def by_sseclient(stream):
    return list(sseclient.SSEClient(iter([stream])).events())


def by_httpx(stream):
    response = httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=stream)
    return list(httpx_sse.EventSource(response).iter_sse())


seen = {
    name: ([event.data for event in read(TORN)], [event.id for event in read(POSITIONS)])
    for name, read in (("sseclient-py", by_sseclient), ("httpx-sse", by_httpx))
}
for name, (data, ids) in seen.items():
    print(f"{name + ':':14} {data}  {ids}")
if seen != {
    "sseclient-py": (['{"n": 1}', '{"n": 1000'], ["7", None]),
    "httpx-sse": (['{"n": 1}'], ["7", "7"]),
}:
    sys.exit("CHANGED: a torn event or the last id is treated in another way.")
PYTHON
