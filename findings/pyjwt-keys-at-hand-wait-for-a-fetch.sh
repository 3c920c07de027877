#!/usr/bin/env bash
# PyJWT 2.15.1: while PyJWKClient asks the issuer about one key, tokens of the keys that it has wait as well; and if the
# issuer hangs, the threads wait for it one after the other.
#
# Expected: a look-up of a key in the cache needs no network and returns at once, whatever another thread is doing;
# "timeout" bounds how long one look-up takes.
#
# Seen: the client holds one lock for the whole look-up, its HTTP request included. If a thread looks up a key that is
# not there yet, for instance just after the issuer began to sign with a new one, each other thread stands still until
# the issuer has answered, though its own key is cached and valid. Once "lifespan" is over and the issuer accepts
# connections but does not answer, four threads with timeout=1 fail after 1, 2, 3 and 4 seconds: each of them asks
# again. cache_keys=True serves the keys that it has without the lock, but keeps them without an end.
#
#   issuer answers after 2 s, key in the cache:                    waited
#   issuer answers after 2 s, key in the cache, cache_keys=True:   at once
#   issuer hangs, cache expired, timeout=1, four threads:          failed after 1 2 3 4 s
#
# Matters to: threaded servers (WSGI, gRPC) with the usual single client. One slow answer of the issuer holds up all
# calls, and behind it with N threads the last of them waits N times the timeout: 40 threads and the default of 30 s
# make 20 minutes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
timeout 300 "$folder/venv/bin/pip" install --quiet --disable-pip-version-check PyJWT==2.15.1 cryptography==50.0.2

timeout 60 "$folder/venv/bin/python" - <<'PYTHON'
import http.server
import json
import sys
import threading
import time

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWKClient
from jwt.algorithms import OKPAlgorithm
from jwt.exceptions import PyJWKClientConnectionError

KEY = {**OKPAlgorithm.to_jwk(Ed25519PrivateKey.generate().public_key(), as_dict=True), "use": "sig"}
pause, names, asked = 0, ["old"], threading.Event()


class Issuer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"keys": [{**KEY, "kid": name} for name in names]}).encode()
        asked.set()
        time.sleep(pause)
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # the client has not waited

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Issuer)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/keys"


def rotate(**arguments):
    """The outcome of a look-up of the old key while another thread fetches the new one."""
    global pause, names
    pause, names = 0, ["old"]
    client = PyJWKClient(url, cooldown_duration=0, **arguments)
    client.get_signing_key("old")
    pause, names = 2, ["old", "new"]
    asked.clear()
    other = threading.Thread(target=client.get_signing_key, args=("new",))
    other.start()
    asked.wait()
    begin = time.monotonic()
    client.get_signing_key("old")
    waited = time.monotonic() - begin
    other.join()
    return "waited" if waited > 1 else "at once"


def hang():
    """After how many seconds each of four look-ups of a known key fails when the issuer no longer answers."""
    global pause
    pause = 0
    client = PyJWKClient(url, lifespan=0.1, timeout=1)
    client.get_signing_key("old")
    time.sleep(0.2)
    pause = 10
    begin, failed = time.monotonic(), []

    def look_up():
        try:
            client.get_signing_key("old")
        except PyJWKClientConnectionError:
            failed.append(int(time.monotonic() - begin))

    threads = [threading.Thread(target=look_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


set_only, with_keys, failed = rotate(), rotate(cache_keys=True), hang()
print("issuer answers after 2 s, key in the cache:                   ", set_only)
print("issuer answers after 2 s, key in the cache, cache_keys=True:  ", with_keys)
print("issuer hangs, cache expired, timeout=1, four threads:          failed after", *failed, "s")
if set_only != "waited" or with_keys != "at once" or len(failed) != 4 or failed[-1] < 4:
    sys.exit("CHANGED: look-ups no longer wait for each other.")
PYTHON
