"""Loading a source: rows in, each in one named place, chunk by chunk, each chunk one transaction.

    a row that was read
    ├── known      an earlier load had it (a resumed run, the same file again): known_contacts.py
    ├── rejected   it cannot become a contact: line, code, reason
    ├── duplicate  this load had the same external contact id before: names the first line; one that
    │              contradicts it has the person held: contradicted.py
    └── accepted   a new contact

`rows_read` is counted by the reader. `source rows = rows_read - known`, summed over the loads, must equal
accepted + rejected + duplicates as they are counted in their own tables: that is the first line of the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import itemgetter

import orjson
from sqlalchemy import Connection, bindparam, exists, insert, select, update

from outreach.ledger.changes import Change, apply_within
from outreach.ledger.contacts import find_ids_ending
from outreach.ledger.database.bulk_write import inserting_new
from outreach.ledger.database.schema import loads, rejects
from outreach.ledger.facts import recall, recall_within
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.contradicted import Contradicted
from outreach.ledger.loads.deduplication import sort
from outreach.ledger.loads.entries import Chunk, Entry, Refused, Taker
from outreach.ledger.loads.forgotten_rows import forget_refused
from outreach.ledger.loads.known_contacts import ERASED, KnownContacts
from outreach.ledger.loads.new_contacts import add_contacts
from outreach.ledger.loads.stored_ids import FLOAT, StoredIds
from outreach.ledger.refusals import Refusals
from outreach.ledger.states import State
from outreach.ledger.suppressions import ERASING, find_erased, has_erased
from outreach.sources.rows import Row as SourceRow

_COUNT = (
    update(loads)
    .where(loads.c.id == bindparam("load"))
    .values({name: loads.c[name] + bindparam(f"more_{name}") for name in ("rows_read", "known")})
)
"""Built once, as what each chunk executes: to build it took longer than to run it."""


@dataclass(slots=True)
class Loaded:
    """What one load found. `known` holds `corrected`."""

    rows_read: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    known: int = 0
    corrected: int = 0

    def add(self, other: Loaded) -> None:
        """Count another chunk."""
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


class Loading:
    """One reading of one source into a campaign."""

    def __init__(self, ledger: Ledger, campaign_id: int, source: str) -> None:
        self._ledger = ledger
        self._campaign_id = campaign_id
        self.total = Loaded()
        stored = StoredIds(find_ids_ending(ledger, campaign_id, FLOAT))
        self._erasing = recall(ledger, ERASING)  # first: whom an erasure names since then is looked for
        self.taker = Taker(ledger.vault, stored, has_erased(ledger))
        row = {"campaign_id": campaign_id, "source": source, "started_at": ledger.clock.now()}
        with ledger.db.write() as connection:
            self.id = int(connection.execute(insert(loads).returning(loads.c.id), row).scalar_one())
            self._refusals = Refusals(ledger, connection, campaign_id, self.id)
        self._known = KnownContacts(ledger, campaign_id, self.id)
        self._contradicted = Contradicted(self._known)

    def add(self, chunks: Iterable[Chunk]) -> Iterator[list[SourceRow]]:
        """Write rows that `taker` took; yields those that were not accepted, for the rejects file."""
        for chunk in chunks:
            with self._ledger.db.write() as connection:  # only now: a slow source holds up no writer
                counts, refused = self._place(connection, chunk)
                more = {"more_rows_read": counts.rows_read, "more_known": counts.known}
                connection.execute(_COUNT, {"load": self.id, **more})
            self.total.add(counts)
            yield [each.for_file() for each in refused]

    def finish(self, fingerprint: str = "", numbers: Mapping[str, int] | None = None) -> Loaded:
        """The source ended; with a fingerprint that stayed the same, it need not be read again.

        Unless it corrects somebody in doubt, who goes on by what it says once nobody was reached. `numbers`
        are counts of how national phone numbers were read, for the report.
        """
        with self._ledger.db.write() as connection:
            self.total.corrected += self._contradicted.release_others(connection)
            self._refusals.end_others(connection)
            kept = fingerprint or None if self._known.are_heard else None
            values = {"finished_at": self._ledger.clock.now(), "fingerprint": kept}
            values["numbers"] = orjson.dumps(dict(numbers)).decode() if numbers else None
            connection.execute(update(loads).where(loads.c.id == self.id).values(values))
        return self.total

    def _place(self, connection: Connection, chunk: Chunk) -> tuple[Loaded, list[Refused]]:
        entries = self._forget(connection, chunk.entries)
        names = [entry.external_contact_id for entry in entries]
        self._refusals.note(connection, chunk.said_no, names)
        new, again, twice = sort(entries, self._known.find(connection, names), self.id, self._known.met)
        accepted = self._insert(connection, new)
        corrected = self._known.go_by(connection, again, chunk.refused)
        duplicates = self._contradicted.hold(connection, entries, twice, chunk.refused)
        refused = chunk.refused + chunk.refuse(duplicates, entries)
        if refused and self._has_erased(connection):
            refused = forget_refused(self._ledger.vault, connection, self._campaign_id, refused)
        rejected, left_out = self._reject(connection, refused)
        # Counted from the places themselves: a row that got lost in between is missed by the proof.
        stood = len(new) - accepted + len(refused) - rejected - left_out
        counts = Loaded(
            rows_read=len(chunk.entries) + len(chunk.refused),
            accepted=accepted,
            rejected=rejected,
            duplicates=left_out,
            known=len(again) + stood,
            corrected=corrected,
        )
        return counts, refused

    def _forget(self, connection: Connection, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Of who asked to be forgotten, and comes by another id or a corrected row, the id alone."""
        if not self.taker.with_addresses:
            if not self._has_erased(connection):
                return entries
            entries = [entry.keyed(self._ledger.vault) for entry in entries]
        people = self._ledger.vault.keys("person", [each.external_contact_id.encode() for each in entries])
        own = [{who, *entry.address_keys} for who, entry in zip(people, entries, strict=True)]
        erased = find_erased(connection, set[str]().union(*own))
        told = zip(entries, own, strict=True)
        return [entry if erased.isdisjoint(keys) else entry.forgotten() for entry, keys in told]

    def _has_erased(self, connection: Connection) -> bool:
        """Whether anybody asked to be forgotten, until now."""
        return self.taker.with_addresses or recall_within(connection, ERASING) != self._erasing

    def _insert(self, connection: Connection, entries: Sequence[Entry]) -> int:
        if not entries:
            return 0
        added, forgotten = add_contacts(self._ledger, connection, self._campaign_id, self.id, entries)
        gone = [
            Change(contact_id=each, after=State.BLOCKED, action=ERASED, reason=ERASED) for each in forgotten
        ]
        apply_within(self._ledger, connection, gone)
        return added

    def _reject(self, connection: Connection, refused: Sequence[Refused]) -> tuple[int, int]:
        if not refused:
            return 0, 0
        rows = [taken.as_row(self._ledger.vault, self._campaign_id, self.id) for taken in refused]
        rows.sort(key=itemgetter("row_key"))
        new = inserting_new(rejects, connection.dialect.name).returning(rejects.c.duplicate)
        duplicate = [bool(flag) for flag in connection.execute(new, rows).scalars()]
        return len(duplicate) - sum(duplicate), sum(duplicate)


def find_unchanged(ledger: Ledger, campaign_id: int, fingerprint: str) -> Loaded | None:
    """What reading a source again would give that has not changed since the campaign's last load ended.

    That is every row known; None when it has to be read. Only the last load counts: after another source,
    the same rows may correct what that one brought. A row that was rejected for the time being may pass now,
    so such a load is read again.
    """
    last = select(loads).where(loads.c.campaign_id == campaign_id).order_by(loads.c.id.desc()).limit(1)
    may_pass = select(exists().where(rejects.c.campaign_id == campaign_id, rejects.c.retryable))
    row = next(iter(ledger.db.rows(last)), None)
    if not fingerprint or row is None or row.fingerprint != fingerprint or ledger.db.value(may_pass):
        return None
    return Loaded(rows_read=row.rows_read, known=row.rows_read)
