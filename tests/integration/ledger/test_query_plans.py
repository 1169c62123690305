"""No query of a batch scans the campaign: an index serves each of them, on SQLite and on PostgreSQL.

Every statement that two batches send in all steps is written down and explained by the database. On a table
as small as a test's a scan may be the faster plan, so PostgreSQL is told to avoid it, and SQLite, which has
no statistics here, takes every table for a large one. The few queries that look at the whole campaign once
a run (planning, proving) are not sent.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from outreach.campaign.interaction import interact_batch
from outreach.campaign.notification import await_first_attempts
from outreach.campaign.reconciliation import recover
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.ledger.claims import claim, everything, plan
from outreach.ledger.conversations import find_starters
from outreach.ledger.deliveries import find_undelivered
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.states import State
from outreach.settings import FrequencyCap
from outreach.webhook.outbox import Settlement
from tests.support.ledgers import CALM, KEY, load, new_ledger, new_run, people
from tests.support.organisations import Organisation

CONTACTS = 900
LARGE = "contacts|audit|intents|outbox"
CAPPED = CALM.model_copy(update={"caps": (FrequencyCap(contacts=5, hours=24),)})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    on_file = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'l.db'}" if on_file else request.getfixturevalue("server").new_ledger()
    with open_ledger(url, keys=[KEY]) as opened:
        yield opened


def test_no_query_of_a_batch_scans_the_campaign(ledger: Ledger) -> None:
    with new_run(ledger, Organisation(), CAPPED) as run:
        load(run, people(CONTACTS))
        batches = plan(ledger, run.campaign, size=200)
        for batch in batches[:5]:
            advance(run, batch)
        with _written_down(ledger) as statements:
            for batch in batches[5:7]:
                advance(run, batch)

        assert len(statements) > 10
        scans = {
            text: scanned for text, values in statements.items() if (scanned := _scan(ledger, text, values))
        }
        assert scans == {}


def test_no_query_at_a_runs_begin_scans_who_is_done(ledger: Ledger) -> None:
    with new_run(ledger, Organisation(), CAPPED) as run:
        load(run, people(CONTACTS))
        for batch in plan(ledger, run.campaign, size=200):
            advance(run, batch)
        recover(run)  # as at a run's end: everybody is looked at, and a mark says so
    with new_run(ledger, Organisation(), CAPPED, name="autumn") as run, _written_down(ledger) as statements:
        recover(run)
        plan(ledger, run.campaign, size=200)

    scans = [text for text, values in statements.items() if _scan(ledger, text, values)]
    assert scans == []


def test_opening_a_run_looks_at_no_intent_where_a_witness_knows_everything(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        with new_run(ledger, Organisation(), CAPPED) as run:
            load(run, people(20))
            advance(run, everything("spring"))
        with _written_down(ledger) as statements, new_run(ledger, Organisation(), CAPPED, name="autumn"):
            pass

        assert statements
        assert not [text for text in statements if "FROM intents" in text]


def test_who_is_done_is_passed_by_no_plan(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation(), CAPPED) as run:
        with _written_down(ledger) as statements:
            plan(ledger, run.campaign, size=200)

        assert all("(campaign_id=? AND state=?" in way for way in _ways(ledger, statements))


def test_whoever_is_claimed_is_found_by_their_state(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation(), CAPPED) as run:
        with _written_down(ledger) as statements:
            claim(ledger, run.campaign.id, everything("spring"), (State.REGISTERED, State.DEFERRED), limit=20)

        claims = {text: values for text, values in statements.items() if "chosen" in text}
        assert len(claims) == 2
        assert all("(campaign_id=? AND state=? AND id>? AND id<?" in way for way in _ways(ledger, claims))


def test_what_was_delivered_is_passed_over_where_the_rest_is_named(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        with _written_down(ledger) as statements:
            find_undelivered(ledger, "default")

        assert all("(state=?" in way for way in _ways(ledger, statements))


def test_who_started_some_conversations_is_found_by_these(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        with _written_down(ledger) as statements:
            find_starters(ledger, {f"conversation {n}" for n in range(50)})

        assert all("(conversation_id=?" in way for way in _ways(ledger, statements))


def test_a_load_asks_for_the_noes_of_its_own_rows_alone(tmp_path: Path) -> None:
    """Reading who said no in the whole campaign, 300,000 of them, cost one more person 0.34 s."""
    with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation(), CAPPED) as run:
        load(run, people(5, opt_out="yes"))
        with _written_down(ledger) as statements:
            load(run, people(1, first=9))

        asked = {text: values for text, values in statements.items() if re.search("refus(als|ers)", text)}
        assert asked
        unlimited = {text: values for text, values in asked.items() if "LIMIT" not in text}
        assert all("(campaign_id=? AND " in way for way in _ways(ledger, unlimited))


def advance(run: Run, batch: Any) -> None:
    """One batch through all steps, and its events delivered."""
    register_batch(run, batch)
    validate_batch(run, batch)
    interact_batch(run, batch)
    outbox, now = LedgerOutbox(run.ledger, "default", run.campaign.id), run.ledger.clock.now()
    while taken := outbox.take(128, now, 60):
        outbox.settle([Settlement(message.id, "delivered", None, 204, "", "") for message in taken], now)
    await_first_attempts(run, batch, 0)


@contextlib.contextmanager
def _written_down(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Each statement once, with the values of one execution."""
    statements: dict[str, Any] = {}

    def write(_c: Any, _cursor: Any, text: str, values: Any, _context: Any, many: bool) -> None:  # noqa: FBT001 - SQLAlchemy's signature
        if re.match(r"\s*(SELECT|UPDATE|DELETE|WITH)", text):
            statements[text] = values[0] if many else values

    event.listen(ledger.db.engine, "before_cursor_execute", write)
    try:
        yield statements
    finally:
        event.remove(ledger.db.engine, "before_cursor_execute", write)


def _ways(ledger: Ledger, statements: dict[str, Any]) -> list[str]:
    """How SQLite finds what each asks for."""
    with ledger.db.read() as connection:
        return [
            str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all())
            for text, values in statements.items()
        ]


def _scan(ledger: Ledger, text: str, values: Any) -> list[str]:
    """The lines of the plan that read a large table from end to end."""
    with ledger.db.read() as connection:
        if ledger.db.is_sqlite:
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
            return [row[3] for row in rows if re.search(rf"SCAN ({LARGE})\b(?!.*USING)", row[3])]
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {text}", values).all()
        return [row[0] for row in rows if re.search(rf"Seq Scan on ({LARGE})\b", row[0])]
