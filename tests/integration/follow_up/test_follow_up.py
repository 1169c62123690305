"""Interactions are followed to their end, whatever becomes of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.campaign.opening import open_run
from outreach.contacts import Channel, Channels, Contact
from outreach.errors import Ambiguous, Forbidden, GenesysError, NotFound, NotSent
from outreach.follow_up.endings import LOOK_FOR_RECEIPT_SECONDS, change_after
from outreach.follow_up.observation import LONGEST, Observation
from outreach.follow_up.rounds import describe_round, follow_up
from outreach.genesys.interface import Conversation
from outreach.ledger.audit.verification import verify
from outreach.ledger.claims import Claimed
from outreach.ledger.contacts import find_due_campaigns
from outreach.ledger.proof import prove
from outreach.ledger.states import State
from outreach.ledger.suppressions import find_suppressed
from outreach.privacy.erasure import erase
from tests.support.campaigns import NOW, SETTINGS, Stage, minutes, person, stage

ENDED = "contact_interaction_ended"


def told(staged: Stage) -> list[dict[str, Any]]:
    return [orjson.loads(body) for body in staged.events(ENDED)]


def test_an_interaction_that_ended_is_recorded_and_told(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(90)
        staged.org.finish("c-1")
        staged.org.change("c-1", delivery="delivery-success")
        staged.clock.advance(60)

        counts = follow_up(staged.run)

        row = staged.row()
        assert (counts["ended"], counts["open"], counts["overlong"]) == (1, 0, 0)
        assert (row.state, row.disconnect_type, row.delivery) == ("ended", "peer", "delivery-success")
        assert row.ended_at == NOW + timedelta(seconds=90)
        assert row.connected_at == NOW
        [event] = told(staged)
        assert event["duration_seconds"] == 90
        assert event["channel"] == "sms"
        assert not event["overlong"]
        assert prove(staged.ledger, staged.run.campaign).balanced


def test_nothing_is_asked_before_its_time(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(30)
        counts = follow_up(staged.run)
        assert (counts["looked"], counts["open"]) == (0, 1)
        assert not staged.org.reads


def test_looks_become_rarer_but_never_miss_the_end_of_the_time(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1, interaction_duration_seconds=500)]) as staged:
        looks = []
        for _ in range(50):
            staged.clock.advance(10)
            if follow_up(staged.run)["looked"]:
                looks.append((staged.clock.now() - NOW).total_seconds())
        assert looks == [60, 120, 420, 500]
        assert staged.org.asked == ["c-1"]


def test_an_overlong_interaction_is_ended_the_normal_way_and_the_crm_knows_in_the_same_round(
    tmp_path: Path,
) -> None:
    with stage(tmp_path, [person(1, interaction_duration_seconds=120)]) as staged:
        staged.clock.advance(130)
        counts = follow_up(staged.run)
        assert (counts["asked"], counts["ended"], counts["overlong"]) == (1, 1, 1)
        assert staged.row().state == "ended"
        assert staged.row().disconnect_type == "client"
        [event] = told(staged)
        assert event["overlong"]
        assert staged.actions()[-2:] == ["ending", "ended"]


def test_an_end_that_takes_time_is_told_by_the_next_round(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1, interaction_duration_seconds=120)]) as staged:
        staged.org.ends_at_once = False
        staged.clock.advance(130)
        assert follow_up(staged.run)["ended"] == 0
        staged.org.finish("c-1", "client")
        staged.clock.advance(60)
        assert follow_up(staged.run)["overlong"] == 1
        assert told(staged)[0]["overlong"]


def test_an_end_that_is_not_heard_is_asked_for_again(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1, interaction_duration_seconds=120)]) as staged:
        staged.org.ends_at_once = False
        for _ in range(4):
            staged.clock.advance(minutes(5))
            follow_up(staged.run)
        assert len(staged.org.asked) >= 3
        assert staged.actions().count("ending") == 1


def test_the_first_one_to_outlive_two_hours_is_ended_whatever_the_row_says(tmp_path: Path) -> None:
    people = [person(1, interaction_duration_seconds=7200)]
    with stage(tmp_path, people) as staged:
        staged.clock.advance(7199)
        assert follow_up(staged.run)["asked"] == 0
        staged.clock.advance(2)
        assert follow_up(staged.run)["asked"] == 1


def look(channel: Channel, seconds: int, started: int, connected: int | None, now: int) -> Observation:
    def at(later: int) -> Any:
        return NOW + timedelta(seconds=later)

    contact = Contact(
        external_contact_id="EXT-1",
        name="N",
        channels=Channels(sms="+13175550001", voice="+13175550001"),
        interaction_duration_seconds=seconds,
    )
    row = Claimed(
        id=1,
        campaign_id=1,
        contact=contact,
        state=State.STARTED,
        genesys_id="g",
        availability={},
        channel=channel,
        attempts=1,
        deaths=0,
        reference="r",
        conversation_id="c",
        started_at=at(started),
    )
    # Genesys' clock is an hour ahead, and must not matter.
    hour = 3600
    connected_at = None if connected is None else at(connected + hour)
    return Observation(row, Conversation("c", at(started + hour), connected_at, None), at(now))


def test_a_callback_that_waits_for_an_agent_has_not_begun() -> None:
    assert not look(Channel.VOICE, 60, 0, None, 600).is_overlong
    assert look(Channel.VOICE, 60, 0, None, 7200).is_overlong
    assert not look(Channel.VOICE, 60, 0, 500, 559).is_overlong
    assert look(Channel.VOICE, 60, 0, 500, 560).is_overlong


@given(
    st.sampled_from([Channel.SMS, Channel.VOICE]),
    st.integers(1, 7200),
    st.one_of(st.none(), st.integers(0, 7200)),
    st.integers(0, 10_000),
)
def test_the_next_look_is_later_and_never_past_the_end_of_the_time(
    channel: Channel, seconds: int, connected: int | None, now: int
) -> None:
    at = look(channel, seconds, 0, connected, now)
    assert at.time_is_up <= NOW + LONGEST
    change = change_after(None, at)  # type: ignore[arg-type]  # an open one tells nobody
    assert at.now < change.fields["look_at"]
    assert at.is_overlong or change.fields["look_at"] <= at.time_is_up


def test_an_id_that_is_not_shown_is_looked_for_again(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.org.hidden.add("c-1")
        staged.clock.advance(minutes(10))
        counts = follow_up(staged.run)
        assert (counts["not_shown"], counts["open"]) == (1, 1)
        assert not staged.org.asked
        staged.org.hidden.clear()
        staged.org.finish("c-1")
        staged.clock.advance(minutes(15))
        assert follow_up(staged.run)["ended"] == 1


def test_an_id_that_is_never_shown_ends_at_an_unknown_time(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.org.hidden.add("c-1")
        for _ in range(7):
            staged.clock.advance(minutes(240))
            follow_up(staged.run)
        row = staged.row()
        assert (row.state, row.disconnect_type, row.ended_at) == ("ended", "not_found", None)
        [event] = told(staged)
        assert event["ended_at"] is None
        assert event["disconnect_type"] == "not_found"
        assert event["duration_seconds"] is None


def test_a_receipt_of_an_opt_out_suppresses_the_address_though_the_interaction_goes_on(
    tmp_path: Path,
) -> None:
    with stage(tmp_path, [person(1), person(2)]) as staged:
        staged.org.change("c-1", delivery="failed", opted_out=True)
        staged.clock.advance(60)
        theirs, other = (staged.org.conversations[name].address for name in ("c-1", "c-2"))
        assert follow_up(staged.run)["opted_out"] == 1
        assert find_suppressed(staged.ledger, [theirs, other]) == {theirs}
        assert {row.state for row in staged.rows()} == {"started"}


def test_the_round_is_bounded_and_takes_the_longest_due_first(tmp_path: Path) -> None:
    people = [person(n, interaction_duration_seconds=7200) for n in range(1, 131)]
    with stage(tmp_path, people) as staged:
        staged.clock.advance(60)
        seen: list[str] = []
        for _ in range(3):
            assert follow_up(staged.run, at_most=60)["looked"] <= 60
            staged.clock.advance(1)
        for group in staged.org.reads:
            assert len(group) <= 50
            seen.extend(group)
        assert len(seen) == 130
        assert len(set(seen)) == 130


def test_a_round_without_time_begins_nothing(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(60)
        assert follow_up(staged.run, seconds=0)["looked"] == 0


def test_a_missing_permission_to_end_is_said_once_and_the_others_are_still_read(tmp_path: Path) -> None:
    people = [person(n, interaction_duration_seconds=60) for n in range(1, 6)]
    with stage(tmp_path, people) as staged:
        staged.org.refuses_end = Forbidden("end conversation", 403, "missing.permissions", "abc", "Grant it.")
        staged.clock.advance(70)
        counts = follow_up(staged.run)
        assert (counts["looked"], counts["asked"], counts["ended"]) == (5, 1, 0)
        assert len(staged.org.asked) == 1
        assert "missing.permissions" in (staged.run.auto_stop.reason or "")


def test_one_that_cannot_be_ended_does_not_keep_the_others(tmp_path: Path) -> None:
    people = [person(n, interaction_duration_seconds=60) for n in range(1, 6)]
    with stage(tmp_path, people) as staged:
        staged.org.refuses_end = NotFound("end conversation", 404)
        staged.clock.advance(70)
        assert follow_up(staged.run)["asked"] == 5
        assert staged.run.auto_stop.reason is None


@pytest.mark.parametrize("error", [NotSent("read"), Ambiguous("read"), Forbidden("read", 403)])
def test_interactions_that_cannot_be_read_stay_as_they_were(tmp_path: Path, error: GenesysError) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(60)

        def fail(conversation_ids: object) -> list[Conversation]:
            raise error

        read, staged.org.read = staged.org.read, fail  # type: ignore[method-assign]  # a bad day
        with pytest.raises(type(error)):
            follow_up(staged.run)
        assert staged.row().lease_owner is None
        staged.org.read = read  # type: ignore[method-assign]  # a good one
        assert follow_up(staged.run)["looked"] == 1


def test_outcomes_in_doubt_are_resolved_first_and_then_followed(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        staged.org.will(Ambiguous("start sms", 504), after_effect=True)
        staged.contact_everybody([person(1)])
        assert staged.row().state == "unknown"
        staged.clock.advance(minutes(2))
        assert follow_up(staged.run)["resolved"] == 1
        assert staged.row().state == "started"


def test_who_is_held_for_a_person_is_not_called_resolved(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        staged.org.can_find = False
        staged.org.will(Ambiguous("start sms", 504), after_effect=True)
        staged.contact_everybody([person(1)])
        staged.clock.advance(minutes(2))
        counts = follow_up(staged.run)

        assert staged.row().state == "held"
        assert (counts["resolved"], counts["held"]) == (0, 1)


def test_everybody_due_is_found_over_all_campaigns_and_no_run_is_noted(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(60)
        assert find_due_campaigns(staged.ledger) == ["spring"]
        before = staged.actions().count("run")
        with open_run(staged.ledger, staged.org, "spring", webhook_name="crm") as run:
            assert follow_up(run)["looked"] == 1
        assert staged.actions().count("run") == before
        assert find_due_campaigns(staged.ledger) == []
        assert run.campaign.settings == SETTINGS


def test_a_round_in_words() -> None:
    assert describe_round({"ended": 12, "open": 3, "resolved": 1, "held": 2}) == (
        "12 ended, 3 still open, 1 unknown resolved, 2 unknown held for a person (outreach resolve)"
    )


def test_a_receipt_that_comes_after_the_end_is_recorded_and_told_again(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        end(staged, delivery="sent")
        assert follow_up(staged.run)["receipts"] == 0

        staged.org.change("c-1", delivery="delivery-failed", opted_out=True)
        staged.clock.advance(minutes(5))
        counts = follow_up(staged.run)

        assert (counts["receipts"], counts["opted_out"], counts["ended"]) == (1, 1, 0)
        assert (staged.row().state, staged.row().delivery) == ("ended", "delivery-failed")
        assert find_suppressed(staged.ledger, ["+13175550001"]) == {"+13175550001"}
        assert [event["delivery"] for event in told(staged)] == ["sent", "delivery-failed"]
        assert [event["opted_out"] for event in told(staged)] == [False, True]
        assert find_due_campaigns(staged.ledger) == []


def test_a_receipt_is_looked_for_for_three_days_and_no_longer(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        end(staged, delivery="sent")
        follow_up(staged.run)
        before = len(staged.org.reads)
        for _ in range(4 * 24 * 4):
            staged.clock.advance(minutes(15))
            follow_up(staged.run)
        assert len(staged.org.reads) - before == len(LOOK_FOR_RECEIPT_SECONDS)
        assert sum(LOOK_FOR_RECEIPT_SECONDS) == pytest.approx(timedelta(days=3).total_seconds(), rel=0.02)
        assert staged.row().look_at is None
        assert len(told(staged)) == 1
        assert verify(staged.ledger, staged.run.campaign).intact


@pytest.mark.parametrize("delivery", ["", "delivery-success", "delivery-failed", "failed", "read"])
def test_nothing_is_looked_for_after_the_end_once_the_delivery_is_known(
    tmp_path: Path, delivery: str
) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        end(staged, delivery=delivery)
        follow_up(staged.run)
        staged.clock.advance(minutes(60 * 24))
        assert follow_up(staged.run)["looked"] == 0


def test_open_interactions_come_before_receipts(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1), person(2)], SETTINGS.model_copy(update={"threads": 1})) as staged:
        end(staged, delivery="sent")
        follow_up(staged.run)
        staged.clock.advance(minutes(30))
        staged.org.reads.clear()
        follow_up(staged.run, at_most=1)
        assert staged.org.reads[0] == ["c-2"]


def end(staged: Stage, **changes: Any) -> None:
    """The first interaction, two minutes after it began."""
    staged.clock.advance(120)
    staged.org.finish("c-1")
    staged.org.change("c-1", **changes)


@pytest.mark.parametrize("channel", ["sms", "voice"])
def test_an_interaction_of_somebody_erased_is_ended_at_once_and_told_without_personal_data(
    tmp_path: Path, channel: str
) -> None:
    one = {**person(1), "sms": "", channel: "+13175550001"}
    with stage(tmp_path, [one, person(2)]) as staged:
        theirs = staged.row().conversation_id
        if channel == "voice":  # a callback that waits for an agent would still be made
            staged.org.change(theirs, connected_at=None)
        staged.clock.advance(10)
        assert erase(staged.ledger, "EXT-1").still_open == 1

        assert find_due_campaigns(staged.ledger) == ["spring"]
        counts = follow_up(staged.run)

        assert staged.org.asked == [theirs]
        assert (counts["ended"], counts["overlong"], counts["open"]) == (1, 1, 1)
        assert (staged.row().state, staged.row().payload) == ("ended", None)
        [event] = told(staged)
        assert (event["contact_id"], event["conversation_id"]) == ("EXT-1", theirs)
        assert "3175550001" not in str(event)
        assert prove(staged.ledger, staged.run.campaign).balanced
        assert verify(staged.ledger, staged.run.campaign).intact


def test_an_end_that_genesys_refuses_for_somebody_erased_is_asked_for_again(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.org.refuses_end = NotSent("end", 0, "connect_error")
        erase(staged.ledger, "EXT-1")
        assert follow_up(staged.run)["ended"] == 0
        staged.org.refuses_end = None
        staged.clock.advance(60)
        with open_run(staged.ledger, staged.org, "spring", webhook_name="crm") as run:
            assert follow_up(run)["ended"] == 1
