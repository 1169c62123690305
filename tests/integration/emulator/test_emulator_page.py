"""The page in a real browser: it shows what happened, as text and nothing else, and asks no other host."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from emulator.state import defaults
from tests.support.emulation import EmulatorThread
from tests.support.emulator_clients import AGENTLESS, sms

pytestmark = pytest.mark.browser
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
EVIL = "<img src=x onerror='document.title=1'>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_shows_what_happened(
    browser: Browser, platform: httpx.Client, fresh: EmulatorThread, scheme: str
) -> None:
    platform.post(AGENTLESS, json=sms())
    body = sms(toAddress=EVIL, toAddressMessengerType="open", fromAddress=defaults.OPEN_INTEGRATION_ID)
    assert platform.post(AGENTLESS, json=body).status_code == 200
    fresh.configure(faults=[{"kind": "latency", "seconds": 0.001}])
    page = browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(fresh.url)
    page.get_by_text("+14155550000").wait_for(timeout=10_000)
    assert page.locator("#reached").inner_text() == "2"
    assert EVIL in page.locator("#truth").inner_text()
    assert "latency" in page.locator("#faults").inner_text()
    assert page.locator("#truth").inner_text().count("connected") == 2
    [row, _] = fresh.state()["truth"]["latest"]
    fresh.end(row["conversation_id"])
    page.get_by_text("disconnected: peer").wait_for(timeout=10_000)
    assert page.title() == "Genesys Cloud emulator"
    assert [url for url in asked if not url.startswith((fresh.url, "data:"))] == []
    assert said == []
    page.close()
