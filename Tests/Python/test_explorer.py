"""The explorer at /docs in a real browser. With SCREENSHOTS=folder, it leaves pictures there to be looked at."""
from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from browser import Browser
from conftest import PORTS, ROOT, SERVICES

DESKTOP, PHONE, SMALL_PHONE = (1360, 900), (390, 844), (320, 568)
SCREENS = [(screen, dark) for screen in (DESKTOP, PHONE) for dark in (False, True)]


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def show(browser, family):
    """Opens the page of a service, drawn to its end; afterwards nothing must have gone wrong in any."""
    pages = []

    def show(service, screen=DESKTOP, dark=False):
        page = browser.page(*screen, dark=dark, phone=screen != DESKTOP, scale=1 if screen == DESKTOP else 2)
        pages.append(page)
        page.open(family.urls[service] + "/docs")
        page.until("document.querySelector('#name').textContent !== '…'")
        return page

    yield show
    complaints = [complaint for page in pages for complaint in page.complaints()]
    for page in pages:
        page.close()
    assert complaints == []


def schema(family, service):
    with urllib.request.urlopen(family.urls[service] + "/schema") as answer:
        return json.load(answer)


def run(page, function, *arguments):
    """The result of a JavaScript function."""
    return page.evaluate(f"({function})(...{json.dumps(arguments)})")


def fill(page, selector, text):
    run(page, """(selector, text) => {
        const control = document.querySelector(selector);
        control.value = text;
        control.dispatchEvent(new Event("input", { bubbles: true }));
    }""", selector, text)


def send(page, endpoint, **fields):
    """The answer that the page shows once the form of an endpoint was filled in and sent."""
    card = "#" + endpoint.replace(".", "-")
    for name, text in fields.items():
        fill(page, f"{card} [name={name}]", text)
    page.evaluate(f"document.querySelector('{card} [role=status]').replaceChildren()")
    page.click(f"{card} button.send")
    page.until(f"document.querySelector('{card} .answer') !== null")
    return page.text(f"{card} .answer")


def sample(page, endpoint, language):
    """The lines of code that the page offers."""
    return run(page, """(id, language) => {
        const code = document.getElementById(id).querySelector(".code");
        [...code.querySelectorAll("[role=tab]")].find(tab => tab.textContent === language).click();
        return code.querySelector("pre").textContent;
    }""", endpoint.replace(".", "-"), language)


@pytest.mark.parametrize("service", SERVICES)
def test_every_endpoint_of_the_schema_stands_on_the_page(show, family, service):
    operations = [operation for item in schema(family, service)["paths"].values() for operation in item.values()]
    page = show(service)
    shown = run(page, "() => [...document.querySelectorAll('article h3 a')].map(name => name.textContent)")
    assert sorted(shown) == sorted({operation["x-endpoint"] for operation in operations})
    text = run(page, "() => document.querySelector('main').textContent")
    assert "`" not in text
    for operation in operations:
        assert operation["summary"] in text
        assert all(parameter["name"] in text for parameter in operation.get("parameters", []))


def test_nothing_is_loaded_from_elsewhere(show, family):
    page = show("auth")
    assert len(page.requests()) > 5
    assert all(url.startswith(family.urls["auth"] + "/") for url in page.requests())
    loaded = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.responseStatus)")
    assert set(loaded) == {200}


def test_the_policy_lets_no_other_script_run(browser, family):
    page = browser.page()
    page.open(family.urls["webapp"] + "/docs")
    run(page, """() => {
        const script = document.createElement("script");
        script.textContent = "window.isBroken = true";
        document.body.append(script);
    }""")
    assert run(page, "() => window.isBroken === undefined")
    assert [complaint for complaint in page.complaints() if "Content Security Policy" in complaint]
    page.close()


def test_an_endpoint_is_tried(show):
    page = show("boilerplate")
    answer = send(page, "boilerplate.greet", name="Grace <b>Hopper</b>", times="2")
    assert "200 OK" in answer and "Hello, Grace <b>Hopper</b>!" in answer
    assert run(page, "() => document.querySelectorAll('.answer b').length") == 1      # the status, and no name


def test_a_form_can_be_sent_as_it_stands(show):
    page = show("auth")
    value = run(page, "() => document.querySelector('#auth-set_permissions [name=permissions]').value")
    assert json.loads(value) == ["time"]
    assert "list of strings" in run(page, "() => document.querySelector('#auth-set_permissions').innerText")
    assert "list of objects" in run(page, "() => document.querySelector('#auth-list_users').innerText")


def test_a_refusal_is_shown_with_every_fault(show):
    page = show("boilerplate")
    answer = send(page, "boilerplate.greet", name="x" * 65, times="11")
    assert "422" in answer and "/name" in answer and "/times" in answer


def test_a_token_that_was_made_is_used(show):
    page = show("auth")
    assert "201" in send(page, "auth.create")
    run(page, "() => [...document.querySelectorAll('.answer button')].find(b => b.textContent === 'Use this token').click()")
    assert "200 OK" in send(page, "auth.valid", resource="time")
    assert "403" in send(page, "auth.valid", resource="tide")
    token = run(page, "() => document.querySelector('#token').value")
    other = show("resource")
    assert "401" in send(other, "resource.epoch_time")
    fill(other, "#token", token)
    assert "200 OK" in send(other, "resource.epoch_time")


def test_the_curl_line_works_as_it_stands(show, family):
    page = show("boilerplate")
    fill(page, "#boilerplate-greet [name=name]", "O'Hara & Söhne")
    line = sample(page, "boilerplate.greet", "curl")
    said = subprocess.run(["bash", "-c", line], capture_output=True, timeout=20).stdout
    assert json.loads(said) == {"data": {"greeting": "Hello, O'Hara & Söhne!"}}
    made = subprocess.run(["bash", "-c", sample(show("auth"), "auth.create", "curl")], capture_output=True, timeout=20)
    token = json.loads(made.stdout)["data"]["token"]
    line = sample(show("resource"), "resource.epoch_time", "curl")
    assert token not in line
    said = subprocess.run(["bash", "-c", line], capture_output=True, timeout=20, env={**os.environ, "TOKEN": token})
    assert json.loads(said.stdout)["data"]["epoch_time"] > 1_574_653_197


def test_the_python_lines_work_as_they_stand(show, family):
    page = show("boilerplate")
    fill(page, "#boilerplate-greet [name=name]", 'Ada "the first"')
    for endpoint, words in ("boilerplate.greet", 'Hello, Ada "the first"!'), ("_health.check", "ready"):
        address = json.dumps(family.sockets["boilerplate"])
        lines = f"from starmicroservices import Client\naddress = {address}\n" + sample(page, endpoint, "Python")
        said = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, timeout=20,
                              env={**os.environ, "PYTHONPATH": str(ROOT / "Sources" / "Python")})
        assert words in said.stdout, said.stderr


def test_the_typescript_lines_work_as_they_stand(show):
    page = show("boilerplate")
    fill(page, "#boilerplate-greet [name=name]", 'Ada "the first"')
    assert logged(page, sample(page, "boilerplate.greet", "TypeScript")) == {"data": {"greeting": 'Hello, Ada "the first"!'}}
    auth = show("auth")
    token = logged(auth, sample(auth, "auth.create", "TypeScript"))["data"]["token"]
    fill(auth, "#token", token)
    lines = sample(auth, "auth.me", "TypeScript")
    assert token not in lines
    assert logged(auth, f"const token = {json.dumps(token)};\n{lines}")["data"]["user"] == "guest"


def logged(page, lines):
    """The lines that a piece of JavaScript writes to the console."""
    return page.evaluate(
        f"(async () => {{ let logged; const console = {{ log: value => {{ logged = value; }} }};\n{lines}\nreturn logged; }})()")


@pytest.mark.parametrize("service, endpoint, fields", [
    ("boilerplate", "boilerplate.greet", {"times": "2"}), ("resource", "resource.current_time", {}),
    ("auth", "auth.create", {"user": "ada", "password": "correct horse battery staple"}),
])
def test_the_go_lines_are_those_that_a_check_compiles(show, family, service, endpoint, fields):
    page = show(service)
    for name, text in fields.items():
        fill(page, f"#{endpoint.replace('.', '-')} [name={name}]", text)
    lines = sample(page, endpoint, "Go").replace(family.urls[service], f"http://localhost:{PORTS[service]}")
    compiled = (ROOT / "Tests" / "Clients" / "explorer_lines.go").read_text()
    assert lines.split() and " ".join(lines.split()) in " ".join(compiled.split())


@pytest.mark.parametrize("service, endpoint, fields", [
    ("boilerplate", "boilerplate.greet", {"times": "2"}), ("boilerplate", "boilerplate.smoke", {}),
    ("boilerplate", "_health.check", {}), ("resource", "resource.current_time", {}),
    ("auth", "auth.create", {"user": "ada", "password": "correct horse battery staple"}),
])
def test_the_swift_lines_are_those_that_a_test_compiles(show, family, service, endpoint, fields):
    page = show(service)
    for name, text in fields.items():
        fill(page, f"#{endpoint.replace('.', '-')} [name={name}]", text)
    lines = sample(page, endpoint, "Swift").replace(family.urls[service], f"http://localhost:{PORTS[service]}")
    compiled = (ROOT / "Tests" / "DocumentsTests" / "ExplorerLines.swift").read_text()
    assert lines.split() and " ".join(lines.split()) in " ".join(compiled.split())


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("screen", [DESKTOP, PHONE, SMALL_PHONE])
def test_nothing_is_wider_than_the_screen(show, service, screen):
    page = show(service, screen)
    run(page, "() => { for (const part of document.querySelectorAll('details')) part.open = true; }")
    assert run(page, "() => document.documentElement.scrollWidth") <= screen[0]
    assert run(page, """() => [...document.querySelectorAll("main *")].filter(part => {
        const box = part.getBoundingClientRect();
        return box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
    }).map(part => part.outerHTML.slice(0, 80))""") == []


def test_a_list_of_tabs_has_tabs_alone_and_names_its_panel(show):
    page = show("auth")
    send(page, "auth.keys")
    assert "Copy" in run(page, "() => [...document.querySelectorAll('.code button')].map(button => button.textContent)")
    assert run(page, """() => [...document.querySelectorAll("[role=tablist] > *")].filter(part => part.role !== "tab")
        .map(part => part.outerHTML)""") == []
    for language in ("Go", "curl"):
        sample(page, "auth.keys", language)
        panels = run(page, """() => [...document.querySelectorAll("[role=tabpanel]")].map(panel => {
            const tab = document.getElementById(panel.getAttribute("aria-labelledby"));
            return [tab.textContent, tab.ariaSelected, tab.getAttribute("aria-controls") === panel.id, panel.tabIndex];
        })""")
        assert panels and all(panel == [language, "true", True, 0] for panel in panels)
    unnamed = run(page, """() => [...document.querySelectorAll("pre[tabindex]")].filter(box => !(box.role
        && (box.ariaLabel || box.getAttribute("aria-labelledby")))).map(box => box.outerHTML)""")
    assert unnamed == []


def test_it_can_be_printed(show):
    page = show("auth", (794, 1123), dark=True)
    page.media("print", dark=True)
    shown = run(page, """() => [...document.querySelectorAll(".skip, nav, button, form, input, .answer")]
        .filter(part => part.checkVisibility()).map(part => part.outerHTML)""")
    assert shown == []
    assert run(page, """() => ["body", ".top", "article"].map(name => document.querySelector(name))
        .map(part => getComputedStyle(part)).filter(style => style.position === "sticky").length""") == 0
    assert run(page, "() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert run(page, "() => getComputedStyle(document.querySelector('article')).backgroundColor") == "rgb(255, 255, 255)"
    # A part that is closed on the screen is of use on paper when it is open.
    assert run(page, "() => [...document.querySelectorAll('details td')].every(part => part.checkVisibility())")
    assert run(page, "() => document.querySelector('details td').getBoundingClientRect().height > 0")


# Contrast as WCAG 2.2 counts it, of every text on the page with what is behind it.
CONTRASTS = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const over = (color, behind) => {
        canvas.fillStyle = `rgb(${behind})`; canvas.fillRect(0, 0, 1, 1);
        canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
    };
    const ground = part => {
        const behind = part.parentElement ? ground(part.parentElement) : [255, 255, 255];
        return over(getComputedStyle(part).backgroundColor, behind);
    };
    const light = color => {
        const [r, g, b] = color.map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (texts.nextNode()) {
        const part = texts.currentNode.parentElement;
        if (!texts.currentNode.data.trim() || !part.checkVisibility() || part.closest(".skip")) continue;
        const behind = ground(part);
        const both = [light(behind), light(over(getComputedStyle(part).color, behind))].sort((a, b) => b - a);
        const contrast = (both[0] + .05) / (both[1] + .05);
        const size = parseFloat(getComputedStyle(part).fontSize);
        if (contrast < 4.5 || size < 10) found.push([texts.currentNode.data.trim(), contrast.toFixed(2), size]);
    }
    return found;
}"""


@pytest.mark.parametrize("screen, dark", SCREENS)
def test_every_text_can_be_read(show, screen, dark):
    page = show("auth", screen, dark)
    send(page, "auth.create")
    send(page, "auth.valid", resource="tide")
    run(page, "() => { for (const part of document.querySelectorAll('details')) part.open = true; }")
    ground = run(page, "() => getComputedStyle(document.body).backgroundColor")
    assert (int(ground[4:].split(",")[0]) < 64) == dark
    found = run(page, CONTRASTS)
    assert found == [], found


def test_the_filter_leaves_what_is_wanted_and_a_key_leads_to_it(show):
    page = show("auth")
    for kind in "keyDown", "keyUp":
        page.command("Input.dispatchKeyEvent", {"type": kind, "key": "/", **({"text": "/"} if kind == "keyDown" else {})})
    assert run(page, "() => document.activeElement.id") == "filter"
    page.type("auth.keys")
    shown = "() => [...document.querySelectorAll('article')].filter(a => a.checkVisibility()).map(a => a.id)"
    assert run(page, shown) == ["auth-keys"]


def test_the_keyboard_reaches_every_control(show):
    page = show("boilerplate")
    controls = run(page, "() => document.querySelectorAll('a[href], button, input, select, textarea, summary, pre').length")
    reached = set()
    for _ in range(controls + 5):
        page.press("Tab")
        reached.add(run(page, """() => {
            const all = [...document.querySelectorAll("*")];
            return all.indexOf(document.activeElement);
        }"""))
    unreached = run(page, """reached => [...document.querySelectorAll("button, input, select, textarea, summary")]
        .filter(part => part.checkVisibility() && part.role !== "tab"
            && !reached.includes([...document.querySelectorAll("*")].indexOf(part)))
        .map(part => part.outerHTML)""", sorted(reached))
    assert unreached == []


@pytest.mark.parametrize("screen, dark", SCREENS)
def test_pictures_are_taken(show, screen, dark, tmp_path):
    folder = Path(os.environ.get("SCREENSHOTS", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    for service, endpoint in ("auth", "auth.create"), ("boilerplate", "boilerplate.greet"):
        page = show(service, screen, dark)
        send(page, endpoint)
        picture = folder / f"{service}-{screen[0]}-{'dark' if dark else 'light'}.png"
        page.screenshot(picture, whole=True)
        assert picture.stat().st_size > 10_000
