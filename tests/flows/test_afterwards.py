"""What happens after a run, on a real Prefect server: interactions end, events arrive."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Any

import pytest

from cli.selfscan import prefect_home
from flows.follow_up import follow_up, share_time
from flows.redeliver import redeliver
from outreach.errors import OutreachError
from tests.flows.office import Office


def followed(office: Office, **more: Any) -> Any:
    return follow_up(**office.names, **more, return_state=True)


def redelivered(office: Office, **more: Any) -> Any:
    names = {name: office.names[name] for name in ("webhook", "ledger")}
    return redeliver(**names, **more, return_state=True)


def start(office: Office, count: int) -> None:
    """So many interactions that may last a second, and have."""
    file = office.folder / "brief.csv"
    rows = [f"C-{n},N,+1317{2000000 + n},1" for n in range(count)]
    file.write_text("\n".join(["external_contact_id,name,sms,interaction_duration_seconds", *rows]) + "\n")
    office.run(str(file))
    time.sleep(1.1)


def test_interactions_are_followed_over_all_campaigns_and_the_state_counts_them(office: Office) -> None:
    office.genesys.configure(message_seconds=1, index_delay_seconds=0)
    start(office, 7)

    state = followed(office)

    assert state.is_completed(), state.message
    assert state.message == "7 ended, 0 still open"
    assert state.result()["ended"] == 7
    assert office.genesys.webhooks()["by_event"]["contact_interaction_ended"] == 7
    assert followed(office).message == "0 ended, 0 still open"


def test_a_reply_that_asks_to_stop_is_obeyed_and_its_words_are_nowhere(office: Office) -> None:
    office.genesys.configure(index_delay_seconds=0)
    start(office, 2)
    for reached in office.genesys.truth()["contacts"]:
        office.genesys.reply(reached["conversation_id"], "Bitte stoppen, zanzibar")

    state = followed(office)

    assert state.result()["stopped"] == 2, state.message
    assert office.genesys.webhooks()["by_event"]["contact_replied"] == 2
    files = [file for folder in (prefect_home(), office.folder) for file in folder.rglob("*")]
    assert [file for file in files if file.is_file() and b"zanzibar" in file.read_bytes()] == []


def test_answers_alone_are_read_before_looks_may_fill_the_round_and_leave_them_most_of_it() -> None:
    assert list(share_time(["busy", "today"], ["yesterday", "today"]).items()) == [
        ("yesterday", 0.25),
        ("busy", 1.0),
        ("today", 1.0),
    ]


def test_an_end_that_may_not_be_asked_for_makes_the_round_red(office: Office) -> None:
    denied = {office.name: ["conversation:communication:disconnect"]}
    office.genesys.configure(never_end=True, index_delay_seconds=0, permissions_denied=denied)
    start(office, 3)

    state = followed(office, campaign=office.name)

    assert state.is_failed()
    assert "disconnect" in (state.message or "")


def test_a_campaign_that_is_not_there_is_said(office: Office) -> None:
    office.run(office.source(1))
    state = followed(office, campaign="nobody")
    assert state.is_failed()
    with pytest.raises(OutreachError, match="no campaign"):
        state.result()


def test_what_the_crm_missed_is_delivered_later_and_again_when_asked(office: Office) -> None:
    office.genesys.configure(webhook_answers=[{"status": 503, "probability": 1}])
    since = datetime.now(timezone.utc)
    office.run(office.source(4), events=["contact_interaction_created"])
    office.genesys.configure(webhook_answers=[])

    state = redelivered(office, ignore_schedule=True)

    assert state.is_completed(), state.message
    assert state.message == "4 delivered, 0 pending, 0 dead"
    assert redelivered(office).result()["delivered"] == 0
    assert redelivered(office, since=since).result()["delivered"] == 4
    received = office.genesys.webhooks()
    assert (received["accepted"], received["invalid"]) == (4, 0)


def test_a_receiver_that_is_gone_makes_the_round_red(office: Office) -> None:
    office.genesys.configure(webhook_answers=[{"status": 410, "probability": 1}])
    office.run(office.source(2), events=["contact_interaction_created"])
    state = redelivered(office, ignore_schedule=True)
    assert state.is_failed()
    assert "410" in (state.message or "")
    assert office.ask("/artifacts/filter", {"artifacts": {"key": {"any_": [f"undelivered-{office.name}"]}}})
