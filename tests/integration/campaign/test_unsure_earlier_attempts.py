"""Whose attempt was given up, while Genesys cannot say what became of it: they wait, and no look is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.campaign.opening import open_run
from outreach.campaign.run import Run
from outreach.errors import LedgerOutdated, UsageError
from outreach.follow_up import rounds
from outreach.follow_up.rounds import follow_up
from outreach.ledger.proof import Proof, prove
from outreach.ledger.states import State
from outreach.operations.catch_up import catch_up
from outreach.operations.resolution import release_waiting, resolve
from tests.integration.campaign.test_late_conversations import (
    HOLDING,
    LATE,
    LOST,
    SEEN,
    audit,
    events,
    person,
    release,
)
from tests.integration.campaign.test_ledger_age import Place, work
from tests.support.emulation import emulator_thread

LOOKING = ["analytics:conversationDetail:view", "analytics:agentConversationDetail:view"]
DENIED = {"permissions_denied": {"*": LOOKING}, "faults": []}
ALLOWED = {**SEEN, "permissions_denied": {}}


NEVER = 9e6
UNSEEN = {"index_delay_seconds": NEVER, "attribute_index_delay_seconds": NEVER}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with emulator_thread(**UNSEEN, faults=LOST) as genesys:
        (tmp_path / "place").mkdir()
        yield Place(tmp_path / "place", genesys)


@contextmanager
def running(place: Place, settings: Any = LATE, **more: Any) -> Iterator[Run]:
    with place.opened() as (ledger, client), open_run(ledger, client, "spring", settings, **more) as run:
        yield run


def pass_time(place: Place, seconds: float) -> None:
    """For us and for them."""
    place.clock.ahead += timedelta(seconds=seconds)
    place.genesys.advance(seconds)


def say(place: Place, name: str, outcome: Any, conversation_id: str | None = None) -> None:
    with running(place) as run:
        resolve(run.ledger, run.campaign, name, outcome, reason="I looked", conversation_id=conversation_id)


def follow(place: Place, minutes: float = 0) -> Proof:
    """A round of follow-up, so much later."""
    pass_time(place, minutes * 60)
    with running(place) as run:
        follow_up(run)
        return prove(run.ledger, run.campaign)


def contact_anew(place: Place, channel: str = "email") -> None:
    """An attempt is given up, and its person contacted anew; what it started is not shown yet."""
    release(place, person(channel))
    place.genesys.configure(faults=[])
    assert place.run(person(channel), settings=LATE).contacted == 1
    pass_time(place, 2)


def wait_unsure(place: Place, channel: str = "voice") -> None:
    """The attempt is given up, and then nobody may look any more."""
    release(place, person(channel))
    place.genesys.configure(**SEEN | DENIED)
    assert place.run(person(channel), settings=LATE).states == {"deferred": 1}
    pass_time(place, 960)


def test_where_the_permission_to_look_is_gone_only_whoever_was_released_waits(place: Place) -> None:
    release(place, person("voice"))
    place.genesys.configure(**SEEN | DENIED)
    everybody = [*person("voice"), *person("voice", "sms", "email", number=2)]

    proof = place.run(everybody, settings=LATE)

    assert (proof.states, proof.balanced) == ({"deferred": 1, "started": 3}, True)
    assert proof.reasons == {"earlier_attempt_unsure": 1}
    place.genesys.configure(**ALLOWED)
    pass_time(place, 960)
    proof = place.run(everybody, settings=LATE)
    assert (proof.contacted, place.contacted(), place.twice()) == (4, 4, 0)


@pytest.mark.parametrize(
    "failing",
    [DENIED, {"faults": [{"kind": "wrong_content_type", "operation": "analytics.query"}]}],
    ids=["denied", "unreadable"],
)
def test_an_end_is_written_though_nobody_can_look_and_the_look_is_made_an_hour_later(
    place: Place, failing: dict[str, Any]
) -> None:
    contact_anew(place)
    place.run(person("sms"), settings=LATE)
    pass_time(place, 2)
    place.genesys.configure(**SEEN | failing)
    proof = follow(place)
    assert (proof.states, proof.contacted_twice) == ({"ended": 2}, 0)

    place.genesys.configure(**ALLOWED)
    assert follow(place, minutes=6).contacted_twice == 0  # it may last: not each five minutes
    proof = follow(place, minutes=55)

    assert (proof.contacted_twice, proof.contacted, proof.balanced) == (1, 2, False)


def test_a_look_that_no_round_could_make_in_days_is_still_made(place: Place) -> None:
    contact_anew(place)
    place.genesys.configure(**SEEN | DENIED)
    for _ in range(7):  # more than the looks after an end
        assert follow(place, minutes=33 * 60).contacted_twice == 0

    place.genesys.configure(**ALLOWED)

    assert follow(place, minutes=33 * 60).contacted_twice == 1


@pytest.mark.parametrize("killed", ["settle_at_end", "apply"])
def test_who_dies_between_a_look_and_its_end_makes_both_again(
    place: Place, monkeypatch: pytest.MonkeyPatch, killed: str
) -> None:
    contact_anew(place)
    place.genesys.configure(**ALLOWED)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(rounds, killed, die)
        with pytest.raises(KeyboardInterrupt):
            follow(place)
    proof = follow(place)

    assert (proof.states, proof.contacted_twice) == ({"ended": 1}, 1)
    assert audit(place).count("contacted_twice") == 1


@pytest.mark.parametrize("minutes", [60, 24 * 60])
def test_what_turns_up_after_the_second_interactions_end_makes_the_proof_red(
    place: Place, minutes: float
) -> None:
    contact_anew(place)
    assert follow(place).states == {"ended": 1}
    assert follow(place, minutes=6).contacted_twice == 0
    place.genesys.configure(**ALLOWED)

    proof = follow(place, minutes=minutes)

    assert (proof.contacted_twice, proof.balanced) == (1, False)
    assert audit(place).count("ended") == 1  # and the end is told once


def test_whom_nobody_contacted_anew_is_not_looked_at_after_the_end(place: Place) -> None:
    place.genesys.configure(**ALLOWED)
    place.run(person("voice"), settings=LATE)
    pass_time(place, 7200)
    assert follow(place).states == {"ended": 1}
    follow(place, minutes=10)  # its link is shown by now
    pass_time(place, 6000)
    with running(place) as run:
        assert follow_up(run)["looked"] == 0


def test_who_has_looked_by_hand_says_not_contacted_and_the_person_is_contacted(place: Place) -> None:
    wait_unsure(place)
    assert place.run(person("voice"), settings=LATE).states == {"deferred": 1}

    say(place, "voice-1", "released")
    proof = place.run(person("voice"), settings=LATE)

    assert (proof.states, proof.balanced, place.contacted()) == ({"started": 1}, True, 2)
    pass_time(place, 2)
    place.genesys.advance(600)
    assert follow(place).states == {"ended": 1}


def test_a_persons_word_does_not_stand_against_what_genesys_shows(place: Place) -> None:
    wait_unsure(place)
    say(place, "voice-1", "released")
    place.genesys.configure(**ALLOWED)

    proof = place.run(person("voice"), settings=LATE)

    assert (proof.contacted, proof.balanced, place.contacted()) == (1, True, 1)


@pytest.mark.parametrize("names", [True, False])
def test_who_has_looked_by_hand_says_contacted_and_nobody_is_contacted_again(
    place: Place, *, names: bool
) -> None:
    wait_unsure(place)
    [happened] = place.genesys.truth()["contacts"]

    say(place, "voice-1", "started", happened["conversation_id"] if names else None)
    place.genesys.configure(**ALLOWED)
    proof = place.run(person("voice"), settings=LATE)

    assert (proof.states, proof.balanced, proof.contacted_twice) == ({"started": 1}, True, 0)
    place.genesys.advance(7200)
    proof = follow(place, minutes=120)
    assert (proof.states, proof.contacted_twice) == ({"ended" if names else "started": 1}, 0)
    assert place.contacted() == 1


def test_the_crm_hears_what_a_person_says_of_whoever_waits(place: Place) -> None:
    with running(place, webhook_name="crm") as run:
        work(run, person("voice"))
    wait_unsure(place)
    [happened] = place.genesys.truth()["contacts"]

    say(place, "voice-1", "started", happened["conversation_id"])

    assert [name.rpartition("_")[2] for name in events(place)][-2:] == ["created", "resolved"]


def test_all_who_wait_for_a_look_are_released_at_once(place: Place) -> None:
    people = [row for number in range(3) for row in person("voice", number=number)]
    release(place, people)
    place.genesys.configure(**SEEN | DENIED)
    assert place.run(people, settings=LATE).states == {"deferred": 3}

    with running(place) as run:
        released = release_waiting(
            run.ledger, run.campaign, "earlier_attempt_unsure", reason="none is there", state=State.DEFERRED
        )

    assert released == 3
    assert place.run(people, settings=LATE).states == {"started": 3}


def test_whoever_is_deferred_for_another_reason_waits_for_no_person(place: Place) -> None:
    place.genesys.configure(faults=[])
    with running(place) as run:
        work(run, person("sms"))
        with run.ledger.db.write() as connection:
            connection.exec_driver_sql("UPDATE contacts SET state = 'deferred', reason = 'frequency_cap'")
        with pytest.raises(UsageError, match="nothing about it waits"):
            resolve(run.ledger, run.campaign, "sms-1", "released", reason="sure")
        with pytest.raises(UsageError, match="waits for a person"):
            release_waiting(run.ledger, run.campaign, "frequency_cap", reason="s", state=State.DEFERRED)


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_catching_up_takes_in_nothing_that_a_person_did_not_take_for_theirs(
    place: Place, channel: str
) -> None:
    release(place, person(channel), HOLDING)
    say(place, f"{channel}-1", "released")
    place.genesys.configure(**SEEN)
    assert place.run(person(channel), settings=HOLDING).states == {"held": 1}
    say(place, f"{channel}-1", "released")
    pass_time(place, 1800)

    with place.opened() as (ledger, client):
        done = catch_up(ledger, client)
    proof = place.run(person(channel), settings=HOLDING)

    assert (done.found, done.held) == (0, 0)
    assert (proof.states, proof.balanced, place.contacted()) == ({"started": 1}, True, 2)
    with pytest.raises(LedgerOutdated):  # for all that anybody knows it is that campaign's
        place.run(person(channel), name="summer", settings=HOLDING)
