from __future__ import annotations

import dataclasses
from pathlib import Path
from threading import Thread

import pytest

from outreach.campaign.interaction import interact_batch, pace
from outreach.campaign.opening import open_run
from outreach.campaign.run import Run
from outreach.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    GenesysError,
    Invalid,
    NotFound,
    NotSent,
    RateLimited,
    Unauthorized,
)
from outreach.genesys.interface import Engagement, NotRegistered, Started
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.release import release_dead_executors
from outreach.ledger.suppressions import suppress
from outreach.reachability import Inspection
from outreach.settings import MOST_THREADS, CampaignSettings, FrequencyCap, SameAddress
from tests.support.clocks import SetClock
from tests.support.ledgers import (
    CALM,
    advance,
    batch,
    clear,
    intend,
    kill,
    load,
    new_ledger,
    new_run,
    people,
    row_of,
    states,
)
from tests.support.organisations import FarOrganisation, Organisation

NIGHT = 13 * 3600.0
"""From noon to one in the morning, in seconds."""

ONE_AT_A_TIME = CALM.model_copy(update={"threads": 1, "stop_after": 5})
BY_ITSELF = CALM.model_copy(update={"threads": 0})
PATIENT = CALM.model_copy(update={"stop_after": 20})


class FarStart(FarOrganisation):
    def start(self, engagement: Engagement) -> Started:
        self.be_far(MOST_THREADS)
        return super().start(engagement)


def contacted(organisation: Organisation) -> list[str]:
    return [engagement.contact.external_contact_id for engagement in organisation.contacted]


def test_everybody_is_contacted_once_however_often_the_campaign_is_run(
    run: Run, organisation: Organisation
) -> None:
    for _ in range(3):
        load(run, people(12))
        proof = advance(run)

    assert sorted(contacted(organisation)) == sorted(f"C-{n}" for n in range(1, 13))
    assert proof.balanced
    assert proof.states == {"started": 12}


@pytest.mark.parametrize(
    ("error", "happened", "state"),
    [
        (Ambiguous("start sms", 500, "internal"), "it happened", "unknown:outcome_unknown:internal"),
        (
            Ambiguous("start sms", 0, "late"),
            "nothing happened",
            "unknown:outcome_unknown:late",
        ),
        (Invalid("start sms", 400, "bad"), "nothing happened", "failed:refused:bad"),
        (NotFound("start sms", 404), "nothing happened", "failed:refused:404"),
        (Conflict("start sms", 409, "busy"), "nothing happened", "deferred:conversation_going_on"),
    ],
)
def test_how_a_call_ends_is_where_its_contact_stands(
    run: Run, organisation: Organisation, error: GenesysError, happened: str, state: str
) -> None:
    load(run, people(1))
    organisation.will(error, after_effect=happened == "it happened")

    proof = advance(run)

    assert states(run.ledger) == {"C-1": state}
    assert not row_of(run.ledger, "C-1").retryable
    assert proof.balanced


@pytest.mark.parametrize("error", [NotSent("start sms", 0, "connect"), RateLimited("start sms")])
def test_the_systems_trouble_is_tried_again_and_after_three_times_may_be_retried(
    run: Run, organisation: Organisation, error: GenesysError
) -> None:
    load(run, people(1))
    organisation.will(error, times=2)
    advance(run)
    assert states(run.ledger) == {"C-1": "started"}

    load(run, people(1, first=2))
    organisation.will(error, times=100)  # also within each of its three attempts
    advance(run)
    assert states(run.ledger)["C-2"].startswith("failed:refused")
    assert row_of(run.ledger, "C-2").retryable


def test_a_lost_answer_is_never_sent_again(run: Run, organisation: Organisation) -> None:
    load(run, people(1))
    organisation.will(Ambiguous("start sms", 0, "read_timeout"), after_effect=True)

    for _ in range(3):
        advance(run)

    assert contacted(organisation) == ["C-1"]


def test_whom_genesys_does_not_take_is_failed_with_its_reason(run: Run, organisation: Organisation) -> None:
    organisation.refuses["C-2"] = NotRegistered("C-2", "invalid.phone", "no", retryable=False)
    load(run, people(2))

    advance(run)

    assert states(run.ledger) == {"C-1": "started", "C-2": "failed:not_registered:invalid.phone"}


@pytest.mark.parametrize(
    "inspection", [Inspection("failed", {}, "do_not_contact"), Inspection("unknown", {})]
)
def test_whom_genesys_does_not_clear_is_not_contacted(
    run: Run, organisation: Organisation, inspection: Inspection
) -> None:
    organisation.inspections["C-1"] = inspection
    load(run, people(2))

    advance(run)

    assert states(run.ledger)["C-1"].split(":")[0] in {"blocked", "held", "deferred"}
    assert contacted(organisation) == ["C-2"]


def test_the_deferred_are_contacted_when_their_time_has_come(
    ledger: Ledger, clock: SetClock, organisation: Organisation
) -> None:
    clock.advance(NIGHT)
    with new_run(ledger, organisation, CampaignSettings(message="Hello", threads=2)) as run:
        load(run, people(2, email=""))
        assert advance(run).states == {"deferred": 2}
        clock.advance(row_of(ledger, "C-1").until.timestamp() - clock.now().timestamp())
        assert advance(run).states == {"started": 2}


def test_whose_hours_end_between_clearing_and_contact_is_deferred(
    ledger: Ledger, clock: SetClock, organisation: Organisation
) -> None:
    with new_run(ledger, organisation, CampaignSettings(message="Hello", threads=2)) as run:
        load(run, people(2, email=""))
        clear(run)
        clock.advance(NIGHT)
        assert interact_batch(run, batch(run)) == {"deferred": 2}
    assert organisation.contacted == []


def test_who_was_suppressed_since_is_blocked_at_the_moment_of_contact(
    run: Run, organisation: Organisation
) -> None:
    load(run, people(2, email=""))
    clear(run)
    suppress(run.ledger, ["+13175550001"], source="person", reason="asked")

    interact_batch(run, batch(run))

    assert states(run.ledger)["C-1"] == "blocked:suppressed"
    assert contacted(organisation) == ["C-2"]


@pytest.mark.parametrize(("rule", "count"), [(SameAddress.ONCE, 1), (SameAddress.EACH, 2)])
def test_rows_that_lead_to_one_address(
    ledger: Ledger, organisation: Organisation, rule: SameAddress, count: int
) -> None:
    with new_run(ledger, organisation, CALM.model_copy(update={"same_address": rule})) as run:
        load(run, people(2, sms="+13175550001", email=""))
        proof = advance(run)
    assert len(organisation.contacted) == count
    assert (proof.states, proof.balanced) == (
        {"started": 1, "blocked": 1} if count == 1 else {"started": 2},
        True,
    )


@pytest.mark.parametrize("suppressed", [[], ["+13175550009"]])
def test_one_contact_at_a_number_that_a_person_has_twice_counts_once_for_a_cap(
    ledger: Ledger, organisation: Organisation, suppressed: list[str]
) -> None:
    settings = CALM.model_copy(update={"caps": (FrequencyCap(contacts=2, hours=24),)})
    rows = [
        *people(1, sms="+13175550009", email=""),
        *people(2, first=2, sms="+13175550001", voice="+13175550001"),
    ]
    with new_run(ledger, organisation, settings) as run:
        load(run, rows)
        clear(run)
        suppress(
            ledger, suppressed, source="crm", reason=""
        )  # else its whole group is decided by all the facts
        interact_batch(run, batch(run))

    assert {name: states(ledger)[name] for name in ("C-2", "C-3")} == {"C-2": "started", "C-3": "started"}


def test_a_cap_defers_within_a_run_too(ledger: Ledger, organisation: Organisation) -> None:
    caps = (FrequencyCap(contacts=1, hours=24),)
    settings = CALM.model_copy(update={"same_address": SameAddress.EACH, "caps": caps})
    with new_run(ledger, organisation, settings) as run:
        load(run, people(3, sms="+13175550001", email=""))
        assert advance(run).states == {"started": 1, "deferred": 2}


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Invalid("start sms", 400, "bad"), "attempts failed"),
        (Ambiguous("start sms", 500), "unknown outcome"),
        (Forbidden("start sms", 403, "missing.permissions"), "missing.permissions"),
        (Unauthorized("start sms", 401), "401"),
    ],
)
def test_too_much_trouble_stops_new_contacts_loses_nobody_and_the_next_run_goes_on(
    ledger: Ledger, organisation: Organisation, error: GenesysError, words: str
) -> None:
    organisation.will(error, after_effect=isinstance(error, Ambiguous), times=30)
    with new_run(ledger, organisation, ONE_AT_A_TIME) as run:
        load(run, people(20))
        proof = advance(run)
        assert run.auto_stop.reason
        assert words in run.auto_stop.reason
    assert proof.balanced
    assert proof.states["cleared"] >= 4  # sixteen may be in the air when the first eight have failed

    organisation.answers.clear()
    with new_run(ledger, organisation, ONE_AT_A_TIME) as run:
        proof = advance(run)
        assert run.auto_stop.reason is None
    assert proof.balanced
    assert "cleared" not in proof.states
    assert max(contacted(organisation).count(f"C-{n}") for n in range(1, 21)) == 1


def test_a_rate_below_the_limit_stops_nobody(ledger: Ledger, organisation: Organisation) -> None:
    organisation.will(Ambiguous("start sms", 500), after_effect=True, times=2)
    with new_run(ledger, organisation, PATIENT) as run:
        load(run, people(30))
        advance(run)
        assert run.auto_stop.reason is None


def test_a_bug_in_one_call_forgets_no_other_calls_outcome(ledger: Ledger, organisation: Organisation) -> None:
    class Bug(Exception):  # noqa: N818 - what it is
        """Ours."""

    class Buggy(Organisation):
        def start(self, engagement: Engagement) -> Started:
            if engagement.contact.external_contact_id == "C-1":
                raise Bug
            return super().start(engagement)

    with new_run(ledger, Buggy(), CALM) as run:
        load(run, people(4))
        with pytest.raises(Bug):
            advance(run)
    assert states(ledger) == {"C-1": "intent", "C-2": "started", "C-3": "started", "C-4": "started"}


def test_two_runs_of_one_campaign_at_one_moment_contact_everybody_once(
    run: Run, organisation: Organisation, tmp_path: Path, clock: SetClock
) -> None:

    load(run, people(60))
    with new_ledger(tmp_path, clock) as second, new_run(second, organisation) as other:
        threads = [Thread(target=advance, args=(one,)) for one in (run, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(organisation.contacted) == len(set(contacted(organisation))) == 60
    assert prove(run.ledger, run.campaign).balanced


def test_a_process_that_died_between_intent_and_call_contacts_nobody_again(
    run: Run, organisation: Organisation, tmp_path: Path, clock: SetClock
) -> None:

    load(run, people(3))
    clear(run)
    intend(run)
    kill(run.ledger)
    with new_ledger(tmp_path, clock) as heir, new_run(heir, organisation) as other:
        release_dead_executors(heir)
        advance(other)
        assert states(heir) == {"C-1": "unknown:process_died", "C-2": "started", "C-3": "started"}


def test_a_budget_keeps_few_in_the_air(run: Run) -> None:
    assert pace(run) == (16, 32)
    slow = dataclasses.replace(run, requests_per_second=1.0)
    fast = dataclasses.replace(run, requests_per_second=100.0)
    assert pace(slow) == (1, 2)
    assert pace(fast)[1] <= 4


def test_without_a_budget_as_many_calls_are_in_the_air_as_a_far_organisation_takes(tmp_path: Path) -> None:
    far = FarStart()
    with new_ledger(tmp_path) as ledger, new_run(ledger, far, BY_ITSELF) as run:
        load(run, people(300))
        clear(run)
        interact_batch(run, batch(run))

    assert len(far.contacted) == 300
    assert far.most_in_the_air == MOST_THREADS


def test_a_stop_in_one_process_holds_in_another_from_its_next_step(tmp_path: Path) -> None:
    with (
        new_ledger(tmp_path) as ours,
        new_ledger(tmp_path) as theirs,
        new_run(ours, Organisation()) as here,
        open_run(theirs, (organisation := Organisation()), "spring") as there,
    ):
        load(here, people(3))
        clear(here)
        with here.heeding_stop():
            here.auto_stop.stop("a permission is missing")
        with there.heeding_stop():
            interact_batch(there, batch(there))

    assert there.auto_stop.reason == "a permission is missing"
    assert not organisation.contacted


def test_nobody_is_called_once_enough_outcomes_are_in_doubt_though_none_is_written_down(
    tmp_path: Path, organisation: Organisation
) -> None:
    organisation.will(Ambiguous("start sms", 500, "internal"), after_effect=True, times=100)
    with new_ledger(tmp_path) as ledger, new_run(ledger, organisation, ONE_AT_A_TIME) as run:
        load(run, people(40))
        clear(run)
        interact_batch(run, batch(run))

        assert run.auto_stop.reason
    assert len(contacted(organisation)) == ONE_AT_A_TIME.stop_after
