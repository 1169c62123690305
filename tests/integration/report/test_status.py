from __future__ import annotations

import re
import time
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from outreach.ledger.audit.seals import seal
from outreach.ledger.database.schema import contacts, executors
from outreach.ledger.executors.processes import host
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.ledger.runs import stop_campaign
from outreach.report.figures import status as queries
from outreach.report.figures.status import read_status
from outreach.report.status import show_status
from tests.integration.report.test_terminal import show
from tests.support.report_examples import NOW
from tests.support.report_ledgers import OUTCOMES, fill

ENDED = (("ended", "", "sms"),)
DOUBTED = (*ENDED, ("unknown", "outcome_unknown:read_timeout", "email"), ("held", "zone_unknown", "voice"))


def live(ledger: Ledger, seconds_ago: int) -> None:
    with ledger.db.write() as connection:
        seen = {
            "id": "e",
            "host": "h",
            "pid": 1,
            "born": "1",
            "seen_at": NOW - timedelta(seconds=seconds_ago),
        }
        connection.execute(insert(executors), seen)


def test_the_sums_are_those_of_the_proof(ledger: Ledger) -> None:
    campaign = fill(ledger, 160)

    (one,) = read_status(ledger).campaigns

    proof = prove(ledger, campaign)
    assert one.states == proof.states
    assert (one.contacted, one.contacts) == (proof.contacted, proof.accepted)
    assert one.doubts == proof.unknown + proof.states["held"]
    assert one.webhooks["pending"] == proof.webhooks["pending"]
    assert one.oldest_pending == NOW - timedelta(minutes=40)


@pytest.mark.parametrize(("seconds_ago", "condition"), [(5, "running"), (300, "unfinished")])
def test_a_run_without_an_end_is_running_only_while_a_process_lives(
    ledger: Ledger, seconds_ago: int, condition: str
) -> None:
    fill(ledger, 16)
    live(ledger, seconds_ago)

    assert read_status(ledger).campaigns[0].condition == condition


def test_a_run_without_an_end_is_not_running_while_all_that_live_hold_contacts_of_another_campaign(
    ledger: Ledger,
) -> None:
    worked = fill(ledger, 16)
    fill(ledger, 16, name="left")
    live(ledger, 5)
    of_it = contacts.c.campaign_id == worked.id
    ledger.db.execute(update(contacts).where(of_it).values(lease_owner="e"))

    conditions = {each.name: each.condition for each in read_status(ledger).campaigns}

    assert conditions == {worked.name: "running", "left": "unfinished"}


def test_a_process_that_was_killed_on_this_machine_is_at_work_no_more(ledger: Ledger) -> None:
    fill(ledger, 16)
    with ledger.db.write() as connection:
        gone = {"id": "gone", "host": host(), "pid": 2**22 + 1, "born": "1", "seen_at": ledger.clock.now()}
        connection.execute(insert(executors), gone)
    assert read_status(ledger).campaigns[0].condition == "unfinished"


@pytest.mark.parametrize(
    ("outcomes", "condition"), [(ENDED, "done"), (DOUBTED, "in doubt"), (OUTCOMES, "waiting")]
)
def test_an_ended_run_leaves_a_campaign_done_in_doubt_or_waiting(
    ledger: Ledger, outcomes: tuple[tuple[str, str, str | None], ...], condition: str
) -> None:
    seal(ledger, fill(ledger, 32, outcomes=outcomes))

    one = read_status(ledger).campaigns[0]

    assert (one.condition, one.runs, one.last_run) == (condition, 1, NOW)


def test_a_stop_is_shown_with_its_reason(ledger: Ledger) -> None:
    stop_campaign(ledger, fill(ledger, 16), "Too many failures.")

    status = read_status(ledger)

    assert status.campaigns[0].condition == "stopped"
    assert "spring was stopped: Too many failures." in show(show_status(status), 200)


def test_a_budget_that_a_429_holds_is_shown(ledger: Ledger) -> None:
    slots = LedgerSlotAllocator(ledger)
    slots.change("token:1", lambda table, now: table.refuse(0, 30, 300, now))
    slots.change("token:2", lambda table, now: table.take({0: 300}, 1, now - 3600))

    (budget,) = read_status(ledger).budgets

    assert (budget.key, budget.held_seconds) == ("token:1", 30)


def test_a_hostile_name_commands_no_terminal(ledger: Ledger) -> None:
    fill(ledger, 16, name="spring")
    stop_campaign(ledger, fill(ledger, 1, name="autumn"), "\x1b[31mred\u202e")

    shown = show(show_status(read_status(ledger)))

    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_fifty_campaigns_fit_one_screen_and_what_runs_stands_first(ledger: Ledger) -> None:
    for number in range(50):
        campaign = fill(ledger, 3, name=f"a campaign with a long name {number}", rejected=0)
        if number != 7:
            seal(ledger, campaign)
    live(ledger, 1)

    lines = show(show_status(read_status(ledger))).splitlines()

    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert " running " in next(line for line in lines if "a campaign" in line)
    assert any("35 more campaigns: --all." in line for line in lines)


def test_campaigns_are_told_apart_by_their_names_on_a_narrow_terminal_and_a_run_by_its_age(
    ledger: Ledger,
) -> None:
    for name in ("spring", "autumn"):
        seal(ledger, fill(ledger, 3, name=name, rejected=0))

    lines = show(show_status(read_status(ledger)), 60).splitlines()

    assert max(map(len, lines)) <= 60
    assert {line.split()[0] for line in lines[-2:]} == {"spring", "autumn"}
    assert any("Ran ago" in line for line in lines)


def test_no_query_reads_the_audit_or_the_contacts_from_end_to_end(ledger: Ledger) -> None:
    plans = {}
    with ledger.db.read() as connection:
        of_states = (queries._STATES, queries._HELD, queries._OLDEST, queries._WEBHOOKS)
        for query in (queries._RUNS, queries._VERDICTS, *of_states):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
            plans[query] = [row[3] for row in rows if re.search(r"SCAN (?!.*COVERING)", row[3])]

    assert [found for found in plans.values() if found] == []


@pytest.mark.slow
def test_fifty_campaigns_of_200_000_contacts_take_less_than_a_second(ledger: Ledger) -> None:
    for number in range(50):
        seal(ledger, fill(ledger, 4000, name=f"campaign-{number}"))
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        status = read_status(ledger)
        show(show_status(status))
        taken.append(time.perf_counter() - began)
    print(f"status of 50 campaigns and 200,000 contacts: {min(taken):.2f} s")

    assert sum(each.contacts for each in status.campaigns) == 200_000
    assert min(taken) < 1.0
