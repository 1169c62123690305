"""Changing the ledger's key: everything sealed is sealed again under the newest root.

    1  the block gets the new key as `key`, the old one first among `previous_keys`: both open, the new seals
    2  `outreach reseal`: payloads, rejected rows, receivers' answers, and the ledger's own hashing keys
    3  the old key can go: nothing in the ledger needs it any more

Hashes do not change: they are made with the ledger's own keys, not with the root. Whether the ledger is
encrypted at all may change in the same way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Column, Table, bindparam, func, select, update

from outreach.ledger.database.schema import contacts, outbox, rejects
from outreach.ledger.facts import remember
from outreach.ledger.opening import HASHING
from outreach.ledger.privacy.person_search import PAGE

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger

PERSONAL: tuple[tuple[Table, Column[Any]], ...] = (
    (contacts, contacts.c.payload),
    (rejects, rejects.c.raw),
    (outbox, outbox.c.excerpt),
)
"""The columns that may say something of a person."""


class Resealed(NamedTuple):
    """How many values were sealed again, and how many stand otherwise still."""

    changed: int
    left: int


def reseal(ledger: Ledger) -> Resealed:
    """Write every personal value as the ledger's newest key and its setting want it, page by page.

    Others may be at work meanwhile: a value that they change is theirs, and current anyway.

    Raises:
        WrongKey: something is sealed with a key that was not given.
    """
    remember(ledger, HASHING, ledger.vault.wrap_hashing_keys())
    changed = sum(_reseal(ledger, table, column) for table, column in PERSONAL)
    return Resealed(changed, sum(len(_outdated(ledger, table, column)) for table, column in PERSONAL))


def _reseal(ledger: Ledger, table: Table, column: Column[Any]) -> int:
    still_so = update(table).where(table.c.id == bindparam("_id"), column == bindparam("_before"))
    changed, last = 0, -1
    while page := _page(ledger, table, column, last):
        last = page[-1][0]
        values = [
            {"_id": number, "_before": before, "_after": ledger.vault.reseal(before)}
            for number, before in page
            if not ledger.vault.is_current(before)
        ]
        if values:
            with ledger.db.write() as connection:
                connection.execute(still_so.values({column.name: bindparam("_after")}), values)
        changed += len(values)
    return changed


def _outdated(ledger: Ledger, table: Table, column: Column[Any]) -> list[int]:
    outdated, last = [], -1
    while page := _page(ledger, table, column, last):
        last = page[-1][0]
        outdated += [number for number, value in page if not ledger.vault.is_current(value)]
    return outdated


def _page(ledger: Ledger, table: Table, column: Column[Any], last: int) -> list[tuple[int, str]]:
    # An empty text, like that of a message that was never answered, says nothing of anybody.
    query = select(table.c.id, column).where(table.c.id > last, func.length(column) > 0)
    with ledger.db.read() as connection:
        rows = connection.execute(query.order_by(table.c.id).limit(PAGE)).all()
    return [(int(number), str(value)) for number, value in rows]
