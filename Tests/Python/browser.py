"""A headless Chromium for tests: driven by its DevTools protocol through a pair of pipes, with the standard library alone."""
from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAMES = ("chromium", "chromium-headless-shell", "google-chrome")
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--force-color-profile=srgb", "--lang=en", "--remote-debugging-pipe",
)


class Late(AssertionError):
    """Something did not happen in time."""


class Browser:
    """One Chromium process, with a profile that goes with it. A context manager.

    `ports` maps a port of 127.0.0.1, as a page's address has it, to the one that is connected to.
    """

    def __init__(self, ports: dict[int, int] = {}) -> None:
        rules = ",".join(f"MAP 127.0.0.1:{port} 127.0.0.1:{target}" for port, target in ports.items())
        self._arguments = [*ARGUMENTS, *([f"--host-resolver-rules={rules}"] if rules else [])]

    def __enter__(self) -> Browser:
        executable = next(filter(None, map(shutil.which, NAMES)), None)
        if executable is None:
            raise RuntimeError(f"There is no Chromium: none of {', '.join(NAMES)} is in PATH.")
        self._profile = tempfile.mkdtemp(prefix="star-browser-")
        reading, self._to = _pipe()
        self._from, writing = _pipe()
        # Chromium reads its commands at descriptor 3 and answers at 4.
        command = f'exec "$0" "$@" 3<&{reading} 4>&{writing}'
        self._process = subprocess.Popen(
            ["bash", "-c", command, executable, *self._arguments, f"--user-data-dir={self._profile}", "about:blank"],
            pass_fds=(reading, writing), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "TZ": "UTC"})
        os.close(reading)
        os.close(writing)
        self._pending = b""
        self._id = 0
        self.events: list[dict] = []
        return self

    def __exit__(self, *_) -> None:
        os.close(self._to)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._from)
        shutil.rmtree(self._profile, ignore_errors=True)

    def page(self, width: int = 1280, height: int = 900, *, dark: bool = False, scale: float = 1,
             phone: bool = False, motion: bool = False) -> Page:
        """A new tab with a window of this size."""
        target = self.command("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.command("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, target, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.command(f"{domain}.enable")
        page.resize(width, height, scale=scale, phone=phone)
        page.media(dark=dark, motion=motion)
        return page

    def command(self, method: str, params: dict | None = None, session: str | None = None) -> dict:
        """Sends a command and waits for what it gives; events that come meanwhile are kept."""
        self._id += 1
        message = {"id": self._id, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]
        deadline = time.monotonic() + 30
        while True:
            answer = self._read(deadline)
            if answer is None:
                raise Late(f"Chromium has not answered {method}.")
            if answer.get("id") == self._id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def _read(self, deadline: float) -> dict | None:
        while b"\0" not in self._pending:
            ready, _, _ = select.select([self._from], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return None
            chunk = os.read(self._from, 1 << 20)
            if not chunk:
                raise RuntimeError("Chromium has ended.")
            self._pending += chunk
        message, self._pending = self._pending.split(b"\0", 1)
        return json.loads(message)


class Page:
    """A tab."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self.browser, self.target, self.session = browser, target, session

    def close(self) -> None:
        self.browser.command("Target.closeTarget", {"targetId": self.target})

    def command(self, method: str, params: dict | None = None) -> dict:
        return self.browser.command(method, params, self.session)

    def open(self, url: str) -> None:
        """Goes there, and waits until the page is loaded."""
        answer = self.command("Page.navigate", {"url": url})
        if "errorText" in answer:
            raise RuntimeError(f"{url}: {answer['errorText']}")
        self.until("document.readyState === 'complete'")

    def resize(self, width: int, height: int, *, scale: float = 1, phone: bool = False) -> None:
        self.command("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": scale, "mobile": phone})

    def media(self, kind: str = "screen", *, dark: bool = False, motion: bool = False) -> None:
        """Shows the page as on a screen, or as in print."""
        self.command("Emulation.setEmulatedMedia", {"media": kind, "features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "no-preference" if motion else "reduce"}]})

    def evaluate(self, expression: str):
        """The value of a JavaScript expression; a promise is awaited."""
        answer = self.command("Runtime.evaluate", {
            "expression": expression, "returnByValue": True, "awaitPromise": True})
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", expression))
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = 20) -> None:
        """Waits until an expression is true."""
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                raise Late(f"In {seconds} s it did not become true: {expression}\n{self.text('body')}")
            time.sleep(0.05)

    def text(self, selector: str) -> str:
        """The text that a person reads there."""
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def until_text(self, selector: str, words: str, seconds: float = 20) -> str:
        """Waits until the words stand there."""
        place = f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"
        self.until(f"({place}).includes({json.dumps(words)})", seconds)
        return self.text(selector)

    def click(self, selector: str) -> None:
        """Clicks with the mouse, in the middle of what is there; again, if the page has moved it away meanwhile."""
        for _ in range(10):
            box = self.evaluate(
                f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
                " window.isMissed = true;"
                " e.addEventListener('click', () => { window.isMissed = false; }, {capture: true, once: true});"
                " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
            for kind in ("mousePressed", "mouseReleased"):
                self.command("Input.dispatchMouseEvent", {
                    "type": kind, "x": box[0], "y": box[1], "button": "left", "clickCount": 1})
            # Another page knows nothing of it: the click has led there.
            if self.evaluate("window.isMissed") is not True:
                return
            time.sleep(0.1)

    def type(self, text: str) -> None:
        """Types into what has the focus."""
        self.command("Input.insertText", {"text": text})

    def press(self, key: str, *, shift: bool = False) -> None:
        """Presses a key that makes no letter: Tab, Enter, Escape."""
        code = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32}[key]
        text = {"Enter": "\r", " ": " "}.get(key, "")
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", {
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": 8 if shift else 0,
                **({"text": text} if text and kind == "keyDown" else {})})

    def screenshot(self, path: str | os.PathLike, *, whole: bool = False) -> None:
        """Writes a PNG of the window, or of the whole page."""
        params: dict = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            self.evaluate("scrollTo(0, 0)")
            size = self.command("Page.getLayoutMetrics")["cssContentSize"]
            params["clip"] = {**size, "scale": 1}
        data = self.command("Page.captureScreenshot", params)["data"]
        Path(path).write_bytes(base64.b64decode(data))

    def complaints(self) -> list[str]:
        """Errors of scripts and of the policy, so far. That a server answers with an error is none."""
        self.evaluate("0")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            params = event.get("params", {})
            if event["method"] == "Runtime.exceptionThrown":
                details = params["exceptionDetails"]
                found.append(details.get("exception", {}).get("description", details["text"]))
            elif event["method"] == "Log.entryAdded" and params["entry"]["level"] == "error":
                if params["entry"]["source"] != "network":
                    found.append(params["entry"]["text"])
        return found

    def requests(self) -> list[str]:
        """The addresses of all that was loaded so far."""
        self.evaluate("0")
        return [event["params"]["request"]["url"] for event in self.browser.events
                if event.get("sessionId") == self.session and event["method"] == "Network.requestWillBeSent"]


def _pipe() -> tuple[int, int]:
    """A pipe whose ends do not lie where Chromium wants its own."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return moved
