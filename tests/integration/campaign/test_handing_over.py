"""The campaign route against the emulator: everybody once, whatever is lost, stopped or unknown."""

from __future__ import annotations

import contextlib
import io
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from rich.console import Console
from sqlalchemy import select

from emulator.state import defaults
from outreach.compliance import sentence
from outreach.compliance.reasons import TOO_LATE
from outreach.contacts import Channel, Contact
from outreach.decisions.why import explain
from outreach.errors import Refused, SettingsError
from outreach.genesys.platform.campaigns import CampaignRoute
from outreach.genesys.senders import Sender
from outreach.ledger.database.schema import outbox
from outreach.ledger.migrations import migrate
from outreach.ledger.suppressions import suppress
from outreach.operations.resolution import release_waiting
from outreach.report.figures.gather import gather
from outreach.report.markdown import write_markdown
from outreach.report.page import render_page
from outreach.report.terminal import show_report
from outreach.settings import CampaignSettings
from tests.support.emulation import emulator_thread
from tests.support.emulator_clients import logged_in
from tests.support.emulator_server import EmulatorThread
from tests.support.hand_overs import (
    MORE,
    SENDER,
    SETTINGS,
    TEMPLATE,
    Desk,
    address,
    desk,
    mailed,
    person,
    prepare,
)

CAMPAIGNS = "/api/v2/outbound/messagingcampaigns"


@pytest.fixture
def genesys() -> Iterator[EmulatorThread]:
    with emulator_thread() as running:
        prepare(running)
        yield running


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[], object]], None]:
    """Let something happen once, right before a step of the route."""

    def happen(step: str, act: Callable[[], object]) -> None:
        real, due = getattr(CampaignRoute, step), [act]

        def stepping(*given: Any) -> Any:
            if due:
                due.pop()()
            return real(*given)

        monkeypatch.setattr(CampaignRoute, step, stepping)

    return happen


def once(people: int) -> dict[str, int]:
    """Everybody reached, once each."""
    return dict.fromkeys(map(address, range(people)), 1)


def test_everybody_is_reached_once_and_the_sums_prove_it(tmp_path: Path, genesys: EmulatorThread) -> None:
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(250))
        proof = at_work.proof()
        assert Counter(at_work.states()) == {"started": 250}
    assert Counter(at_work.reached) == once(250)
    assert (proof.balanced, proof.contacted, proof.contacted_twice) == (True, 250, 0)


def test_a_second_run_gives_nobody_to_the_engine_again(tmp_path: Path, genesys: EmulatorThread) -> None:
    for people in (range(50), range(50), range(80)):
        with desk(tmp_path, genesys) as at_work:
            at_work.work(people)
    assert Counter(at_work.reached) == once(80)


def test_it_takes_few_requests(tmp_path: Path, genesys: EmulatorThread) -> None:
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(1000))
    asked = genesys.metrics()["by_operation"]
    assert sum(asked.values()) < 80, asked


@pytest.mark.parametrize("kind", ["act_then_reset", "reset_before", "error_after_effect", "rate_limited"])
def test_a_start_whose_answer_is_lost_reaches_everybody_once(
    tmp_path: Path, genesys: EmulatorThread, kind: str
) -> None:
    genesys.configure(faults=[{"kind": kind, "operation": "campaigns.start", "nth": 1}])
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(30))
        assert Counter(at_work.states()) == {"started": 30}
    assert Counter(at_work.reached) == once(30)


@pytest.mark.parametrize("made", ["attempt_limits", "rule_sets"])
def test_what_goes_with_a_list_is_found_when_the_answer_to_its_making_is_lost(
    tmp_path: Path, genesys: EmulatorThread, made: str
) -> None:
    genesys.configure(faults=[{"kind": "act_then_reset", "operation": f"{made}.create", "nth": 1}])
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(5))
        assert Counter(at_work.states()) == {"started": 5}
    assert Counter(at_work.reached) == once(5)


def test_the_intent_stands_before_the_list_can_be_sent_to(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    seen: list[Counter[str]] = []
    with desk(tmp_path, genesys) as at_work:
        meanwhile("start", lambda: seen.append(Counter(at_work.states())))
        at_work.work(range(30))
    assert seen == [{"intent": 30}]


def test_who_opts_out_before_the_start_is_not_reached(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    with desk(tmp_path, genesys) as at_work:
        ledger = at_work.run.ledger
        meanwhile("prepare_campaign", lambda: suppress(ledger, [address(7)], source="person", reason="asked"))
        at_work.work(range(10))
        assert Counter(at_work.states()) == {"started": 9, "held": 1}
    assert address(7) not in at_work.reached


def test_who_opts_out_while_it_sends_is_withdrawn(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with desk(tmp_path, genesys, sms_per_minute=60) as at_work:
        ledger = at_work.run.ledger
        meanwhile("start", lambda: suppress(ledger, [address(200)], source="person", reason="asked"))
        at_work.work(range(240))
        [held] = [row for row in at_work.rows() if row.state != "started"]
        assert (held.state, held.reason) == ("held", TOO_LATE)
    assert address(200) not in at_work.reached
    assert "1 opted out after the start: a message may still arrive." in caplog.messages


def test_who_opts_out_too_late_is_counted_and_told_so(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    genesys.configure(outbound={"uncontactable_stops_queued": False})
    with desk(tmp_path, genesys, sms_per_minute=60) as at_work:
        at_work.run = run = replace(at_work.run, webhook_name="crm")
        meanwhile("start", lambda: suppress(run.ledger, [address(200)], source="person", reason="asked"))
        at_work.work(range(240))
        told = explain(run.ledger, run.campaign, "EXT-200")
        bodies = [orjson.loads(body) for body in run.ledger.db.values(select(outbox.c.body))]
        report = write_markdown(gather(run.ledger, run.campaign))
        assert at_work.proof().reasons == {TOO_LATE: 1}
    assert address(200) in at_work.reached
    assert (told["state"], told["reason"], told["notes"]) == ("started", TOO_LATE, [sentence(TOO_LATE)])
    assert [each["action"] for each in told["history"]][-2:] == ["withdrawn", "started"]
    assert [each["contact_id"] for each in bodies if each["opted_out"]] == ["EXT-200"]
    assert f"| started | sms | {sentence(TOO_LATE)} | 1 |" in report


def test_who_opts_out_too_late_is_withdrawn_once_also_where_the_process_dies_meanwhile(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    with contextlib.suppress(Died), desk(tmp_path, genesys, sms_per_minute=60) as at_work:
        ledger = at_work.run.ledger
        meanwhile("start", lambda: suppress(ledger, [address(200)], source="person", reason="asked"))
        meanwhile("read_results", die)
        at_work.work(range(240))
    with desk(tmp_path, genesys, sms_per_minute=60) as at_work:
        at_work.work(range(240))
        told = explain(at_work.run.ledger, at_work.run.campaign, "EXT-200")
    assert (told["state"], told["reason"]) == ("held", TOO_LATE)
    assert [each["action"] for each in told["history"]].count("withdrawn") == 1


def test_who_opts_out_by_an_answer_to_the_message_was_not_too_late(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    with desk(tmp_path, genesys) as at_work:
        ledger = at_work.run.ledger
        meanwhile("read_results", lambda: suppress(ledger, [address(3)], source="reply", reason="asked"))
        at_work.work(range(10))
        assert {(row.state, row.reason) for row in at_work.rows()} == {("started", "")}


def test_where_who_opts_out_cannot_be_withdrawn_the_engine_is_stopped(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    genesys.configure(permissions_denied={"*": ["outbound:contact:edit"]})
    with desk(tmp_path, genesys, sms_per_minute=60) as at_work:
        ledger = at_work.run.ledger
        meanwhile("start", lambda: suppress(ledger, [address(200)], source="person", reason="asked"))
        at_work.work(range(240))
        assert "outbound:contact:edit" in (at_work.run.auto_stop.reason or "")
        assert set(at_work.states()) == {"started", "held"}
    genesys.advance(3600)
    assert at_work_status(genesys) == ["off"]
    assert address(200) not in at_work.reached


def test_a_stop_stops_the_engine_and_holds_whom_it_left(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    with desk(tmp_path, genesys, sms_per_minute=60) as at_work:
        run = at_work.run
        waited: list[float] = []
        sleep = run.ledger.clock.sleep

        def sleeping(seconds: float) -> None:
            waited.append(seconds)
            sleep(seconds)
            if sum(waited) > 60:
                run.auto_stop.call_off("Somebody wants it so.")

        run.ledger.clock.sleep = sleeping  # type: ignore[method-assign]
        at_work.work(range(300))
        states = Counter(at_work.states())
    genesys.advance(3600)
    assert set(states) == {"started", "held"}
    assert states["started"] == len(at_work.reached) < 300
    assert at_work_status(genesys) == ["off"]


def at_work_status(genesys: EmulatorThread) -> list[str]:
    genesys.truth()
    return [each.status for each in genesys.org.outbound.campaigns.values()]


def test_more_than_an_hour_takes_is_given_in_several_lists(tmp_path: Path, genesys: EmulatorThread) -> None:
    with desk(tmp_path, genesys, sms_per_minute=2) as at_work:
        at_work.work(range(200))
    assert Counter(at_work.reached) == once(200)
    assert len(genesys.org.outbound.lists) == 3


@pytest.mark.parametrize(("hour", "state"), [(19, "started"), (20.5, "deferred"), (23, "deferred")])
def test_who_may_not_be_reached_for_the_whole_time_of_sending_is_deferred(
    tmp_path: Path, genesys: EmulatorThread, hour: float, state: str
) -> None:
    there = genesys.org.now() % 86400 - 5 * 3600  # seconds of the day in New York, in winter
    genesys.org.clock.advance((hour * 3600 - there) % 86400)
    settings = SETTINGS.model_copy(update={"hours_bind": CampaignSettings().hours_bind})
    with desk(tmp_path, genesys, settings) as at_work:
        at_work.work(range(5), time_zone="America/New_York")
        assert set(at_work.states()) == {state}
    assert len(at_work.reached) == (5 if state == "started" else 0)


def test_who_may_be_mailed_but_not_texted_for_the_whole_time_is_in_no_list(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    there = genesys.org.now() % 86400 - 5 * 3600  # seconds of the day in New York, in winter
    genesys.org.clock.advance((20.5 * 3600 - there) % 86400)
    settings = SETTINGS.model_copy(update={"hours_bind": (Channel.SMS,)})
    with desk(tmp_path, genesys, settings) as at_work:
        at_work.work(range(1), time_zone="America/New_York", email="n@example.com")
    assert not genesys.org.outbound.lists


def die_before_the_start(tmp_path: Path, genesys: EmulatorThread, meanwhile: Any) -> None:
    """A process that has prepared a hand-over of thirty, and dies."""
    meanwhile("bound", die)
    with pytest.raises(Died), desk(tmp_path, genesys) as at_work:
        at_work.work(range(30))


def test_a_hand_over_that_lay_there_for_a_day_is_decided_on_again(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    die_before_the_start(tmp_path, genesys, meanwhile)
    genesys.org.clock.advance(86400)
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(30))
        assert set(at_work.states()) == {"started"}
    assert Counter(at_work.reached) == once(30)


def test_a_hand_over_of_before_there_were_senders_is_seen_through(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    die_before_the_start(tmp_path, genesys, meanwhile)
    with contextlib.closing(sqlite3.connect(tmp_path / "ledger.db")) as database, database:
        database.execute("DROP TABLE refusers")
        database.execute("DROP TABLE refusals")
        database.execute("ALTER TABLE hand_overs DROP COLUMN sender")
        database.execute(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '0010'")
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(30))
    assert Counter(at_work.reached) == once(30)


def test_nobody_is_reached_at_night_whoever_starts_the_campaign(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    there = genesys.org.now() % 86400 - 5 * 3600  # seconds of the day in New York, in winter
    genesys.org.clock.advance((12 * 3600 - there) % 86400)
    meanwhile("bound", die)
    settings = SETTINGS.model_copy(update={"hours_bind": (Channel.SMS,)})
    with pytest.raises(Died), desk(tmp_path, genesys, settings) as at_work:
        at_work.work(range(5), time_zone="America/New_York")
    genesys.org.clock.advance(13 * 3600)
    strangers(genesys, "start")
    genesys.advance(3600)
    assert at_work.reached == []


def test_a_text_that_a_column_cannot_hold_is_not_cut_off(tmp_path: Path, genesys: EmulatorThread) -> None:
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(2), initial_message="x" * 513)
        assert [row.reason for row in at_work.rows()] == ["refused:message_too_long"] * 2
    assert at_work.reached == []


def test_other_channels_are_calls_as_before(tmp_path: Path, genesys: EmulatorThread) -> None:
    people: list[dict[str, object]] = [
        person(0),
        {"external_contact_id": "E", "name": "N", "email": "n@example.com", "initial_message": "Hello"},
    ]
    with desk(tmp_path, genesys) as at_work:
        at_work.work(people)
    assert genesys.truth()["by_channel"] == {"sms": 1, "email": 1}
    assert genesys.metrics()["by_operation"].get("emails.agentless")


TWO_NUMBERS: dict[str, Any] = {"more": (Sender(Channel.SMS, MORE),)}


def test_each_of_several_numbers_has_a_campaign_and_its_own_people(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    for people in (range(60), range(90)):
        with desk(tmp_path, genesys, **TWO_NUMBERS) as at_work:
            at_work.work(people)
            rows, engine = at_work.rows(), at_work.run.engine
    assert {row.state for row in rows} == {"started"}
    assert Counter(at_work.reached) == once(90)
    assert engine
    chosen = {person(each)["sms"]: engine.senders.choose(contact(each), Channel.SMS) for each in range(90)}
    sent = {each.address: each.sender for each in genesys.org.conversations.by_id.values()}
    assert sent == chosen
    assert set(chosen.values()) == {SENDER, MORE}


def test_the_report_shows_how_fast_the_senders_were(tmp_path: Path, genesys: EmulatorThread) -> None:
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(100))
        figures = gather(at_work.run.ledger, at_work.run.campaign)
    pace = "100 sms from 1 sender, 600 a minute by each; 600 a minute allowed, by the number's kind"
    assert f"- By Genesys' own engine: {pace}" in write_markdown(figures)
    paper = io.StringIO()
    Console(file=paper, width=200).print(show_report(figures))
    assert f"By Genesys' own engine: {pace}." in paper.getvalue()
    assert "600 a minute allowed, by the number&#39;s kind" in render_page(figures, {})


def test_the_report_says_whose_word_the_pace_is(tmp_path: Path, genesys: EmulatorThread) -> None:
    senders: dict[str, Any] = {"more": (Sender(Channel.SMS, MORE, 300),), "email_template_id": TEMPLATE}
    with desk(tmp_path, genesys, **senders) as at_work:
        at_work.work([*map(person, range(40)), *map(mailed, range(40, 60))])
        by_mail, by_sms = gather(at_work.run.ledger, at_work.run.campaign).by_engine
    assert by_mail.allowed == {"the organisation's e-mail limit": 1200}
    assert by_sms.allowed == {"the number's kind": 600, "the setting": 300}


def contact(number: int) -> Contact:
    return Contact.model_validate(
        {"external_contact_id": f"EXT-{number}", "name": "N", "channels": {"sms": address(number)}}
    )


def test_two_numbers_send_at_the_same_time(tmp_path: Path, genesys: EmulatorThread) -> None:
    # So many that each takes minutes: the clock goes on while one waits, whatever keeps the other back.
    with desk(tmp_path, genesys, **TWO_NUMBERS) as at_work:
        at_work.work(range(600))
    campaigns = [*genesys.org.outbound.campaigns.values()]
    assert len(campaigns) == 2
    first = [min(each.start for each in of(genesys, campaign.sender)) for campaign in campaigns]
    last = [max(each.start for each in of(genesys, campaign.sender)) for campaign in campaigns]
    assert max(first) < min(last)


def test_a_number_that_is_full_keeps_nobody_of_another_waiting(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    other = Sender(Channel.SMS, MORE, 2, metadata={"tier": "gold"})
    gold = [{**person(each), "metadata": {"tier": "gold"}} for each in range(200, 210)]
    with desk(tmp_path, genesys, sms_per_minute=2, more=(other,)) as at_work:
        at_work.work([*map(person, range(200)), *gold])
    assert Counter(at_work.reached) == once(210)
    first = genesys.org.outbound.lists[min_of(genesys, SENDER).list_id]
    assert len(first.contacts) == 90
    assert max(each.start for each in of(genesys, MORE)) < 3600 + min(
        each.start for each in of(genesys, SENDER)
    )


def min_of(genesys: EmulatorThread, sender: str) -> Any:
    return next(each for each in genesys.org.outbound.campaigns.values() if each.sender == sender)


def of(genesys: EmulatorThread, sender: str) -> list[Any]:
    return [each for each in genesys.org.conversations.by_id.values() if each.sender == sender]


@pytest.mark.parametrize("export", [{}, {"email_results_in_export": False}])
def test_e_mail_goes_by_the_engine_with_its_text_whole(
    tmp_path: Path, genesys: EmulatorThread, export: dict[str, bool]
) -> None:
    genesys.configure(outbound=export)
    text = " ".join(f"{number:07d}" for number in range(200))
    with desk(tmp_path, genesys, email_template_id=TEMPLATE) as at_work:
        at_work.work([mailed(each, initial_message=text) for each in range(60)])
        proof = at_work.proof()
        assert Counter(at_work.states()) == {"started": 60}
    assert Counter(Counter(at_work.reached).values()) == {1: 60}
    assert proof.balanced
    assert "emails.agentless" not in genesys.metrics()["by_operation"]
    [campaign] = genesys.org.outbound.campaigns.values()
    assert campaign.config["contentTemplate"] == {"id": TEMPLATE}
    [row, *_] = genesys.org.outbound.lists[campaign.list_id].contacts.values()
    parts = [row.data[name] for name in ("text", "text_2", "text_3", "text_4")]
    assert "".join(parts) == text
    assert all(len(part) <= 512 for part in parts)
    assert row.data["subject"] == "A message for you"


def test_e_mail_has_four_times_the_pace(tmp_path: Path, genesys: EmulatorThread) -> None:
    with desk(tmp_path, genesys, email_template_id=TEMPLATE) as at_work:
        at_work.work([mailed(each) for each in range(400)])
        assert Counter(at_work.states()) == {"started": 400}
    starts = sorted(each.start for each in genesys.org.conversations.by_id.values())
    assert 399 / (starts[-1] - starts[0]) * 60 == pytest.approx(1200, rel=0.02)


def test_a_strangers_recycle_of_an_e_mail_campaign_reaches_nobody_again(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    genesys.configure(outbound={"attempt_limits": "ignored"})
    with desk(tmp_path, genesys, email_template_id=TEMPLATE) as at_work:
        meanwhile("read_results", lambda: strangers(genesys, "recycle"))
        at_work.work([mailed(each) for each in range(30)])
    genesys.advance(3600)
    assert Counter(Counter(at_work.reached).values()) == {1: 30}


def test_an_e_mail_that_no_template_can_be_is_a_call_as_before(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    settings = SETTINGS.model_copy(update={"sender_name": "The shop"})
    with desk(tmp_path, genesys, settings, email_template_id=TEMPLATE) as at_work:
        at_work.work([mailed(0)])
    assert genesys.metrics()["by_operation"].get("emails.agentless") == 1


def test_whatsapp_goes_by_the_engine_where_its_template_and_pace_are_set(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    senders: dict[str, Any] = {"chat_from": defaults.WHATSAPP_INTEGRATION_ID, "chat_type": "whatsapp"}
    senders |= {"chat_template_id": TEMPLATE, "chat_per_minute": 120}
    people: list[dict[str, object]] = [
        {"external_contact_id": "W", "name": "N", "chat": address(1), "initial_message": "Hello"}
    ]
    with desk(tmp_path, genesys, **senders) as at_work:
        at_work.work(people)
        assert at_work.states() == ["started"]
    assert len(at_work.reached) == 1
    asked = genesys.metrics()["by_operation"]
    assert "messages.agentless" not in asked
    assert asked["whatsapp_schedule.put"] == 1


def test_a_sender_that_is_busy_stops_the_run_and_the_next_goes_on(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    with desk(tmp_path, genesys) as at_work:
        key = busy(genesys, at_work)
        with pytest.raises(Refused):
            at_work.work(range(5))
        assert at_work.run.auto_stop.reason
    with logged_in(genesys.url) as stranger:
        stranger.post(f"{CAMPAIGNS}/{key}/stop").raise_for_status()
        genesys.advance(10)
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(5))
    assert Counter(at_work.reached) == once(5)


def busy(genesys: EmulatorThread, at_work: Desk) -> str:
    """Another campaign runs with our sender."""
    engine = at_work.run.engine
    assert engine
    route = engine.open_route(Channel.SMS, SENDER)
    key = route.prepare_campaign("other", route.prepare_list("other"), {})
    route.start(key)
    return key


@pytest.mark.parametrize("share", [{"failed": 1.0}, {"throttled": 1.0}])
def test_whom_the_engine_could_not_send_to_is_failed_and_not_tried_again_by_itself(
    tmp_path: Path, genesys: EmulatorThread, share: dict[str, float]
) -> None:
    genesys.configure(outbound=share)
    for _ in range(2):
        with desk(tmp_path, genesys) as at_work:
            at_work.work(range(5))
            assert {row.state for row in at_work.rows()} == {"failed"}
        genesys.configure(outbound={})
    assert at_work.reached == []


def test_an_ambiguous_result_is_held_unless_its_conversation_is_seen(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    genesys.configure(outbound={"ambiguous": 1.0})
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(40))
        states, proof = Counter(at_work.states()), at_work.proof()
    assert set(states) == {"started", "held"}
    assert states["started"] == len(at_work.reached)
    assert proof.balanced


def test_whom_the_engine_reached_late_and_a_person_released_nobody_contacts_anew(
    tmp_path: Path, genesys: EmulatorThread
) -> None:
    genesys.configure(outbound={"ambiguous": 1.0}, index_delay_seconds=36000)
    with desk(tmp_path, genesys, sms_per_minute=15) as at_work:
        at_work.work(range(600))
        ledger, campaign = at_work.run.ledger, at_work.run.campaign
        assert release_waiting(ledger, campaign, "outcome_unknown", reason="no such message") == 600
    genesys.configure(outbound={"ambiguous": 0.0}, index_delay_seconds=0)
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(600))
        assert Counter(at_work.states()).keys() == {"started", "held"}
    assert Counter(at_work.reached) == once(600)


NO_BELT = {"attempt_limits": "ignored", "rules_after_contact": "ignored"}


class Died(BaseException):
    """The process is no more."""


def die() -> None:
    raise Died


def strangers(genesys: EmulatorThread, act: str) -> None:
    """Somebody else does something to every campaign."""
    with logged_in(genesys.url) as stranger:
        for each in stranger.get(CAMPAIGNS).json()["entities"]:
            method, path = ("DELETE", "progress") if act == "recycle" else ("POST", act)
            stranger.request(method, f"{CAMPAIGNS}/{each['id']}/{path}").raise_for_status()


@pytest.mark.parametrize("without", [{"attempt_limits": "ignored"}, {"rules_after_contact": "ignored"}])
def test_either_belt_alone_holds_against_a_strangers_recycle(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any, without: dict[str, str]
) -> None:
    genesys.configure(outbound=without)
    with desk(tmp_path, genesys) as at_work:
        meanwhile("read_results", lambda: strangers(genesys, "recycle"))
        at_work.work(range(60))
    genesys.advance(3600)
    strangers(genesys, "start")
    genesys.advance(3600)
    assert Counter(at_work.reached) == once(60)


@pytest.mark.parametrize("step", ["start", "bound", "look", "read_results", "list_conversations", "stop"])
@pytest.mark.parametrize("always_running", ["holds", "completes"])
def test_a_process_that_dies_at_a_step_costs_nobody_a_second_message_also_where_no_belt_binds(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any, step: str, always_running: str
) -> None:
    genesys.configure(outbound={**NO_BELT, "always_running": always_running})
    meanwhile(step, die)
    with contextlib.suppress(Died), desk(tmp_path, genesys) as at_work:
        at_work.work(range(30))
    genesys.advance(600)
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(30))
        assert set(at_work.states()) == {"started"}
    assert Counter(at_work.reached) == once(30)


def test_a_list_that_a_stranger_began_to_send_to_is_not_queued_again_nor_started(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    genesys.configure(outbound=NO_BELT)
    die_before_the_start(tmp_path, genesys, meanwhile)
    strangers(genesys, "start")
    genesys.advance(600)
    with desk(tmp_path, genesys) as at_work:
        at_work.work(range(30))
        assert set(at_work.states()) == {"started"}
    assert Counter(at_work.reached) == once(30)


def test_it_goes_no_faster_than_the_senders_number_can(tmp_path: Path, genesys: EmulatorThread) -> None:
    with desk(tmp_path, genesys, sms_from="+13175550100") as at_work:
        at_work.work(range(30))
        assert Counter(at_work.states()) == {"started": 30}


def test_where_the_engine_cannot_send_the_run_does_not_begin(tmp_path: Path, genesys: EmulatorThread) -> None:
    with (
        pytest.raises(SettingsError, match="a sender fit for it"),
        desk(tmp_path, genesys, sms_from=None),
    ):
        pass


def test_nobody_says_of_another_channel_that_it_can_be_used(tmp_path: Path, genesys: EmulatorThread) -> None:
    settings = SETTINGS.model_copy(update={"channel_order": (Channel.SMS,)})
    with desk(tmp_path, genesys, settings) as at_work:
        at_work.work([{**person(0), "email": "ann@example.com"}])
        [row] = at_work.rows()
    assert (row.state, orjson.loads(row.availability)) == ("started", {"sms": "available"})


def test_who_was_not_withdrawn_after_a_refusal_is_not_called_withdrawn(
    tmp_path: Path, genesys: EmulatorThread, meanwhile: Any
) -> None:
    genesys.configure(permissions_denied={"*": ["outbound:contact:edit"]})
    late = [200, 210, 220]
    with desk(tmp_path, genesys, sms_per_minute=60) as at_work:
        ledger = at_work.run.ledger
        meanwhile("start", lambda: suppress(ledger, map(address, late), source="person", reason="asked"))
        at_work.work(range(240))
        told = [explain(ledger, at_work.run.campaign, f"EXT-{each}") for each in late]

    assert [each["action"] for one in told for each in one["history"] if each["action"] == "withdrawn"] == []
