"""The pieces of the article “Verifying tokens elsewhere”, as programs that take a token or refuse it."""
from __future__ import annotations

import base64
import contextlib
import functools
import json
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

ARTICLE = Path(__file__).parents[2] / "Sources/Kit/Hosting/Documentation.docc/VerifyingTokens.md"
AUTH = "http://127.0.0.1:5040"
BEHIND = "http://127.0.0.1:9000"


def pieces(heading: str) -> list[str]:
    """The blocks of code below a heading."""
    chapter = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", ARTICLE.read_text(), re.DOTALL | re.MULTILINE)
    return re.findall(r"^```\w+\n(.*?)^```", chapter.group(1), re.DOTALL | re.MULTILINE)


def bad_tokens(token: str) -> dict[str, str]:
    """Tokens made of a good one that must be refused."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))

    def part(value) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return {
        "more than was signed": f"{head}.{part({**claims, 'scope': 'time users'})}.{signature}",
        "not signed": f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{body}.",
        "of another key": f"{part({'alg': 'EdDSA', 'typ': 'at+jwt', 'kid': 'x'})}.{body}.{signature}",
        "no token": "x",
    }


def run(command: list[str], token: str) -> bool:
    """True if a program accepts a token, which is its last argument."""
    done = subprocess.run([*command, token], capture_output=True, text=True, timeout=120)
    for mistake in ("ImportError", "ModuleNotFoundError", "SyntaxError", "NameError", "ERR_MODULE_NOT_FOUND"):
        assert mistake not in done.stderr, done.stderr
    return done.returncode == 0


def python(
        heading: str, auth: str, number: int = 0, last: str = "assert verify(sys.argv[1])['sub']", secret: str = "SECRET"):
    """A function that says whether a piece of Python takes a token. `secret` stands in it for SECRET."""
    piece = pieces(heading)[number].replace(AUTH, auth).replace("SECRET", secret)
    code = f"import sys\n{piece}\n{last}\n"
    return lambda token: run([sys.executable, "-c", code], token)


@contextlib.contextmanager
def go(auth: str):
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "main.go"), Path(folder, "verify")
        source.write_text(pieces("Go")[0].replace(AUTH, auth))
        subprocess.run(["go", "build", "-o", program, source], check=True, cwd=folder, timeout=120)
        yield lambda token: run([str(program)], token)


@contextlib.contextmanager
def node(auth: str, modules: str):
    """With jose from a folder of modules."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "node_modules").symlink_to(modules)
        program = Path(folder, "verify.mjs")
        program.write_text(pieces("Node")[0].replace(AUTH, auth) + "\nawait verify(process.argv[2])\n")
        yield lambda token: run(["node", str(program)], token)


class Answering(BaseHTTPRequestHandler):
    """The server behind a proxy."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@contextlib.contextmanager
def proxy(piece: str, auth: str, whole: str, command: list[str], **words: str):
    """A proxy with a piece of configuration, as a function from tokens to statuses, whose first argument is its port.

    In `whole` and `command`, PIECE, PORT, FOLDER and FILE stand for what they say.
    """
    backend = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=backend.serve_forever, daemon=True).start()
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "configuration")
        piece = piece.replace(AUTH, auth).replace(BEHIND, f"http://127.0.0.1:{backend.server_port}")
        words = {"PIECE": piece, "PORT": str(port), "FOLDER": folder, "FILE": str(file), **words}

        def filled(text: str) -> str:
            for word, meaning in words.items():
                text = text.replace(word, meaning)
            return text

        file.write_text(filled(whole))
        process = subprocess.Popen([filled(word) for word in command])
        try:
            while process.poll() is None and status(port, None) == 0:
                time.sleep(0.02)
            assert process.poll() is None, f"{command[0]} has ended"
            yield functools.partial(status, port)
        finally:
            process.terminate()
            process.wait(timeout=20)
            backend.shutdown()
            backend.server_close()


def status(port: int, token: str | None) -> int:
    """The status; 0 without a listener."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(
                urllib.request.Request(f"http://127.0.0.1:{port}/reports/", headers=headers), timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except urllib.error.URLError:
        return 0


NGINX = """
    daemon off;
    pid FOLDER/pid;
    error_log stderr error;
    events {}
    http {
        access_log off;
        client_body_temp_path FOLDER/body;
        proxy_temp_path FOLDER/proxy;
        fastcgi_temp_path FOLDER/fastcgi;
        uwsgi_temp_path FOLDER/uwsgi;
        scgi_temp_path FOLDER/scgi;
        server {
            listen 127.0.0.1:PORT TLS;
            PIECE
        }
    }
    """


def nginx(auth: str, piece: str | None = None, tls: str = ""):
    command = ["/usr/sbin/nginx", "-p", "FOLDER", "-c", "FILE"]
    return proxy(piece or pieces("nginx")[0], auth, NGINX, command, TLS=tls)


@contextlib.contextmanager
def over_tls(auth: str):
    """auth's address behind a certificate that no authority has signed."""
    with tempfile.TemporaryDirectory() as folder:
        files = ["-keyout", f"{folder}/key", "-out", f"{folder}/certificate"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=127.0.0.1", *files],
                       check=True, capture_output=True, timeout=60)
        piece = f"ssl_certificate {folder}/certificate; ssl_certificate_key {folder}/key;"
        with nginx(auth, piece + " location / { proxy_pass " + auth + "; }", tls="ssl") as front:
            yield f"https://127.0.0.1:{front.args[0]}"


def caddy(auth: str):
    whole = "{\n\tadmin off\n\tlog {\n\t\tlevel ERROR\n\t}\n}\nhttp://127.0.0.1:PORT {\nPIECE\n}\n"
    return proxy(pieces("Caddy")[0], auth, whole, ["caddy", "run", "--adapter", "caddyfile", "--config", "FILE"])


@contextlib.contextmanager
def apache(auth: str, secret: str):
    modules = "mpm_event authn_core authz_core authz_user proxy proxy_http auth_openidc".split()
    whole = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n" for name in modules) + """
        ServerRoot FOLDER
        ServerName 127.0.0.1
        PidFile FOLDER/pid
        DefaultRuntimeDir FOLDER
        Listen 127.0.0.1:PORT
        ErrorLog FOLDER/log
        OIDCCryptoPassphrase "only for sessions, of which there are none"
        OIDCOAuthSSLValidateServer Off
        PIECE
        """
    with over_tls(auth) as address:
        piece = pieces("Apache")[0].replace("https://auth.example", address).replace("SECRET", secret)
        with proxy(piece, auth, whole, ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", "FILE"]) as status:
            yield status
