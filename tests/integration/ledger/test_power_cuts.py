"""What the ledger waits for the disk with: everything but what would merely be done again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event

from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.webhook.outbox import Settlement
from tests.support.clocks import SetClock
from tests.support.ledgers import KEY, NOON, advance, load, new_run, people
from tests.support.organisations import Organisation

NORMAL, FULL = 1, 2
"""SQLite's `synchronous`: in WAL mode, only FULL waits for the disk at each commit."""

Commits = list[tuple[int, str]]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """As it is opened in earnest."""
    with open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}", keys=[KEY], clock=SetClock(NOON)) as opened:
        yield opened


@contextlib.contextmanager
def listening(ledger: Ledger) -> Iterator[Commits]:
    """Each commit: how it was confirmed, and the statements before it."""
    commits: Commits = []
    said: dict[int, list[str]] = {}

    @event.listens_for(ledger.db.engine, "before_cursor_execute")
    def _hear(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        said.setdefault(id(connection.connection.driver_connection), []).append(statement)

    @event.listens_for(ledger.db.engine, "commit")
    def _note(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        (kind,) = driver.execute("PRAGMA synchronous").fetchone()
        commits.append((kind, " ".join(said.pop(id(driver), []))))

    yield commits


def kinds(commits: Commits, words: str) -> set[int]:
    return {kind for kind, said in commits if words in said}


def test_intents_outcomes_and_their_audit_outlive_a_power_cut(ledger: Ledger) -> None:
    with new_run(ledger, Organisation()) as run, listening(ledger) as commits:
        load(run, people(3))
        assert advance(run).contacted == 3

    assert kinds(commits, "INSERT INTO intents") == {FULL}
    assert kinds(commits, "UPDATE intents SET outcome") == {FULL}
    assert kinds(commits, "INSERT INTO audit") == {FULL}
    assert kinds(commits, "INSERT INTO outbox") == {FULL}


def test_leases_and_the_answers_of_receivers_do_not_wait_for_the_disk(ledger: Ledger) -> None:
    with new_run(ledger, Organisation()) as run, listening(ledger) as commits:
        load(run, people(3))
        advance(run)
        outbox = LedgerOutbox(ledger, "default")
        taken = outbox.take(10, NOON, 60.0)
        outbox.settle([Settlement(message.id, "delivered") for message in taken], NOON)

    assert len(taken) == 3
    assert kinds(commits, "SET lease_owner=?") == {NORMAL}
    assert kinds(commits, "UPDATE outbox SET") == {NORMAL}


def test_the_next_to_write_waits_for_the_disk_again_even_after_a_failure(ledger: Ledger) -> None:
    with pytest.raises(ZeroDivisionError), ledger.db.write(lasting=False):
        raise ZeroDivisionError

    with ledger.db.write() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == FULL
