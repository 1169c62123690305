"""Forgetting people: what is personal goes, what proves that nobody is contacted twice or again stays.

gone    name, addresses, message, metadata (payload), the rejected row, the decision, answers' excerpts
stays   the external contact id (the next load would take the person for a new one without it), states
        and times, the audit, and keyed hashes: of addresses (suppressed from now on) and of the intent

not contacted yet ──> blocked(erased)      started ────> ended by the next `follow_up`, which is due now
in doubt ───────────> held(erased)         ended ──────> as it is
                                           in the air ─> waited for, since a process still has them
"""

import contextlib
import secrets
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, update

from outreach.chunks import cut
from outreach.errors import LedgerError
from outreach.ledger.audit.notes import note
from outreach.ledger.changes import KEEP, Change, apply_within, lock
from outreach.ledger.database.failures import translated
from outreach.ledger.database.schema import outbox, rejects, suppressions
from outreach.ledger.facts import kept_as, recall, remember
from outreach.ledger.intents import find_attempted
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.remains import UNCLEAN, still_stands
from outreach.ledger.refusals import forget_noes
from outreach.ledger.release import release_dead_executors
from outreach.ledger.states import CONTACTED, State
from outreach.ledger.suppressions import ERASED, ERASING, suppression
from outreach.ledger.vault import number_of

Cause = Literal["erased", "purged"]
"""On a person's wish, or because of age."""

CHUNK = 200
PATIENCE_SECONDS = 30.0
"""How long a call in the air is waited for."""

_FORGOTTEN: Mapping[str, Any] = {
    "payload": None,
    "content_key": "",
    "availability": None,
    "decision": None,
    "until": None,
    "retryable": False,
}


def forget(ledger: Ledger, ids: Iterable[int], cause: Cause) -> None:
    """Forget these contacts, a chunk a transaction.

    Raises LedgerError where somebody is being called at this very moment, for longer than 30 seconds.
    """
    for chunk in cut(sorted(ids), CHUNK):
        _forget(ledger, chunk, cause)


def _forget(ledger: Ledger, chunk: Sequence[int], cause: Cause) -> None:
    until = ledger.clock.monotonic() + PATIENCE_SECONDS
    forgotten: set[int] = set()
    while left := [number for number in chunk if number not in forgotten]:
        release_dead_executors(ledger)  # else it waits for a call that nobody makes any more
        with ledger.db.write() as connection:
            changes = list(_changes(connection, left, cause, ledger.clock.now()))
            forgotten |= apply_within(ledger, connection, changes)
            excerpts = update(outbox).where(outbox.c.contact_id.in_(left))
            connection.execute(excerpts.values(excerpt=""))
        if len(forgotten) < len(chunk):
            if ledger.clock.monotonic() >= until:
                raise LedgerError(
                    "Somebody of them is being called at this very moment.", "Erase again in a minute."
                )
            ledger.clock.sleep(0.5)


def _changes(connection: Connection, ids: Sequence[int], cause: Cause, now: datetime) -> Iterator[Change]:
    rows = lock(connection, ids)
    tried = find_attempted(connection, ids)
    for row in rows.values():
        before = State(row.state)
        if before is State.INTENT:
            continue
        is_doubtful = before is State.UNKNOWN or (before is State.HELD and row.id in tried)
        kept_back = State.HELD if is_doubtful else State.BLOCKED
        after = before if before in CONTACTED else kept_back
        yield Change(
            contact_id=row.id,
            after=after,
            action=cause,
            reason=cause if after in (State.BLOCKED, State.HELD) else KEEP,
            fields={**_FORGOTTEN, "look_at": now if after is State.STARTED else None},
        )


def forget_rows(ledger: Ledger, ids: Collection[int], cause: Cause) -> int:
    """Forget what rejected rows held; their line, code and reason stay, for the sums."""
    for chunk in cut(sorted(ids), CHUNK):
        with ledger.db.write() as connection:
            named = update(rejects).where(rejects.c.id.in_(chunk)).values(raw=None)
            touched = list(connection.execute(named.returning(rejects.c.campaign_id)).scalars())
            for campaign_id in sorted(set(touched)):
                note(ledger, connection, campaign_id, f"rows_{cause}", {"rows": touched.count(campaign_id)})
    return len(ids)


def suppress_for_good(ledger: Ledger, addresses: Collection[str], ids: Collection[str] = ()) -> int:
    """Suppress addresses so that no do-not-contact list that forgets them takes them off again; how many.

    The `ids` too: a later list may have the person with an address that nobody knew.
    """
    new = ledger.db.insert(suppressions)
    lasting = {"source": new.excluded.source, "reason": new.excluded.reason}
    upsert = new.on_conflict_do_update(index_elements=["address_key"], set_=lasting)
    keys = *map(ledger.vault.address_key, addresses), *map(ledger.vault.person_key, ids)
    rows = [{**suppression(ledger, "", ERASED, "erased"), "address_key": key} for key in sorted(keys)]
    if rows:
        with ledger.db.write() as connection:
            connection.execute(upsert, rows)
            # Suppressed for good is more than any campaign's no.
            said = {number_of(key) for address in addresses for key in ledger.vault.address_keys(address)}
            forget_noes(connection, said)
            connection.execute(kept_as(ledger, ERASING, secrets.token_hex(8)))
    return len(addresses)


def rewrite(ledger: Ledger, words: Collection[bytes] = ()) -> bool:
    """Leave nothing of what was deleted in the database's files; False when somebody else was at work.

    SQLite: the write-ahead log is emptied, and the file is written anew (why: see `remains`), unless it is
    known which `words` to look for, and none of them stands. PostgreSQL: VACUUM frees the old rows for reuse;
    its own write-ahead log, replicas and backups are kept as long as their owner keeps them.
    """
    done = _rewrite_sqlite(ledger, words) if ledger.db.is_sqlite else _vacuum_postgres(ledger)
    if done and recall(ledger, UNCLEAN):
        remember(ledger, UNCLEAN, "")
    return done


def _rewrite_sqlite(ledger: Ledger, words: Collection[bytes]) -> bool:
    if words:
        if not _empty_log(ledger):
            return False
        if not still_stands(ledger, words):
            return True
    return _empty_log(ledger, "VACUUM")


def _empty_log(ledger: Ledger, *first: str) -> bool:
    """Bring SQLite's log into its file, once these statements are done; whether nobody was in the way."""
    opened = contextlib.closing(ledger.db.engine.raw_connection())
    with opened as connection, contextlib.suppress(sqlite3.OperationalError):
        for statement in first:
            connection.execute(statement)
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    return False


def _vacuum_postgres(ledger: Ledger) -> bool:
    from outreach.ledger.database import postgres  # noqa: PLC0415 - its driver takes long to import

    with translated(ledger.db.engine.url):
        postgres.vacuum(ledger.db.engine, "contacts", "rejects", "outbox")
    return True
