"""What preflight says of several tokens, before anybody is contacted."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.clock import SystemClock
from outreach.genesys.opening import Account, fetch_token
from outreach.operations.preflight import Level, Targets, check_genesys
from tests.support.clients import open_at
from tests.support.emulation import emulator_thread

REFUSED = {"kind": "error_before_effect", "operation": "oauth.token", "nth": [2, 4, 11, 12], "status": 400}


@pytest.mark.parametrize(
    ("organisation", "level", "said", "advice"),
    [
        ({}, Level.OK, "10 tokens live at once: 3000 requests a minute.", ""),
        ({"tokens_alive": 3}, Level.WARN, "Only 3 of 10 tokens live at once", "Set `tokens` to 3"),
        ({"tokens_alive": 1}, Level.WARN, "Only 1 of 10 tokens live at once", "Set `tokens` to 1"),
        ({"faults": [REFUSED]}, Level.WARN, "The login gave 8 of 10 tokens.", "Set `tokens` to 8"),
        (
            {"client_requests_per_minute": 300, "headers_of": "fullest"},
            Level.WARN,
            "10 tokens share one limit",
            "ask Genesys",
        ),
    ],
)
def test_preflight_says_what_several_tokens_buy_by_reads_alone(
    organisation: dict[str, Any], level: Level, said: str, advice: str
) -> None:
    with emulator_thread(**({"requests_per_minute": 300} | organisation)) as genesys:
        account = Account(client_id="demo", client_secret="demo", api_url=genesys.url)
        means = Targets(
            ledger=lambda: pytest.fail("not asked"),
            login=lambda: fetch_token(account, tokens=10),
            genesys=lambda token: open_at(genesys.url, clock=SystemClock(), tokens=10, sealed_token=token),
            webhook=None,
            budget=300,
            clock=SystemClock(),
            tokens=10,
        )
        (check,) = [check for check in check_genesys(means) if check.name == "tokens"]
        assert genesys.truth()["count"] == 0

    assert (check.level, said in check.what, advice in check.advice) == (level, True, True), check
