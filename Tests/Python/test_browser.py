"""The browser that other tests look with."""
from __future__ import annotations

import pytest

from browser import Browser, Late

PAGE = "data:text/html,<title>t</title><input autofocus><button onclick=\"out.textContent = 'Hello, '" \
    " %2B document.querySelector('input').value\">Say</button><p id=out></p>"


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


def test_it_types_clicks_and_reads(browser):
    page = browser.page()
    page.open(PAGE)
    page.click("input")
    page.type("Ada")
    page.press("Tab")
    page.press("Enter")
    assert page.until_text("#out", "Ada") == "Hello, Ada"
    assert page.complaints() == []


def test_it_is_light_or_dark_and_of_any_size(browser, tmp_path):
    page = browser.page(390, 844, dark=True)
    page.open(PAGE)
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches && innerWidth === 390")
    page.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")


def test_what_does_not_happen_is_told(browser):
    page = browser.page()
    page.open(PAGE)
    with pytest.raises(Late):
        page.until("false", seconds=0.2)
    page.evaluate("setTimeout(() => { throw new Error('broken') })")
    page.until("true")
    assert any("broken" in complaint for complaint in page.complaints())
