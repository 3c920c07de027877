"""The page at webapp's `/`, as a visitor has it: a real browser, and each service a process of its own."""
from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlparse

import pytest

from browser import Browser
from comparing import free_ports
from conftest import PORTS, SERVICES, STAR

PASSWORD = "correct horse battery staple"


class Family:
    """Services, each a process, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip(SERVICES, free_ports(len(SERVICES))))
        ports = {f"{name.upper()}_HTTP_PORT": str(port) for name, port in self.ports.items()}
        self.environment = {**os.environ, **ports, "GUEST_PERMISSIONS": "time", "LOG_LEVEL": "warning",
                            "AUTH_RATE_LIMIT_PER_ADDRESS": "0", "AUTH_RATE_LIMIT_PER_USER": "0"}
        self.url = f"http://127.0.0.1:{self.ports['webapp']}/"
        self.processes: dict[str, subprocess.Popen] = {}

    def start(self, name: str) -> None:
        self.processes[name] = subprocess.Popen([STAR, "serve", name], cwd=self.folder, env=self.environment)

    def crash(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait()

    def star(self, *arguments: str, text: str = "") -> None:
        subprocess.run([STAR, *arguments], cwd=self.folder, env=self.environment, input=text, text=True, check=True,
                       timeout=60)

    def stop(self) -> None:
        for process in self.processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self.processes.values():
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    family = Family(tmp_path_factory.mktemp("star"))
    family.star("users", "add", "ada", "--permission", "time", "--permission", "users", text=PASSWORD + "\n")
    family.star("users", "add", "bob", "--permission", "tide", text=PASSWORD + "\n")
    try:
        for name in SERVICES:
            family.start(name)
        family.star("health", "all", "--wait", "30")
        yield family
    finally:
        family.stop()


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser, family):
    page = browser.page()
    page.open(family.url)
    page.until_text("#cost", "arrived")
    yield page
    page.close()


def get(url: str, body: bytes | None = None, headers: dict[str, str] = {}) -> tuple[int, str]:
    """Status and text of an answer, whatever it is."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def sign_in(page, user: str, password: str = PASSWORD) -> None:
    page.click("#sign-in")
    page.type(user)
    page.press("Tab")
    page.type(password)
    page.press("Enter")


def test_a_visitor_sees_the_time_and_what_it_cost(page):
    assert re.fullmatch(r"\d\d:\d\d:\d\d", page.text("#clock"))
    assert re.search(r"arrived over ZeroMQ in [\d.]+ ms", page.text("#cost"))
    before = page.text("#clock")
    page.until(f"document.querySelector('#clock').textContent !== {json.dumps(before)}", 5)


def test_it_opens_at_its_default_port(family):
    """Browsers refuse some ports; only the port in the address matters to them, so that any may be connected to."""
    blocked = 5060
    ports = {PORTS[name]: family.ports[name] for name in SERVICES} | {blocked: family.ports["webapp"]}
    with Browser(ports) as browser:
        page = browser.page()
        page.open(f"http://127.0.0.1:{PORTS['webapp']}/")
        page.until_text("#cost", "arrived")
        for name in SERVICES:
            page.open(f"http://127.0.0.1:{PORTS[name]}/docs")
            page.until_text("body", name)
        with pytest.raises(RuntimeError, match="ERR_UNSAFE_PORT"):
            page.open(f"http://127.0.0.1:{blocked}/")


def test_nothing_comes_from_elsewhere_and_the_policy_holds(page, family):
    page.until("document.querySelectorAll('.card').length > 2")
    assert {urlparse(address).netloc for address in page.requests()} == {urlparse(family.url).netloc}
    assert page.complaints() == []
    page.evaluate("const s = document.createElement('style'); s.textContent = 'body { color: red }';"
                  "document.head.append(s)")
    assert any("Content Security Policy" in complaint for complaint in page.complaints())


def test_a_visitor_sees_the_services(page):
    for name in SERVICES:
        card = f".card[data-name={name}]"
        page.until_text(card, "Ready")
        assert re.search(r"\d+\.\d+\.\d+", page.text(card))


def test_a_comparison_is_watched_while_it_grows(page, family):
    page.click("#compare")
    page.until("document.querySelectorAll('#histogram .column.zmq').length > 0"
               " && document.querySelectorAll('#histogram .column.http').length > 0")
    assert page.evaluate("document.querySelector('#progress').value") < 1
    page.until_text("#compare", "Compare again")
    # It was watched as a stream, not asked for again and again.
    assert f"{family.url}page/comparison" in page.requests()
    assert page.requests().count(f"{family.url}api/v1/comparison") < 8
    # It says how sure it is; on a machine with much else to do it may not be.
    assert re.search(r"answers [\d.]+ times as fast \([\d.]+ to [\d.]+, with 95 % confidence\)|cannot distinguish the two",
                     page.text("#verdict"))
    counts = page.evaluate("[...document.querySelectorAll('#figures tbody tr')].map(row => row.cells[1].textContent)")
    assert len(counts) == 2 and "0" not in counts
    assert "half within" in page.evaluate("document.querySelector('#histogram svg').getAttribute('aria-label')")


def test_a_call_is_looked_at_as_a_trace(page):
    page.until("document.querySelector('#call-list button')")
    page.click("#call-list button")
    page.until_text("#trace", "resource.current_time over ZeroMQ ipc")
    page.until("document.querySelectorAll('#trace .ledger').length === 1")
    rows = page.evaluate("[...document.querySelectorAll('.ledger tbody tr')].map(r => [...r.cells].map(c => c.textContent))")
    assert [row[0] for row in rows] == ["Wire", "Queue", "Actor wait", "Access", "Decode", "Handler", "Encode"]
    assert all(re.fullmatch(r"[\d.]+ µs", row[-1]) for row in rows)
    # The bar of each step has its parts, and they fill it.
    widths = page.evaluate("""[...document.querySelectorAll('.span')].map(bar => [bar.getBoundingClientRect().width,
        [...bar.children].reduce((sum, part) => sum + part.getBoundingClientRect().width, 0)])""")
    assert len(widths) >= 2 and all(abs(bar - parts) < 1 for bar, parts in widths)
    assert page.evaluate("document.querySelector('#call-list button').ariaPressed") == "true"
    assert re.search(r"trace [0-9a-f]{32}", page.text("#trace"))


def test_signing_in_and_out_keeps_the_token_in_memory_alone(page):
    sign_in(page, "ada", "wrong password")
    page.until_text("#sign-in-trouble", "no such user")
    page.evaluate("document.querySelector('#sign-in-form').elements.password.select()")
    page.type(PASSWORD)
    page.press("Enter")
    page.until_text("#who", "ada")
    assert page.evaluate("document.querySelector('#sign-in-dialog').open") is False
    assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    page.click("#sign-out")
    page.until_text("#who", "Guest")


def test_who_may_manage_users_does(page):
    assert page.evaluate("document.querySelector('#users').hidden")
    sign_in(page, "ada")
    page.until_text("#user-list", "ada")
    page.click("#add-user input")
    for text in ("grace", "a password of hers", "time"):
        page.type(text)
        page.press("Tab")
    page.press("Enter")
    page.until_text("#user-list", "grace")
    page.click("[aria-label='Lock grace']")
    page.until_text("#user-list", "Locked")
    page.click("[aria-label='Permissions grace']")
    page.type(" stars")
    page.press("Enter")
    page.until("!document.querySelector('#users-trouble').hidden")
    page.evaluate("document.querySelector('#add-user input').value = 'gr ace'")
    page.click("#add-user button")
    page.until("document.querySelector('#users-trouble').hidden && document.querySelector('#add-user input:invalid')")
    page.evaluate("document.querySelector('#add-user').reset()")
    page.click("[aria-label='Permissions grace']")
    page.evaluate("document.querySelector('#question input').value = 'time users'")
    page.press("Enter")
    page.until("document.querySelector('#user-list tr:last-child .chips').children.length === 2")
    # Faster than a browser reports the end of a dialog.
    page.evaluate("""
        for (const button of ["[aria-label='Delete grace']", "#question-cancel", "[aria-label='Delete grace']"]) {
          document.querySelector(button).click();
        }""")
    page.click("#question button.main")
    page.until("!document.querySelector('#user-list').innerText.includes('grace')")
    page.click("#sign-out")
    page.until("document.querySelector('#users').hidden")
    assert page.complaints() == []


def test_the_tokens_are_renewed_and_end_with_the_session(page, family):
    page.evaluate("const whole = setTimeout; globalThis.setTimeout = (act, time) => whole(act, time > 60000 ? 50 : time)")
    sign_in(page, "ada")
    page.until_text("#who", "ada")
    renewals = f"performance.getEntriesByName('{family.url}api/v1/session/refresh').length"
    page.until(f"{renewals} >= 2")
    assert page.text("#who") == "ada"
    page.click("#sign-out")
    page.until_text("#who", "Guest")
    assert f"{family.url}api/v1/session/end" in page.requests()


# The page's calls and waits are recorded: `renewals` are pending, `shown` are the tokens of its calls, `answered` are the
# calls. `answers` are given before any of the network's, `holds` are waited for before an answer is passed on; both go by
# method and path. No call has an end of its own, so that an answer may be held for as long as it takes.
WATCHED = """
(() => {
  const [later, never, ask] = [setTimeout, clearTimeout, fetch];
  Object.assign(globalThis, { renewals: new Map(), shown: [], answered: [], answers: {}, holds: {} });
  globalThis.setTimeout = (act, time) => {
    const timer = later(time > 60000 ? () => {} : act, time);
    if (time > 60000) renewals.set(timer, act);
    return timer;
  };
  globalThis.clearTimeout = timer => { renewals.delete(timer); never(timer); };
  globalThis.fetch = async (address, options) => {
    const name = `${options.method} ${new URL(address, location).pathname}`;
    shown.push(options.headers["X-Token"] ?? null);
    const answer = answers[name] ?? await ask(address, { ...options, signal: null });
    answered.push(name);
    await holds[name];
    return answer;
  };
})()
"""


def test_a_sign_in_that_fails_halfway_leaves_no_session(page):
    page.evaluate(WATCHED)
    page.evaluate("answers['GET /api/v1/session'] = Response.json({ detail: 'Later.' }, { status: 503 })")
    sign_in(page, "ada")
    page.until_text("#sign-in-trouble", "Later.")
    assert page.evaluate("shown.filter(token => token).length") == 1
    assert page.evaluate("renewals.size") == 0
    page.until("answered.includes('POST /api/v1/session/end')")
    assert page.text("#who") == "Guest"


def test_a_renewal_that_comes_late_gives_nobody_the_token_of_another(page):
    page.evaluate(WATCHED)
    sign_in(page, "ada")
    page.until_text("#who", "ada")
    page.evaluate("void (holds['POST /api/v1/session/refresh'] = new Promise(pass => { globalThis.pass = pass }))")
    page.evaluate("[...renewals.values()].forEach(renew => renew())")
    page.until("answered.includes('POST /api/v1/session/refresh')")
    page.click("#sign-out")
    page.until_text("#who", "Guest")
    sign_in(page, "bob")
    page.until_text("#who", "bob")
    page.evaluate("(pass(), shown.length = 0)")
    page.until("shown.filter(token => token).length > 1")
    owner = "fetch('/api/v1/session', { method: 'GET', headers: { 'X-Token': shown.at(-1) } }).then(answer => answer.json())"
    assert page.evaluate(owner)["data"]["user"] == "bob"
    page.click("#sign-out")
    page.until_text("#who", "Guest")


def test_what_a_token_does_not_permit_is_said_in_words(page):
    sign_in(page, "bob")
    page.until_text("#who", "bob")
    page.until_text("#cost", "Your token does not permit the time.")
    assert page.evaluate("document.querySelector('#users').hidden")
    page.click("#sign-out")
    page.until_text("#cost", "arrived")


def test_a_service_that_is_killed_is_told_and_comes_back_by_itself(page, family):
    page.until_text(".card[data-name=resource]", "Ready")
    family.crash("resource")
    page.until_text(".card[data-name=resource]", "Down")
    page.until_text("#cost", "Trying again")
    assert page.text("#clock") == "--:--:--"
    assert "Ready" in page.text(".card[data-name=auth]")
    page.until("document.querySelector('#news').textContent.length > 0")
    family.start("resource")
    page.until_text(".card[data-name=resource]", "Ready")
    page.until_text("#cost", "arrived")
    assert page.complaints() == []


def test_a_visitor_learns_nothing_of_where_services_are(family):
    """Not even where a peer is reached over HTTP and cannot be."""
    outside = {**family.environment, "WEBAPP_HTTP_PORT": str(free_ports(1)[0]), "WEBAPP_ZMQ_LISTEN": f"ipc://{family.folder}/w.sock",
               "RESOURCE_URL": f"http://127.0.0.1:{free_ports(1)[0]}"}
    webapp = subprocess.Popen([STAR, "serve", "webapp"], cwd=family.folder, env=outside)
    try:
        subprocess.run([STAR, "health", "webapp", "--wait", "5"], cwd=family.folder, env=outside, timeout=60)
        for path in ("time/current_time", "time/epoch_time", "clock", "services"):
            status, text = get(f"http://127.0.0.1:{outside['WEBAPP_HTTP_PORT']}/api/v1/{path}")
            assert status == (200 if path == "services" else 503) and "127.0.0.1" not in text and "http://" not in text
    finally:
        webapp.send_signal(signal.SIGTERM)
        webapp.wait(timeout=20)


def test_each_replica_is_shown_and_one_that_is_killed_is_told(browser, tmp_path):
    family = Family(tmp_path)
    sockets = [f"ipc://{tmp_path}/{name}.sock" for name in ("one", "two")]
    family.environment["RESOURCE_URL"] = ",".join(sockets)
    page = browser.page()
    try:
        for name, address in zip(("resource", "other"), sockets):
            port = family.ports.setdefault(name, free_ports(1)[0])
            settings = {**family.environment, "RESOURCE_ZMQ_LISTEN": address, "RESOURCE_HTTP_PORT": str(port)}
            family.processes[name] = subprocess.Popen([STAR, "serve", "resource"], cwd=tmp_path, env=settings)
        for name in ("auth", "webapp"):
            family.start(name)
        family.star("health", "auth", "resource", "webapp", "--wait", "30")
        page.open(family.url)
        card = ".card[data-name=resource]"
        page.until(f"document.querySelectorAll('{card} .replica.ready').length === 2")
        assert page.text(card).count("Running for") == 2 and page.text(card).count("1.0.0") == 2
        family.crash("other")
        page.until_text(card, "Replica 2: down")
        assert "Partly ready" in page.text(card) and "Replica 1: ready" in page.text(card)
        # The other one answers all calls.
        for _ in range(10):
            assert get(f"{family.url}api/v1/time/epoch_time")[0] == 200
        assert page.complaints() == []
    finally:
        page.close()
        family.stop()


def test_no_other_site_gets_a_session(browser, page, family):
    session = json.dumps(f"{family.url}api/v1/session")
    other = browser.page()
    other.open("data:text/html,<title>another site</title>")
    body = json.dumps(json.dumps({"user": "ada", "password": PASSWORD}))
    for options in ("headers: { 'Content-Type': 'application/json' }, mode: 'cors'", "mode: 'cors'",
                    "headers: { 'X-Token': 'a' }, mode: 'cors'"):
        got = other.evaluate(f"fetch({session}, {{ method: 'POST', body: {body}, {options} }}).then(() => 'read', () => 'refused')")
        assert got == "refused"
    other.close()
    # A request that a browser sends unasked, as a form would, is refused whatever the browser shows of the answer.
    for path in ("session", "session/refresh", "session/end"):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            assert get(f"{family.url}api/v1/{path}", b'{"user":"ada"}', {"Content-Type": kind})[0] == 415
    # There is no cookie that could travel along.
    sign_in(page, "ada")
    page.until_text("#who", "ada")
    assert page.command("Network.getAllCookies")["cookies"] == []
    page.click("#sign-out")
    page.until_text("#who", "Guest")


def test_webapp_itself_may_go_and_come_back(page, family):
    family.crash("webapp")
    page.until_text("#outage", "webapp does not answer")
    family.start("webapp")
    page.until("document.querySelector('#outage').hidden", 30)
    page.until_text("#cost", "arrived")


def test_the_keyboard_reaches_everything(page):
    page.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    reached = set()
    for _ in range(60):
        page.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert {"compare", "webapp.clock", "OpenAPI"} <= reached


def test_every_control_has_a_name_and_every_table_a_caption(page):
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, a, input, progress')].filter(e => !(e.ariaLabel || e.textContent.trim()"
        " || e.labels?.[0]?.textContent.trim())).map(e => e.outerHTML)")
    assert unnamed == []
    assert page.evaluate("[...document.querySelectorAll('table')].every(t => t.caption?.textContent.trim())")
    assert page.evaluate("document.querySelectorAll('h1').length") == 1


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_and_is_readable(browser, family, width, dark):
    page = browser.page(width, 844, dark=dark)
    page.open(family.url)
    page.until_text("#cost", "arrived")
    page.until("document.querySelectorAll('.card').length > 2")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
    page.close()


def test_it_fits_for_who_manages_users(browser, family):
    page = browser.page(1200, 900)
    page.open(family.url)
    sign_in(page, "ada")
    page.until_text("#user-list", "ada")
    page.until("document.querySelector('#trace .ledger')")
    for width in (320, 360, 412, 1200):
        page.resize(width, 844, phone=width < 800)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    # A box that scrolls clips what is unseen in it, can be reached by the keyboard, and has a name.
    boxes = page.evaluate("""[...document.querySelectorAll(".scroll")].map(box => [
        [...box.querySelectorAll(".unseen")].every(unseen => unseen.offsetParent === box),
        box.tabIndex, box.role, document.getElementById(box.getAttribute("aria-labelledby"))?.textContent])""")
    assert boxes == [
        [True, 0, "region", "Time for one call, in milliseconds"],
        [True, 0, "region", "Where the time of each step went"],
        [True, 0, "region", "Users, their permissions and what can be done with them"]]
    assert page.complaints() == []
    page.close()


def test_it_can_be_printed(browser, family):
    page = browser.page(794, 1123, dark=True)
    page.open(family.url)
    sign_in(page, "ada")
    page.until_text("#user-list", "ada")
    page.until("document.querySelector('#call-list button')")
    page.media("print", dark=True)
    shown = page.evaluate("""[...document.querySelectorAll("a.skip, nav, button, form, progress, dialog, .who, .actions")]
        .filter(part => part.checkVisibility() && !part.closest(".calls")).map(part => part.outerHTML)""")
    assert shown == []
    assert page.text("#call-list") and "ada" in page.text("#user-list")
    grounds = page.evaluate("""["body", ".top", ".hero", ".panel", ".card"].map(name =>
        getComputedStyle(document.querySelector(name))).map(style => [style.backgroundColor, style.position])""")
    assert {color for color, _ in grounds[:1] + grounds[2:]} <= {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert "fixed" not in dict(grounds).values() and "sticky" not in dict(grounds).values()
    cut = page.evaluate("""[...document.querySelectorAll(".scroll")].map(box => getComputedStyle(box).overflowX)""")
    assert set(cut) == {"visible"}
    page.close()


# Draws comparisons whose halves lie here and there, and returns the labels that lie on another label, on a line or on a column.
OVERLAPS = """
import(new URL("page/histogram.js", location)).then(({ drawHistogram }) => {
  const place = document.getElementById("histogram");
  const bounds = Array.from({ length: 40 }, (_, index) => 20 * 1.25 ** index);
  const times = [30, 90, 230, 610, 1600, 2300, 9800, 41_000];
  const entry = (link, p50) => ({ link, p50, p99: p50 * 2, calls: 100,
    counts: bounds.map(bound => Math.abs(Math.log(bound / p50)) < 0.7 ? 20 : 0) });
  const found = [];
  for (const one of times) for (const other of times) {
    drawHistogram(place, { bounds, wires: [entry("ipc", one), entry("http", other)] });
    const frame = place.getBoundingClientRect();
    const boxes = [...place.querySelectorAll("text, line, rect")].map(part => [part, part.getBoundingClientRect()]);
    for (const [label, a] of boxes.filter(([part]) => part.tagName === "text")) {
      if (a.left < frame.left - 1 || a.right > frame.right + 1) found.push([label.textContent, "edge", one, other]);
      for (const [part, b] of boxes) {
        if (part === label || a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top) continue;
        found.push([label.textContent, part.outerHTML, one, other]);
      }
    }
  }
  drawHistogram(place, null);
  return found.slice(0, 5);
})
"""


def test_the_labels_of_the_histogram_lie_on_nothing(browser, family):
    page = browser.page(1200, 900)
    page.open(family.url)
    for width in (320, 360, 412, 1200):
        page.resize(width, 844, phone=width < 800)
        assert page.evaluate(OVERLAPS) == []
    page.close()


# Texts whose contrast with what is behind them is below 4.5 to 1 (WCAG 2.2, 1.4.3), as far as plain colours show.
CONTRAST = """
(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] > 250) return colour;
    }
    return rgba("Canvas");
  };
  return [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && !e.closest(":disabled, svg")
      && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
    .map(e => {
      const [one, other] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((a, b) => b - a);
      return [e.textContent.trim(), (one + 0.05) / (other + 0.05)];
    }).filter(([, ratio]) => ratio < 4.5).map(([text, ratio]) => `${text}: ${ratio.toFixed(1)}`);
})()
"""
