"""The verdict follows from the proof alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.verdict import judge
from outreach.errors import CampaignStopped, SumsDoNotHold
from outreach.ledger.proof import Proof, Webhooks

GOOD = Proof(
    campaign="spring",
    source_rows=3,
    accepted=3,
    rejected=0,
    duplicates=0,
    states={"started": 3},
    reasons={},
    contacted=3,
    contacted_twice=0,
    unknown=0,
    webhooks=Webhooks(3, 0, 0),
    audit="ok",
    balanced=True,
    missing=(),
    stopped=None,
)


def test_sums_that_hold_are_green() -> None:
    state = judge(GOOD, contacted_before=0)

    assert (state.type.value, state.message) == (
        "COMPLETED",
        "3 started, 0 deferred, 0 rejected, 0 unknown",
    )


def test_a_run_that_found_nobody_new_says_so() -> None:
    assert "nobody in this run" in (judge(GOOD, contacted_before=3).message or "")


def test_a_stop_is_red_with_its_reason_whatever_the_sums_say() -> None:
    state = judge(replace(GOOD, stopped="No permission."), contacted_before=0)

    assert state.type.value == "FAILED"
    with pytest.raises(CampaignStopped, match=r"No permission\."):
        state.result()


def test_sums_that_do_not_hold_are_red_and_named() -> None:
    state = judge(replace(GOOD, balanced=False, missing=("1 contacted twice",)), contacted_before=0)

    assert "1 contacted twice" in (state.message or "")
    with pytest.raises(SumsDoNotHold, match="1 contacted twice"):
        state.result()


def test_a_run_that_left_people_undone_is_red_though_every_sum_holds() -> None:
    state = judge(GOOD, contacted_before=0, left=190)

    assert "190 contacts are still due" in (state.message or "")
    with pytest.raises(CampaignStopped, match="190 contacts are still due"):
        state.result()
