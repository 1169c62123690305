"""Whoever waits goes by the list of today: a run was stopped, or not approved, and the list mended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.contacts import Channel
from outreach.errors import Ambiguous
from outreach.ledger.changes import Change, apply
from outreach.ledger.claims import claim
from outreach.ledger.intents import IntentRequest, commit_intents
from outreach.ledger.loads.load import Loaded, find_unchanged
from outreach.ledger.states import State
from outreach.sources.opening import open_source
from tests.support.ledgers import (
    advance,
    attempt,
    batch,
    clear,
    intend,
    load,
    people,
    register,
    states,
    stay,
)
from tests.support.organisations import Organisation

NO: dict[str, Any] = {"consent.sms": "no", "consent.email": "no"}


@pytest.mark.parametrize("until", [stay, register, clear])
def test_whoever_waits_is_contacted_by_what_the_list_of_today_says(
    run: Run, organisation: Organisation, until: Callable[[Run], None]
) -> None:
    load(run, people(3))
    until(run)
    [no, other, same] = people(3)

    load(run, [{**no, **NO}, {**other, "sms": "+13175559999"}, same])
    advance(run)

    assert states(run.ledger) == {"C-1": "blocked:consent_refused", "C-2": "started", "C-3": "started"}
    assert {made.attempt.address for made in organisation.contacted} == {"+13175559999", same["sms"]}


def test_a_corrected_row_takes_a_contact_out_of_hands_that_are_about_to_contact_it(run: Run) -> None:
    load(run, people(1))
    clear(run)
    [held] = claim(run.ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=1)

    load(run, people(1, sms="+13175559999"))

    wanted = [IntentRequest(held, Channel.SMS, "+13175550001")]
    assert commit_intents(run.ledger, wanted, same_address=run.settings.same_address) == ([], [])
    assert states(run.ledger) == {"C-1": "accepted"}


def test_a_list_that_corrects_somebody_in_doubt_is_read_again_though_it_has_not_changed(
    run: Run, organisation: Organisation, tmp_path: Path
) -> None:
    def read(**columns: Any) -> Loaded:
        rows = people(2, **columns)
        text = "\n".join(",".join(map(str, row)) for row in (rows[0], *(row.values() for row in rows)))
        (tmp_path / "people.csv").write_text(text)
        return load_source(run, open_source(str(tmp_path / "people.csv")))

    read()
    clear(run)
    [opened] = intend(run)
    attempt(run, opened, Ambiguous("start sms", 0, "E_TIMEOUT", "", "wait"))
    assert read(**NO).corrected == 1

    doubt = Change(contact_id=opened.claimed.id, after=State.CLEARED, action="released", intent="release")
    apply(run.ledger, [doubt], only_own=False)

    assert read(**NO).corrected == 1
    advance(run)
    assert states(run.ledger) == {"C-1": "blocked:consent_refused", "C-2": "blocked:consent_refused"}
    assert organisation.contacted == []
    assert read(**NO).known == 2
    assert find_unchanged(run.ledger, run.campaign.id, open_source(str(tmp_path / "people.csv")).fingerprint)
