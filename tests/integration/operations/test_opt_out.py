"""Whoever opts out, by whatever way, is not contacted any more; those who wait neither."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.registration import register_batch
from outreach.campaign.validation import validate_batch
from outreach.contacts import Channel
from outreach.errors import SourceError, UsageError
from outreach.ledger.audit.export import export_records
from outreach.ledger.audit.verification import verify
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.claims import everything
from outreach.ledger.facts import recall
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.suppressions import find_opt_outs, find_suppressed, mirror, suppress
from outreach.ledger.webhook_replies import read_wish
from outreach.operations.opt_out import lift, opt_out, read_address, suppress_file, take_reply
from outreach.privacy.erasure import erase
from outreach.report.figures.loads_and_outbox import read_outbox
from outreach.sources.opening import open_source
from outreach.webhook.outbox import Settlement
from tests.support.campaigns import Stage, person, stage
from tests.support.ledgers import KEY
from tests.support.postgres import Postgres

NUMBER = "+13175550001"


def write(folder: Path, text: str) -> Path:
    file = folder / "opted-out.csv"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("sms,email\n+1 (317) 555-0001,Ann@EXAMPLE.com\n", 2),
        ("name;address\nAnn;0013175550001\nBob;bob@example.com\n", 2),
        ("address\n+13175550001\n+13175550001\n", 1),
        ("+13175550001\n+13175550002\n", 2),
        ("whatever\n+13175550001\n", 1),
        ("chat\nvisitor-17\n", 1),
    ],
)
def test_a_csv_of_addresses_is_taken_in_whatever_its_columns(tmp_path: Path, text: str, new: int) -> None:
    with stage(tmp_path) as staged:
        intake = suppress_file(staged.ledger, write(tmp_path, text))
        assert intake.new == new
        assert not intake.unread
        assert suppress_file(staged.ledger, tmp_path / "opted-out.csv").new == 0


def test_a_number_without_its_country_is_named_by_its_line_and_the_others_count(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        intake = suppress_file(staged.ledger, write(tmp_path, f"sms\n0171 1234567\n{NUMBER}\n"))
        assert intake.as_json()["unread"] == [{"line": 2, "code": "phone_without_country_code"}]
        assert find_suppressed(staged.ledger, [NUMBER]) == {NUMBER}


@pytest.mark.parametrize(
    ("text", "country", "stopped"),
    [
        ("phone\n491715550170\n", "", {"+491715550170"}),
        ("phone\n491715550170\n", "DE", {"+491715550170", "+49491715550170"}),
        ("phone\n0171 5550170\n", "DE", {"+491715550170"}),
        ("phone\n+491715550101.0\n", "", {"+491715550101"}),
        ("sms,country\n0171 5550170,Germany\n(317) 555-0101,US\n", "", {"+491715550170", "+13175550101"}),
        ("email\na@example.com; b@example.com\n", "", {"a@example.com", "b@example.com"}),
        ("sms,voice\n+13175550101 / +13175550102,+13175550103\n", "", {f"+1317555010{n}" for n in "123"}),
    ],
)
def test_everybody_whom_a_number_may_mean_is_left_alone(
    tmp_path: Path, text: str, country: str, stopped: set[str]
) -> None:
    with stage(tmp_path) as staged:
        intake = suppress_file(staged.ledger, write(tmp_path, text), country=country)
        assert not intake.unread
        assert find_suppressed(staged.ledger, sorted(stopped)) == stopped


def test_a_csv_without_addresses_is_refused(tmp_path: Path) -> None:
    with stage(tmp_path) as staged, pytest.raises(SourceError, match="no column of addresses"):
        suppress_file(staged.ledger, write(tmp_path, "first,second\na,b\n"))


def test_of_a_csv_with_replies_only_those_who_ask_to_stop_count(tmp_path: Path) -> None:
    replies = "address,reply\n+13175550001,STOP!\n+13175550002,thanks\n+13175550003,STPO bitte\n"
    with stage(tmp_path) as staged:
        intake = suppress_file(staged.ledger, write(tmp_path, replies))
        assert (intake.new, intake.kept, intake.to_review) == (1, 1, [4])


@pytest.mark.parametrize(("text", "meaning"), [("Stop", "stop"), ("start", "start"), ("hello", "none")])
def test_a_reply_that_asks_to_stop_is_obeyed_at_once(tmp_path: Path, text: str, meaning: str) -> None:
    with stage(tmp_path) as staged:
        assert take_reply(staged.ledger, "+1 317 555 0001", text) == meaning
        assert bool(find_suppressed(staged.ledger, [NUMBER])) is (meaning == "stop")


def test_a_lifted_address_is_contacted_again_and_the_ledger_remembers_who_lifted_what(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        opt_out(staged.ledger, [NUMBER], reason="a typing error")
        assert lift(staged.ledger, ["+1 (317) 555-0001", "+13175550002"]) == [True, False]

        clear(staged)
        interact_batch(staged.run, everything("spring"))
        kept = recall(staged.ledger, f"lifted:{staged.ledger.vault.address_key(NUMBER)}")

    assert staged.org.contacted
    assert kept
    assert orjson.loads(kept).items() >= {"source": "by_hand", "reason": "a typing error"}.items()


def test_what_is_no_address_is_refused_without_repeating_it() -> None:
    with pytest.raises(UsageError) as refused:
        read_address("0171 1234567")
    assert "1234567" not in str(refused.value).replace("+15551234567", "")


def clear(staged: Stage) -> None:
    """Somebody who is cleared and waits for the next step."""
    load_source(staged.run, open_source([person(1)]))
    register_batch(staged.run, everything("spring"))
    validate_batch(staged.run, everything("spring"))
    assert staged.row().state == "cleared"


def test_an_opt_out_stops_a_contact_that_waits(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        clear(staged)
        opt_out(staged.ledger, ["+1 (317) 555-0001"])
        interact_batch(staged.run, everything("spring"))
        assert (staged.row().state, staged.row().reason) == ("blocked", "suppressed")
        assert not staged.org.contacted


@pytest.mark.parametrize(
    ("answer", "channels"),
    [
        ('{"suppress": true}', set(Channel)),
        ('{"suppress": ["sms", "voice", "fax", 7]}', {Channel.SMS, Channel.VOICE}),
        ('{"suppress": false}', set()),
        ('{"suppress": "true"}', set()),
        ('{"suppress": 1}', set()),
        ('["suppress"]', set()),
        ("suppress", set()),
        ('{"suppress": true', set()),
        ("", set()),
    ],
)
def test_what_a_receivers_answer_asks_for(answer: str, channels: set[Channel]) -> None:
    assert read_wish(answer).channels == channels


@given(st.text(max_size=60).map(lambda text: f"suppress{text}") | st.text(max_size=60))
def test_no_answer_upsets_the_delivery(text: str) -> None:
    wrapped = orjson.dumps({"suppress": text.encode("utf-8", "replace").decode()}).decode()

    assert read_wish(text).channels <= set(Channel)
    assert read_wish(wrapped).channels <= set(Channel)


@pytest.mark.parametrize(
    ("result", "state"), [("delivered", "blocked"), ("retry", "started"), ("dead", "started")]
)
def test_the_crms_answer_stops_its_contact_everywhere(tmp_path: Path, result: str, state: str) -> None:
    with stage(tmp_path) as staged:
        clear(staged)
        [message] = LedgerOutbox(staged.ledger, "crm").take(1, staged.clock.now(), 60)
        settled = Settlement(message.id, result, None, 200, "", '{"suppress": true}')  # type: ignore[arg-type]  # a parameter
        LedgerOutbox(staged.ledger, "crm").settle([settled], staged.clock.now())
        interact_batch(staged.run, everything("spring"))
        assert staged.row().state == state


def test_an_opt_out_outlives_the_list_that_named_the_address_before(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        mirror(staged.ledger, [NUMBER], organisation="o-1")
        assert opt_out(staged.ledger, [NUMBER]) == 0  # not new, but now for another reason

        mirror(staged.ledger, [], organisation="o-1")

        assert find_suppressed(staged.ledger, [NUMBER]) == {NUMBER}


def test_who_opted_out_and_is_listed_later_stays_off_when_the_list_changes(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        opt_out(staged.ledger, [NUMBER])
        mirror(staged.ledger, [NUMBER], organisation="o-1")
        mirror(staged.ledger, [], organisation="o-1")

        assert find_suppressed(staged.ledger, [NUMBER]) == {NUMBER}


@pytest.mark.parametrize(
    ("answer", "channels", "unclear"),
    [
        ('{"suppress": ["SMS"]}', {Channel.SMS}, False),
        ('{"data": {"suppress": true}}', set(Channel), False),
        ('{"opt_out": true}', set(Channel), False),
        ('{"contact": {"doNotContact": true, "unsubscribed": false}}', set(Channel), False),
        ('{"suppress": true, "more": "' + "x" * 5000 + '"}', set(Channel), False),
        ('{"suppress": "true"}', set(), True),
        ('{"suppress": 1}', set(), True),
        ('{"suppress": ["sms", "fax"]}', {Channel.SMS}, True),
        ('{"suppress": {"sms": true}}', set(), True),
        ('{"suppress": true, "suppress": false}', set(), True),
        ('{"contacts": [{"opt_out": true}]}', set(), True),
        ('{"suppress": true', set(), True),
        ("Suppressed. Thank you!", set(), True),
        ('{"suppress": false, "opt_out": null, "unsubscribed": "no"}', set(), False),
        ('{"received": true}', set(), False),
    ],
)
def test_an_answer_that_may_mean_stop_is_obeyed_or_said(
    tmp_path: Path,
    answer: str,
    channels: set[Channel],
    unclear: bool,  # noqa: FBT001 - a parameter of the table
    caplog: pytest.LogCaptureFixture,
) -> None:
    wish = read_wish(answer)
    assert wish.channels == channels
    assert wish.unclear is unclear

    with stage(tmp_path) as staged:
        load_source(staged.run, open_source([person(1)]))
        clear(staged)
        [message] = LedgerOutbox(staged.ledger, "crm").take(1, staged.clock.now(), 60)
        settled = Settlement(message.id, "delivered", None, 200, "", answer[:4096], answer)
        LedgerOutbox(staged.ledger, "crm").settle([settled], staged.clock.now())
        with staged.ledger.db.snapshot() as connection:
            answers = read_outbox(connection, staged.run.campaign.id).answers
        assert bool(find_suppressed(staged.ledger, [NUMBER])) is (Channel.SMS in channels)

    assert (("delivered", "E_UNCLEAR") in {(each.state, each.code) for each in answers}) is unclear
    assert ("cannot be read" in caplog.text) is unclear


def test_a_lift_stands_in_the_audit_of_every_campaign_with_its_reason(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        opt_out(staged.ledger, [NUMBER])
        lift(staged.ledger, [NUMBER], reason="read\nthe wrong line")
        campaign = find_campaign(staged.ledger, "spring")
        records = [orjson.loads(line) for line in export_records(staged.ledger, campaign)]
        intact = verify(staged.ledger, campaign).intact

    [lifted] = [record for record in records if record["action"] == "suppression_lifted"]
    assert lifted["detail"]["reason"] == "read the wrong line"
    assert lifted["actor"] == staged.ledger.actor
    assert NUMBER not in str(records)
    assert intact


def test_who_was_erased_is_not_lifted_without_a_further_word(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        opt_out(staged.ledger, ["+13175550002"])
        erase(staged.ledger, NUMBER)

        with pytest.raises(UsageError, match=r"Number 2 .*erased.*--erased"):
            lift(staged.ledger, ["+13175550002", NUMBER])
        assert find_suppressed(staged.ledger, [NUMBER, "+13175550002"]) == {NUMBER, "+13175550002"}
        assert lift(staged.ledger, [NUMBER], erased_too=True) == [True]


@pytest.mark.parametrize("reason", ["x" * 500, "a\0b", "two\nlines"])
def test_an_opt_out_is_never_lost_for_its_reason(server: Postgres, reason: str) -> None:
    with open_ledger(server.new_ledger(), keys=[KEY]) as ledger:
        assert opt_out(ledger, [NUMBER], reason=reason) == 1
        assert find_suppressed(ledger, [NUMBER]) == {NUMBER}


LINKS = ("Se désabonner", "Annulla iscrizione")


@pytest.mark.parametrize("words", LINKS)
def test_the_name_of_a_mails_link_stops_as_the_whole_reply(tmp_path: Path, words: str) -> None:
    with stage(tmp_path) as staged:
        assert take_reply(staged.ledger, NUMBER, words) == "stop"


@pytest.mark.parametrize("words", LINKS)
def test_the_name_of_a_mails_link_stops_nobody_who_quotes_the_mail(tmp_path: Path, words: str) -> None:
    with stage(tmp_path) as staged:
        assert take_reply(staged.ledger, NUMBER, f"Oui, je viens.\nDe : la clinique\n{words}") != "stop"


def test_two_spellings_of_an_address_are_both_told_of_its_opt_out(tmp_path: Path) -> None:
    with stage(tmp_path) as staged:
        began = staged.ledger.clock.now()
        suppress(staged.ledger, ["+491715550101"], source="person", reason="asked")

        assert set(find_opt_outs(staged.ledger, ["+491715550101", "491715550101"], began)) == {
            "+491715550101",
            "491715550101",
        }
