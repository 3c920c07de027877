"""The pages below a path, behind a proxy that strips it: no setting is needed for that."""
import json
import urllib.request
from urllib.parse import urljoin

import pytest

from browser import Browser
from prefix_proxy import PrefixProxy


@pytest.fixture(scope="module")
def proxy(family):
    with PrefixProxy({"/star": family.urls["webapp"], "/deep/er/auth": family.urls["auth"]}) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser):
    page = browser.page()
    yield page
    assert page.complaints() == []
    page.close()


def test_the_page_of_webapp_shows_the_time_and_compares_the_wires(page, proxy):
    page.open(proxy.url + "/star/")
    page.until_text("#cost", "arrived")
    assert page.evaluate("[...document.styleSheets].map(sheet => sheet.cssRules.length > 0)") == [True, True]
    page.click("#compare")
    page.until("performance.getEntriesByType('resource').some(entry => entry.name.endsWith('/star/page/comparison'))")
    assert all(url.startswith(proxy.url + "/star/") for url in page.requests())
    links = page.evaluate("[...document.querySelectorAll('a')].map(a => a.href).filter(href => !href.includes('#'))")
    assert {proxy.url + "/star/" + path for path in ("", "docs", "schema", "metrics")} <= set(links)


@pytest.mark.parametrize("path", ["/", "/docs", "/docs/", "/docs/?a=b#c"])
def test_the_explorer_tries_an_endpoint(page, proxy, path):
    page.open(proxy.url + "/deep/er/auth" + path)
    page.until("document.querySelector('#name').textContent === 'auth'")
    assert f"{proxy.url}/deep/er/auth/api/v1/auth/create" in page.text("main")
    page.evaluate("document.querySelector(\"article[id*=live] form\").requestSubmit()")
    page.until_text("article[id*=live] .answer", "200")
    assert all(url.startswith(proxy.url + "/deep/er/auth/") for url in page.requests())


@pytest.mark.parametrize("prefix", ["/star", "/deep/er/auth"])
def test_a_client_finds_the_service_by_its_schema(proxy, prefix):
    url = proxy.url + prefix + "/schema"
    with urllib.request.urlopen(url) as answer:
        schema = json.load(answer)
    server = urljoin(url, schema["servers"][0]["url"]).rstrip("/")
    assert server == proxy.url + prefix
    with urllib.request.urlopen(server + "/health/live") as answer:
        assert answer.status == 200
