"""A batch waits a little for its events to be tried, and for no receiver in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import pytest

from outreach.campaign.notification import await_first_attempts
from outreach.campaign.run import Run
from outreach.ledger.claims import everything
from outreach.webhook import Courier
from tests.support.clocks import SetClock
from tests.support.ledgers import advance, load, people


class Postman:
    """A courier that never gets anything delivered."""

    def __init__(self, *, is_stalled: bool) -> None:
        self.is_stalled = is_stalled

    def wake(self) -> None:
        """Nothing comes of it."""


@pytest.mark.parametrize(
    ("postman", "seconds"),
    [(Postman(is_stalled=False), 5), (Postman(is_stalled=True), 0)],
    ids=["one that may still deliver", "one that is stalled"],
)
def test_a_batch_waits_for_its_first_attempts_but_for_no_receiver_in_vain(
    run: Run, clock: SetClock, postman: Postman, seconds: float
) -> None:
    load(run, people(3))
    advance(run)
    run = replace(run, courier=cast("Courier", postman))
    began = clock.monotonic()

    assert await_first_attempts(run, everything(run.campaign.name), 5) == 3
    assert clock.monotonic() - began == pytest.approx(seconds, abs=0.2)
