"""The verdict follows from the proof alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelling

from cli.flow_runs import FORGOTTEN, run_to_its_end
from flows.standing import count_before, leave_out_corrected, narrow
from flows.telling import Ending
from flows.verdict import judge
from outreach.errors import CampaignStopped, NobodyContacted, SumsDoNotHold
from outreach.genesys.interface import NotRegistered
from outreach.ledger.proof import Proof
from tests.support.ledgers import advance, load, new_ledger, new_run, people
from tests.support.organisations import Organisation

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
    webhooks={"delivered": 3, "pending": 0, "dead": 0},
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


KEPT_BACK = replace(GOOD, states={"blocked": 3}, contacted=0)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("sender_not_active", "preflight"),
        ("text_too_long", "Shorten"),
        ("campaign_ended", "Ends at"),
        ("consent_missing", "Consent"),
        ("not_in_order", "Channel order"),
    ],
)
def test_a_run_that_contacts_nobody_for_a_reason_of_ours_is_red_and_names_what_to_mend(
    reason: str, words: str
) -> None:
    state = judge(replace(KEPT_BACK, reasons={reason: 3}), contacted_before=0)

    assert state.type.value == "FAILED"
    with pytest.raises(NobodyContacted, match=words):
        state.result()


@pytest.mark.parametrize("reason", ["consent_refused", "suppressed", "same_address", "no_address"])
def test_a_run_that_contacts_nobody_for_the_peoples_own_reasons_is_green(reason: str) -> None:
    assert judge(replace(KEPT_BACK, reasons={reason: 3}), contacted_before=0).type.value == "COMPLETED"


def test_a_run_after_others_is_red_while_the_sender_does_not_work() -> None:
    later = replace(GOOD, states={"started": 2, "blocked": 1}, contacted=2)

    assert judge(replace(later, reasons={"sender_not_active": 1}), contacted_before=2).is_failed()
    assert judge(replace(later, reasons={"not_in_order": 1}), contacted_before=2).is_completed()


def test_somebody_kept_back_beside_others_is_named_in_a_green_run() -> None:
    beside = replace(GOOD, states={"started": 2, "blocked": 1}, contacted=2, reasons={"text_too_long": 1})

    state = judge(beside, contacted_before=0)

    assert state.is_completed()
    assert "1 kept back for our own reasons" in (state.message or "")


def test_a_run_at_night_is_green_though_some_texts_are_too_long() -> None:
    reasons = {"outside_hours": 2, "text_too_long": 1}
    night = replace(GOOD, states={"deferred": 2, "blocked": 1}, contacted=0, reasons=reasons)

    assert judge(night, contacted_before=0).is_completed()


REFUSED = replace(GOOD, states={"failed": 3}, contacted=0, reasons={"not_registered:no.field": 3})


def test_a_run_whose_every_contact_genesys_refuses_is_red_however_few_they_are() -> None:
    state = judge(REFUSED, contacted_before=0)

    assert state.is_failed()
    with pytest.raises(NobodyContacted, match=r"3 failed.*did not register.*no\.field.*retry --refused"):
        state.result()


def test_a_campaign_that_never_reached_anybody_stays_red_until_it_does() -> None:
    assert judge(REFUSED, contacted_before=0, failed_before=3).is_failed()


def test_a_run_with_nothing_to_do_is_green_though_some_failed_long_ago() -> None:
    earlier = replace(REFUSED, states={"started": 9, "failed": 3}, contacted=9)

    assert judge(earlier, contacted_before=9, failed_before=3).is_completed()
    assert judge(earlier, contacted_before=9, failed_before=0).is_failed()


@pytest.mark.parametrize(
    "others", [{"deferred": 3}, {"unknown": 3}, {"started": 1}, {"accepted": 1, "cleared": 1, "intent": 1}]
)
def test_a_refused_contact_beside_others_that_wait_or_were_reached_is_green(others: dict[str, int]) -> None:
    beside = replace(REFUSED, states={"failed": 3, **others}, contacted=others.get("started", 0))

    assert judge(beside, contacted_before=0).is_completed()


def test_whoever_had_failed_and_fails_again_by_a_corrected_row_makes_the_run_red(tmp_path: Path) -> None:
    org = Organisation()
    org.refuses["C-2"] = NotRegistered("C-2", "no.field", "No.", retryable=False)
    with new_ledger(tmp_path) as ledger, new_run(ledger, org) as run:
        load(run, people(2))
        advance(run)
        before = count_before(run)
        load(run, [{**row, "name": "Corrected"} for row in people(2)])
        before = leave_out_corrected(before, run)
        proof = advance(run)

    assert (proof.states, proof.contacted) == ({"started": 1, "failed": 1}, before.contacted)
    assert judge(proof, contacted_before=before.contacted, failed_before=before.failed).is_failed()


@pytest.mark.parametrize(("one", "ends"), [("C-1", "COMPLETED"), ("C-2", "FAILED")])
def test_a_call_for_one_person_answers_for_nobody_whom_other_calls_reach_or_fail_to_reach(
    tmp_path: Path, one: str, ends: str
) -> None:
    org = Organisation()
    org.refuses["C-2"] = NotRegistered("C-2", "no.field", "No.", retryable=False)
    with new_ledger(tmp_path) as ledger, new_run(ledger, org) as run:
        before = count_before(run, one)
        load(run, people(3))
        proof = advance(run)
        own = narrow(proof, run, before)

    state = judge(proof, contacted_before=before.contacted, failed_before=before.failed, own=own)
    assert (proof.contacted, proof.states["failed"], state.type.value) == (2, 1, ends)


def test_a_call_for_somebody_reached_before_is_green_while_another_call_fails(tmp_path: Path) -> None:
    org = Organisation()
    org.refuses["C-2"] = NotRegistered("C-2", "no.field", "No.", retryable=False)
    with new_ledger(tmp_path) as ledger, new_run(ledger, org) as run:
        load(run, people(2)[1:])
        advance(run)
        before = count_before(run, "C-1")
        load(run, people(2))
        proof = advance(run)
        own = narrow(proof, run, before)

    state = judge(proof, contacted_before=before.contacted, failed_before=before.failed, own=own)
    assert (proof.states, state.type.value) == ({"started": 1, "failed": 1}, "COMPLETED")


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


def test_a_run_by_hand_that_was_deleted_meanwhile_ends_as_it_says_itself(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended = judge(GOOD, contacted_before=0)

    def forgotten() -> State[object]:
        raise ObjectNotFound(http_exc=ValueError("404"))

    assert run_to_its_end(forgotten, Ending(state=ended)) is ended
    assert FORGOTTEN in " ".join(capsys.readouterr().err.split())


def test_a_run_by_hand_that_is_cancelled_when_all_is_done_ends_as_cancelled_with_what_it_did() -> None:
    ended = judge(GOOD, contacted_before=0)

    state = run_to_its_end(Cancelling, Ending(state=ended))

    assert (state.type, state.message) == (StateType.CANCELLED, ended.message)


def test_a_run_by_hand_whose_end_was_told_twice_has_its_proof() -> None:
    ended = judge(GOOD, contacted_before=0)
    known_to_the_server = State(type=StateType.COMPLETED, message=ended.message)

    assert run_to_its_end(lambda: known_to_the_server, Ending(state=ended)) is ended
