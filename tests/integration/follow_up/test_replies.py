"""What people answer is read, obeyed and told, and its words are kept nowhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.campaign.opening import open_run
from outreach.errors import Forbidden, Invalid
from outreach.follow_up import replies
from outreach.follow_up.rounds import follow_up
from outreach.genesys.interface import Conversation, InboundConversation, InboundMessage
from outreach.ledger.audit.verification import verify
from outreach.ledger.conversations import FOR_A_PERSON, find_answering_campaigns, list_answers
from outreach.ledger.proof import prove
from outreach.ledger.suppressions import find_suppressed
from outreach.settings import CampaignSettings
from tests.support.campaigns import NOW, SETTINGS, Stage, minutes, person, stage
from tests.support.follow_up_scenes import WHATSAPP, Scene, people, scene

PLEASE_STOP = {
    "en": "Please stop zanzibar",
    "de": "Bitte abmelden, zanzibar",
    "fr": "S'il vous plaît, arrêtez zanzibar",
    "es": "Por favor, paren zanzibar",
    "it": "Per favore, smettetela zanzibar",
    "pt": "Por favor, parem zanzibar",
    "nl": "Alstublieft stoppen zanzibar",
}
"""Each with a word that no file may hold afterwards."""

QUOTED = {
    "en": "On Mon, 2 Mar 2026 at 10:00, Hello <hello@outreach.example> wrote:",
    "de": "Am 02.03.2026 um 10:00 schrieb Hello <hello@outreach.example>:",
    "fr": "Le lun. 2 mars 2026 à 10:00, Hello <hello@outreach.example> a écrit :",
    "es": "El lun, 2 mar 2026 a las 10:00, Hello (<hello@outreach.example>) escribió:",
    "it": "Il giorno lun 2 mar 2026 alle ore 10:00 Hello <hello@outreach.example> ha scritto:",
    "pt": "Em seg., 2 de mar. de 2026 às 10:00, Hello <hello@outreach.example> escreveu:",
    "nl": "Op ma 2 mrt 2026 om 10:00 schreef Hello <hello@outreach.example>:",
}
OUTLOOK = (
    "Von: Hello <hello@outreach.example>\nGesendet: Montag, 2. März 2026 10:00\nAn: Ann\nBetreff: Termin"
)
"""Without a sign before our lines, and without a line of dashes."""
OURS = "> Hello there,\n> your appointment is on Monday.\n> Reply STOP to unsubscribe."


def answer(staged: Scene, text_of: Any) -> None:
    """Everybody writes back in their conversation: by e-mail, above what we wrote."""
    for number, row in enumerate(staged.rows()):
        language = list(PLEASE_STOP)[number % len(PLEASE_STOP)]
        text = text_of(language)
        if row.channel == "email":
            text = f"{text}\n\n{QUOTED[language]}\n{OURS}\n"
        staged.genesys.reply(row.conversation_id, text)


WHERE = pytest.mark.parametrize("begin", [False, True], ids=["in ours", "in one of their own"])


@WHERE
def test_please_stop_in_seven_languages_suppresses_after_one_round_and_its_words_are_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, begin: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    with scene(tmp_path, replies_begin_conversations=begin) as staged:
        staged.contact(people(7, ("sms", "chat", "email")))
        answer(staged, PLEASE_STOP.__getitem__)
        staged.pass_time(65)

        counts = follow_up(staged.run)

        assert (counts["replies"], counts["stopped"]) == (21, 21)
        addresses = [next(iter(list(each.values())[2:])) for each in people(7, ("sms", "chat", "email"))]
        assert find_suppressed(staged.ledger, addresses) == set(addresses)
        told = staged.told("contact_replied")
        assert {body["contact_id"] for body in told} == {row.external_contact_id for row in staged.rows()}
        assert {body["meaning"] for body in told} == {"stop"}
        proof = prove(staged.ledger, staged.run.campaign)
        assert (proof.balanced, proof.answers) == (True, {"stop": 21})
        assert verify(staged.ledger, staged.run.campaign).intact
        follow_up(staged.run)
        assert len(staged.told("contact_replied")) == 21
        assert staged.genesys.truth()["count"] == 21
    assert_no_words(tmp_path, caplog)


def assert_no_words(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Of what they wrote, in the ledger or the log."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"zanzibar" in path.read_bytes()]
    assert "zanzibar" not in caplog.text


@WHERE
def test_please_stop_by_whatsapp_in_seven_languages_suppresses_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, *, begin: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    numbers = [f"+1317555{n:04d}" for n in range(1, 8)]
    with scene(tmp_path, senders=WHATSAPP, replies_begin_conversations=begin) as staged:
        staged.contact([{"external_contact_id": number, "name": "N", "chat": number} for number in numbers])
        answer(staged, PLEASE_STOP.__getitem__)
        staged.pass_time(65)

        counts = follow_up(staged.run)

        assert (counts["replies"], counts["stopped"]) == (7, 7)
        assert find_suppressed(staged.ledger, numbers) == set(numbers)
        assert {body["meaning"] for body in staged.told("contact_replied")} == {"stop"}
        assert prove(staged.ledger, staged.run.campaign).answers == {"stop": 7}
    assert_no_words(tmp_path, caplog)


def test_whoever_asks_to_stop_is_left_alone_by_every_campaign(tmp_path: Path) -> None:
    with scene(tmp_path) as staged:
        person_1 = {
            "external_contact_id": "P-1",
            "name": "N",
            "sms": "+13175550001",
            "email": "p@example.com",
        }
        staged.contact([person_1])
        staged.genesys.reply(staged.rows()[0].conversation_id, "Stop")
        follow_up(staged.run)
        settings = CampaignSettings(message="Hello", hours_bind=())
        with open_run(staged.ledger, staged.run.genesys, "summer", settings) as summer:
            staged.contact([{**person_1, "external_contact_id": "P-2"}], summer)
        assert staged.genesys.truth()["count"] == 1
        assert staged.rows()[1].reason == "suppressed"


def test_our_own_words_in_a_quote_are_not_theirs(tmp_path: Path) -> None:
    with scene(tmp_path) as staged:
        staged.contact(people(7, ("email",)))
        answer(staged, lambda _: "Thanks, see you on Monday!")
        follow_up(staged.run)
        assert prove(staged.ledger, staged.run.campaign).answers == {"none": 7}


@pytest.mark.parametrize(
    ("text", "subject", "meaning"),
    [
        ("Hello,\nplease stop\nBest, Ann", "", "stop"),
        ("", "unsubscribe", "stop"),
        (f"{OURS}\n\nStop please", "", "stop"),
        (f"Hello,\n\n{QUOTED['en']}\n> Do you still want it?\nStop please\n{OURS}", "", "stop"),
        ("Thanks.\nOn second thought, I was wrong. This is what I wrote:\nStop", "", "stop"),
        (f"Ja gern\n\n{OUTLOOK}\n\nAntworten Sie mit\nSTOP", "", "none"),
        ("I really think you should stop this", "", "review"),
        ("", "", "review"),
    ],
)
def test_an_email_is_understood_by_its_own_part(
    tmp_path: Path, text: str, subject: str, meaning: str
) -> None:
    with scene(tmp_path) as staged:
        staged.contact(people(1, ("email",)))
        staged.genesys.reply(staged.rows()[0].conversation_id, text, subject or "Re: stop by")
        follow_up(staged.run)
        assert prove(staged.ledger, staged.run.campaign).answers == {meaning: 1}


def test_a_reply_that_genesys_shows_late_is_read_when_it_does(tmp_path: Path) -> None:
    with scene(tmp_path, reply_seconds=300, message_seconds=3600) as staged:
        staged.contact(people(1, ("sms",)))
        staged.genesys.reply(staged.rows()[0].conversation_id, "STOP")
        assert follow_up(staged.run)["replies"] == 0
        staged.pass_time(310)
        assert follow_up(staged.run)["stopped"] == 1


def test_a_role_that_may_not_read_is_said_and_the_round_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with scene(tmp_path, permissions_denied={"*": ["conversation:message:view"]}) as staged:
        staged.contact(people(1, ("sms",)))
        staged.genesys.reply(staged.rows()[0].conversation_id, "STOP")
        staged.pass_time(65)
        assert follow_up(staged.run)["ended"] == 1
        assert "conversation:message:view" in caplog.text
        staged.genesys.configure(permissions_denied={})
        assert follow_up(staged.run)["stopped"] == 1


def test_replies_are_not_read_where_the_campaign_says_so(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)], SETTINGS.model_copy(update={"read_replies": False})) as staged:
        follow_up(staged.run)
        assert staged.org.looks_for_replies == 0


def test_what_a_person_should_read_is_listed_by_conversation(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1), person(2)]) as staged:
        write(staged, "c-1", "can you not stop by on Monday?")
        write(staged, "c-2", "Yes")
        assert follow_up(staged.run)["to_read"] == 1
        found = list_answers(staged.ledger, staged.run.campaign.id, FOR_A_PERSON)
        assert [(row.external_contact_id, row.conversation_id, row.meaning) for row in found] == [
            ("EXT-1", "c-1", "review")
        ]
        assert staged.row().state == "started"


def test_answers_are_looked_for_a_week_after_the_last_contact_and_no_longer(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(timedelta(days=6).total_seconds())
        assert find_answering_campaigns(staged.ledger) == ["spring"]
        follow_up(staged.run)
        assert staged.org.looks_for_replies == 1
        staged.clock.advance(timedelta(days=2).total_seconds())
        assert find_answering_campaigns(staged.ledger) == []
        follow_up(staged.run)
        assert staged.org.looks_for_replies == 1


def test_a_round_that_dies_between_two_answers_loses_neither(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1), person(2)]) as staged:
        write(staged, "c-1", "stop")
        write(staged, "c-2", "stop")
        read, dies = staged.org.read_inbound, iter([False, True, False, False])

        def fail_once(*given: Any, **more: Any) -> list[InboundMessage]:
            if next(dies):
                raise Forbidden("read reply", 403)
            return read(*given, **more)

        staged.org.read_inbound = fail_once  # type: ignore[method-assign]  # a bad moment
        assert follow_up(staged.run)["stopped"] == 1
        assert follow_up(staged.run)["stopped"] == 1
        assert prove(staged.ledger, staged.run.campaign).answers == {"stop": 2}


def test_whoever_asks_to_stop_behind_more_open_conversations_than_a_round_reads_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "MOST", 2)
    with stage(tmp_path, [person(n) for n in range(1, 6)]) as staged:
        for n in range(1, 6):
            write(staged, f"c-{n}", "stop")
        assert [follow_up(staged.run)["stopped"] for _ in range(3)] == [2, 2, 1]
        write_more(staged, "c-2", "and stop calling, too")
        assert sum(follow_up(staged.run)["replies"] for _ in range(3)) == 1


def test_a_place_in_the_list_of_genesys_is_found_again_by_the_next_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "MOST", 2)
    with scene(tmp_path, replies_begin_conversations=True) as staged:
        staged.contact(people(5, ("sms",)))
        answer(staged, PLEASE_STOP.__getitem__)
        staged.pass_time(65)
        assert [follow_up(staged.run)["stopped"] for _ in range(4)] == [2, 2, 1, 0]


def test_answers_on_pages_that_a_round_does_not_reach_are_read_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "PAGE", 2)
    monkeypatch.setattr(replies, "PAGES", 1)
    with stage(tmp_path, [person(n) for n in range(1, 6)]) as staged:
        for n in range(1, 6):
            write(staged, f"c-{n}", "stop")
        assert [follow_up(staged.run)["stopped"] for _ in range(3)] == [2, 2, 1]


def test_what_is_said_in_a_conversation_already_passed_is_heard_although_it_ends_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "MOST", 1)
    with stage(tmp_path, [person(1), person(2)]) as staged:
        write(staged, "c-1", "Yes")
        write(staged, "c-2", "stop")
        follow_up(staged.run)
        write_more(staged, "c-1", "stop")
        staged.org.inbound[0] = replace(staged.org.inbound[0], ended_at=staged.clock.now())
        staged.clock.advance(timedelta(hours=3).total_seconds())
        assert sum(follow_up(staged.run)["stopped"] for _ in range(4)) == 2


def test_one_conversation_that_cannot_be_read_keeps_nobody_else_unheard(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with stage(tmp_path, [person(1), person(2)]) as staged:
        write(staged, "c-1", "stop")
        write(staged, "c-2", "stop")
        read = staged.org.read_inbound

        def refuse_one(conversation_id: str, **more: Any) -> list[InboundMessage]:
            if conversation_id == "c-1":
                raise Invalid("read reply", 400)
            return read(conversation_id, **more)

        staged.org.read_inbound = refuse_one  # type: ignore[method-assign]  # a bad moment
        assert follow_up(staged.run)["stopped"] == 1
        assert "c-1" in caplog.text


def test_whoever_asks_to_stop_is_heard_in_a_round_whose_looks_take_all_the_time(tmp_path: Path) -> None:
    with stage(tmp_path, [person(n) for n in range(1, 131)]) as staged:
        write(staged, "c-130", "stop")
        read = staged.org.read

        def read_slowly(conversation_ids: Sequence[str]) -> list[Conversation]:
            staged.clock.sleep(80)
            return read(conversation_ids)

        staged.org.read = read_slowly  # type: ignore[method-assign]  # beside a busy campaign
        counts = follow_up(staged.run, seconds=200)
        assert (counts["looked"], counts["stopped"]) == (100, 1)


def test_what_is_said_after_a_clock_was_days_ahead_is_heard(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(timedelta(days=3).total_seconds())
        follow_up(staged.run)
        staged.clock.advance(timedelta(days=-3).total_seconds())
        write(staged, "c-1", "stop")
        staged.org.inbound[0] = replace(staged.org.inbound[0], ended_at=staged.clock.now())
        staged.clock.advance(3600)
        assert follow_up(staged.run)["stopped"] == 1


def test_answers_to_whom_a_clock_that_was_ahead_contacted_are_heard(tmp_path: Path) -> None:
    with stage(tmp_path, [person(1)]) as staged:
        staged.clock.advance(timedelta(days=-3).total_seconds())
        write(staged, "c-1", "stop")
        assert follow_up(staged.run)["stopped"] == 1


def test_a_place_that_genesys_does_not_take_is_left_and_the_list_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replies, "MOST", 2)
    with stage(tmp_path, [person(n) for n in range(1, 4)]) as staged:
        for n in range(1, 4):
            write(staged, f"c-{n}", "Yes")
        follow_up(staged.run)
        staged.org.takes_places = False
        write_more(staged, "c-1", "stop")
        assert sum(follow_up(staged.run)["stopped"] for _ in range(2)) == 1


def write_more(staged: Stage, conversation_id: str, text: str) -> None:
    """They write in it once more."""
    told = staged.org.written[conversation_id]
    told.append(InboundMessage(f"m-{conversation_id}-{len(told)}", staged.clock.now(), text))


def write(staged: Stage, conversation_id: str, text: str) -> None:
    """The person of a conversation writes in it, an hour after it began."""
    staged.clock.advance(minutes(1))
    at = staged.clock.now()
    shown = InboundConversation(conversation_id, NOW, None, is_email=False, addresses=frozenset())
    staged.org.inbound.append(shown)
    staged.org.written[conversation_id] = [InboundMessage(f"m-{conversation_id}", at, text)]
