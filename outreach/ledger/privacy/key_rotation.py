"""Changing the ledger's key: everything sealed is sealed again under the newest root.

    1  the block gets the new key as `key`, the old one first among `previous_keys`: both open, the new seals
    2  `outreach reseal`: payloads, rejected rows, receivers' answers, and the ledger's own hashing keys
    3  the old key can go: nothing in the ledger needs it any more

Hashes do not change: they are made with the ledger's own keys, not with the root. Whether the ledger is
encrypted at all may change in the same way.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Column, bindparam, func, select

from outreach.ledger.facts import remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import HASHING
from outreach.ledger.privacy.remains import PERSONAL, UNCLEAN


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
    remember(ledger, UNCLEAN, "yes")  # until the file is written anew
    changed = sum(_reseal(ledger, column) for column in PERSONAL)
    return Resealed(changed, sum(len(page) for column in PERSONAL for page in _outdated(ledger, column)))


def _reseal(ledger: Ledger, column: Column[Any]) -> int:
    own = column.table.c.id == bindparam("_id")
    still_so = column.table.update().where(own, column == bindparam("_before"))
    changed = 0
    for page in _outdated(ledger, column):
        values = [
            {"_id": number, "_before": before, "_after": ledger.vault.seal(ledger.vault.open(before))}
            for number, before in page
        ]
        if values:
            ledger.db.execute(still_so.values({column.name: bindparam("_after")}), values)
        changed += len(values)
    return changed


def _outdated(ledger: Ledger, column: Column[Any]) -> Iterator[list[tuple[int, str]]]:
    """The rows of each page whose value stands otherwise than it would be written now."""
    # An empty text, like that of a message that was never answered, says nothing of anybody.
    query = select(column.table.c.id, column.label("value")).where(func.length(column) > 0)
    for page in ledger.db.pages(query):
        yield [(row.id, row.value) for row in page if not ledger.vault.is_current(row.value)]
