"""The campaign route as a flow: Genesys' own engine sends, and the run proves it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.flows.office import Office

SETTINGS: dict[str, Any] = {
    "route": "campaign",
    "look_after_seconds": (0.5, 1, 2, 4),
    "channel_order": ("sms",),
}


def hurry(office: Office) -> None:
    """A second there is a moment here: the engine has to send."""
    office.genesys._ask("POST", "/_emulator/clock", {"speed": 10})


def test_genesys_engine_reaches_everybody_once_and_a_second_run_nobody_again(office: Office) -> None:
    hurry(office)
    proofs = [office.run(office.source(30), **SETTINGS) for _ in range(2)]

    assert [(proof["contacted"], proof["balanced"]) for proof in proofs] == [(30, True)] * 2
    assert set(Counter(row["to"] for row in office.genesys.truth()["contacts"]).values()) == {1}
    asked = office.genesys.metrics()["by_operation"]
    assert "messages.agentless" not in asked
    assert asked["campaigns.start"] == 1
