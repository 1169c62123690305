"""Ledgers and runs for tests: a new SQLite ledger in milliseconds, people, and the steps of a campaign.

with new_ledger(folder) as ledger, new_run(ledger, Organisation()) as run:
    load(run, people(10))
    advance(run)
"""

from __future__ import annotations

import contextlib
import functools
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, select, update

from outreach.campaign.interaction import interact_batch
from outreach.campaign.loading import load_source
from outreach.campaign.opening import open_run
from outreach.campaign.outcomes import NotAttempted, change_after
from outreach.campaign.reconsideration import reconsider
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.clock import Clock
from outreach.contacts import Channel
from outreach.errors import GenesysError
from outreach.genesys.interface import Genesys, Started
from outreach.ledger.changes import apply_outcomes
from outreach.ledger.claims import BatchRef, claim, everything
from outreach.ledger.database.schema import contacts
from outreach.ledger.intents import Intent, IntentRequest, commit_intents
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.load import Loaded
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import Proof, prove
from outreach.ledger.states import State
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.clocks import SetClock
from tests.support.folders import make_passing_folder

NOON = datetime(2026, 3, 3, 17, 0, tzinfo=timezone.utc)
"""A Tuesday, noon in New York: everybody may be called."""

KEY = "a key for tests only"
CALM = CampaignSettings(message="Hello", hours_bind=(), threads=2, look_after_seconds=(30, 60))


@functools.lru_cache(maxsize=1)
def _template() -> Path:
    """A migrated, empty ledger, made once: migrating takes longer than a whole test."""
    path = make_passing_folder("ledger") / "template.db"
    with open_ledger(f"sqlite:///{path}", keys=[KEY]):
        pass
    return path


@contextlib.contextmanager
def new_ledger(folder: Path, clock: Clock | None = None, **options: Any) -> Iterator[Ledger]:
    """The ledger in a folder, made when it is not there; opening it twice gives two executors."""
    path = folder / "ledger.db"
    if not path.exists():
        shutil.copy(_template(), path)
        _without_identity(path)
    with open_ledger(f"sqlite:///{path}", keys=[KEY], clock=clock or SetClock(NOON), **options) as ledger:
        _hurry(ledger.db.engine)
        yield ledger


def _without_identity(path: Path) -> None:
    """A copy would be the same ledger for those who remember how far it had come."""
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM facts WHERE name IN ('identity', 'made_at')")


_compiled: list[Engine] = []


def _hurry(engine: Engine) -> None:
    """Wait for no disk, since a test survives no power cut, and compile each statement once for all tests."""
    engine.dispose()
    event.listen(engine, "connect", _trust_the_power)
    if not _compiled:
        _compiled.append(engine)
    engine.dialect = engine.pool._dialect = _compiled[0].dialect
    engine._compiled_cache = _compiled[0]._compiled_cache


def _trust_the_power(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@contextlib.contextmanager
def new_run(
    ledger: Ledger,
    genesys: Genesys,
    settings: CampaignSettings = CALM,
    *,
    name: str = "spring",
    endpoint: str | None = "default",
) -> Iterator[Run]:
    """A run of a campaign."""
    with open_run(ledger, genesys, name, settings, webhook_name=endpoint) as run:
        yield run


def people(count: int, first: int = 1, **columns: object) -> list[dict[str, object]]:
    """So many people with a number and an address of their own."""
    return [
        {
            "external_contact_id": f"C-{n}",
            "name": f"Person {n}",
            "sms": f"+1317555{n:04d}",
            "email": f"p{n}@example.com",
            "time_zone": "America/New_York",
            **columns,
        }
        for n in range(first, first + count)
    ]


def load(run: Run, rows: Sequence[Mapping[str, object]]) -> Loaded:
    """Load them."""
    return load_source(run, open_source(rows))


def batch(run: Run) -> BatchRef:
    """The whole campaign as one batch."""
    return everything(run.campaign.name)


def stay(run: Run) -> None:
    """Nothing is done beyond loading."""


def register(run: Run) -> None:
    """Register everybody."""
    register_batch(run, batch(run))


def clear(run: Run) -> None:
    """Register and validate everybody."""
    register(run)
    validate_batch(run, batch(run))


def advance(run: Run) -> Proof:
    """Reconsider, register, validate, contact, as a run does; what the ledger says then."""
    reconsider(run)
    clear(run)
    interact_batch(run, batch(run))
    return prove(run.ledger, run.campaign)


def row_of(ledger: Ledger, name: str) -> Any:
    """A contact's row."""
    with ledger.db.read() as connection:
        return connection.execute(select(contacts).where(contacts.c.external_contact_id == name)).one()


def states(ledger: Ledger) -> dict[str, str]:
    """External contact id to state, or `state:reason`."""
    query = select(contacts.c.external_contact_id, contacts.c.state, contacts.c.reason).order_by(
        contacts.c.id
    )
    with ledger.db.read() as connection:
        rows = connection.execute(query).all()
    return {name: f"{state}:{reason}" if reason else state for name, state, reason in rows}


def put(run: Run, **values: object) -> None:
    """Write it into every contact's row."""
    with run.ledger.db.write() as connection:
        connection.execute(update(contacts).values(values))


def kill(ledger: Ledger) -> None:
    """The process that had this ledger open is no more: nothing it held is given back."""
    ledger.executor.fall_silent()


def stay_alive(ledger: Ledger) -> None:
    """Say that this process lives, as its heartbeat does in the meantime of a clock that only we move."""
    if (beat := ledger.executor._beat) is not None:
        beat.renew()


def attempt(run: Run, opened: Intent, outcome: Started | GenesysError | NotAttempted) -> set[int]:
    """An attempt's outcome, written down."""
    return apply_outcomes(run.ledger, [change_after(run, opened, outcome)])


def intend(run: Run, limit: int = 1, *, departed: bool = True) -> list[Intent]:
    """Claim so many cleared contacts, open their intents on SMS, and let the calls go."""
    group = claim(run.ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=limit)
    wanted = [IntentRequest(row, Channel.SMS, row.contact.channels.sms or "") for row in group]
    opened = commit_intents(run.ledger, wanted, same_address=run.settings.same_address)[0]
    for item in opened if departed else ():
        assert run.ledger.executor.note_sent(item.claimed.owner, item.reference)
    return opened


def forget_hand_overs(connection: Connection) -> None:
    """Make it a ledger of before revision 0008."""
    for table in ("refusals", "refusers"):  # of 0012
        connection.exec_driver_sql(f"DROP TABLE {table}")
    connection.exec_driver_sql("DROP TABLE hand_overs")
    connection.exec_driver_sql("DROP INDEX ix_intents_hand_over_id")
    connection.exec_driver_sql("ALTER TABLE intents DROP COLUMN hand_over_id")
    connection.exec_driver_sql("ALTER TABLE contacts DROP COLUMN segments")  # of 0009
