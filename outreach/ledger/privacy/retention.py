"""Forgetting by age: what nothing happened to for so long loses everything personal, like an erasure.

The sums, the audit and the keyed hashes stay, so nobody is contacted twice because they were forgotten. An
outcome in doubt, and a contact held for a person, wait for that person however old they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from outreach.errors import SettingsError
from outreach.ledger.database.schema import contacts, loads, rejects
from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.forgetting import forget, forget_rows, rewrite
from outreach.ledger.privacy.remains import UNCLEAN
from outreach.ledger.states import State

_STILL_OPEN = (State.INTENT, State.UNKNOWN, State.HELD)
"""States that are left alone."""


@dataclass(frozen=True)
class Purged:
    """What was, or with `dry_run` would be, forgotten; `waiting` is as old, but still open.

    `rewritten` is False when another program held the database: the next purge makes up for it.
    """

    contacts: int
    rows: int
    files: int
    waiting: int
    dry_run: bool
    rewritten: bool = True


def purge(ledger: Ledger, keep_days: int, files: Sequence[Path] = (), *, dry_run: bool = True) -> Purged:
    """Forget what is older than so many days since anything happened to a contact, or since a row was read.

    Of the `files`, rejects files and exports, those as old are deleted. With `dry_run` only count.

    Raises:
        SettingsError: `keep_days` is less than 1.
    """
    if keep_days < 1:
        raise SettingsError(f"{keep_days} days cannot be kept.", "Keep at least 1 day.")
    before = ledger.clock.now() - timedelta(days=keep_days)
    c = contacts.c
    aged = select(c.id, c.state).where(c.payload.is_not(None), c.updated_at < before, c.lease_owner.is_(None))
    everybody = [(row.id, row.state in _STILL_OPEN) for row in ledger.db.one_by_one(aged)]
    people = [number for number, is_open in everybody if not is_open]
    read = select(rejects.c.id).join(loads, loads.c.id == rejects.c.load_id)
    old_rows = read.where(rejects.c.raw.is_not(None), loads.c.started_at < before)
    rows = [row.id for row in ledger.db.one_by_one(old_rows)]
    old = [path for path in files if path.exists() and path.stat().st_mtime < before.timestamp()]
    waiting = len(everybody) - len(people)
    rewritten = True
    if not dry_run and (people or rows or old or recall(ledger, UNCLEAN)):
        remember(ledger, UNCLEAN, "yes")
        forget(ledger, people, "purged")
        forget_rows(ledger, rows, "purged")
        for path in old:
            path.unlink(missing_ok=True)
        rewritten = rewrite(ledger)
    return Purged(len(people), len(rows), len(old), waiting, dry_run, rewritten)
