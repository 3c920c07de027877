"""Opens the page of webapp and the explorer behind a proxy, in Chromium: they work, and load nothing from elsewhere."""
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "Python"))
from browser import Browser

url = sys.argv[1]
with Browser() as browser:
    page = browser.page()
    page.open(url + "/")
    page.until_text("#cost", "arrived")
    page.open(url + "/docs")
    page.until("document.querySelector('#name').textContent === 'webapp'")
    assert all(address.startswith(url + "/") for address in page.requests()) and page.complaints() == []
