"""Taking a ledger from SQLite to PostgreSQL: every row under its own number, and the same proof after it."""

import contextlib
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select

from outreach.errors import LedgerError, UsageError
from outreach.ledger.campaigns import list_campaigns
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import executors, metadata
from outreach.ledger.ledger import Ledger
from outreach.ledger.migrations.migrate import migrate
from outreach.ledger.proof import prove_within
from outreach.ledger.release import list_living_executors
from outreach.ledger.root_key import key_file, make_key_file, stored_key

GROUP = 1000
"""Rows in one insert."""


def move(ledger: Ledger, url: str) -> dict[str, int]:
    """Copy every table to an empty PostgreSQL database; how many rows of each.

    It is one transaction there: moved as a whole, or not at all. The old file stays, as a backup: whoever
    runs a campaign on it later is told that it is older than what was done.

    Raises:
        UsageError: the target is not empty, or is no PostgreSQL; somebody works with the ledger.
        LedgerError: a proof is another one there.
    """
    if not ledger.db.is_sqlite:
        raise UsageError("This ledger is not on SQLite.", "PostgreSQL moves with pg_dump and pg_restore.")
    if list_living_executors(ledger):
        raise UsageError("A run is going on with this ledger.", "Stop it first, then move the ledger.")
    if url.startswith("sqlite"):  # before it is opened, which would make the file
        raise UsageError("That is SQLite too.", "Copy it there with `outreach ledger backup FILE`.")
    with contextlib.closing(Database(url)) as target:
        migrate(target)
        return _move(ledger, target)


def carry_key(source: str, target: str) -> bool:
    """Put the key file where the ledger in its new place looks for it; False when there is no key file."""
    old, new = key_file(source), key_file(target)
    if not old.exists():
        return False
    key = stored_key(old)
    if not new.exists():
        make_key_file(new, key)
    if stored_key(new) != key:
        raise UsageError(f"There is another key in {new}.", "Put it away, or name the database differently.")
    return True


def _move(ledger: Ledger, target: Database) -> dict[str, int]:
    campaigns = list_campaigns(ledger)
    with ledger.db.snapshot() as source, target.write() as copy:
        if any(copy.execute(select(table).limit(1)).first() for table in metadata.sorted_tables):
            raise UsageError("There is a ledger in that database already.", "Name an empty database.")
        # Sorted by what refers to what: no row comes before the one that it names.
        moved = {table.name: _copy(source, copy, table) for table in metadata.sorted_tables}
        for campaign in campaigns:
            if prove_within(copy, campaign) != prove_within(source, campaign):
                raise LedgerError(
                    f"The proof of {campaign.name} is not the same there.",
                    "Nothing was moved: keep this one.",
                )
    return moved


def _copy(source: Connection, copy: Connection, table: Table) -> int:
    if table is executors:  # they hold nothing, and live elsewhere
        return 0
    count = 0
    rows = source.execution_options(yield_per=GROUP).execute(select(table).order_by(*table.primary_key))
    for part in rows.mappings().partitions():
        copy.execute(insert(table), [dict[str, Any](row) for row in part])
        count += len(part)
    if "id" in table.c and table.c.id.autoincrement is True:
        # Rows that bring their own number leave PostgreSQL's sequence at 1; of none, NULL does too.
        last = select(func.max(table.c.id)).scalar_subquery()
        copy.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "id"), last)))
    return count
