"""The emulator's own page: whom it reached, their conversations and its faults, while one looks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from emulator.client import EmulatorServer
from tests.browser.steps import shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FAULT = {"kind": "act_then_reset", "operation": "messages.agentless", "nth": 2}
LINES = "all => all.filter(row => row.getBoundingClientRect().height > 40).length"


def text_people(url: str, people: int) -> None:
    """One SMS to each; the second one's answer is lost."""
    grant = {"grant_type": "client_credentials"}
    with httpx.Client(base_url=url, trust_env=False) as client:
        token = client.post("/oauth/token", auth=("demo", "demo"), data=grant).json()["access_token"]
        for n in range(people):
            said = {"fromAddress": "+13175550100", "toAddress": f"+1415555{n:04}", "textBody": "Hello"}
            order = {**said, "toAddressMessengerType": "sms"}
            headers = {"Authorization": f"Bearer {token}"}
            try:
                client.post("/api/v2/conversations/messages/agentless", json=order, headers=headers)
            except httpx.TransportError:
                assert n == 1


def test_people_conversations_and_faults_show_while_one_looks(page: Any) -> None:
    with EmulatorServer() as genesys:
        page.goto(genesys.url)
        page.get_by_text("Nobody has been reached yet.").wait_for()
        genesys.configure(faults=[FAULT])
        text_people(genesys.url, 3)
        page.locator("#truth").get_by_text("connected").nth(2).wait_for()
        shoot(page, "emulator", height=1400)

        assert page.locator("#reached").inner_text() == "3"
        assert "act_then_reset\tmessages.agentless\t1\t3" in page.locator("#faults").inner_text()
        genesys.advance(3600)
        page.locator("#truth").get_by_text("disconnected").nth(2).wait_for()


def test_on_a_phone_each_person_of_the_emulator_is_one_line(page: Any) -> None:
    with EmulatorServer() as genesys:
        text_people(genesys.url, 3)
        page.set_viewport_size({"width": 390, "height": 1400})
        page.goto(genesys.url)
        page.locator("#truth td").first.wait_for()
        shoot(page, "emulator-phone", height=1400, width=390)

        assert page.eval_on_selector_all("#truth tr", LINES) == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
