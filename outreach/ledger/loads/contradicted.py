"""People whom one list describes in two ways: held, for nobody knows which of the two holds.

    a later row of the same id names another address, or one says no   ──> held(rows_contradict)
    a row that cannot be read says no, the other does not              ──> the same
    a later list, and nothing in it contradicts                        ──> accepted, when it has been read

What they said first stays. Whom a person released is not held again for the same rows.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, select

from outreach.compliance.reasons import ROWS_CONTRADICT
from outreach.ledger.changes import to_accepted
from outreach.ledger.contacts import ContactRow
from outreach.ledger.database.schema import audit, contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.deduplication import is_marked, mark
from outreach.ledger.loads.entries import Entry, Refused
from outreach.ledger.loads.known_contacts import ERASED, FOR_A_PERSON, KnownContacts, to_held
from outreach.ledger.states import CONTACTED, State
from outreach.sources.contradictions import find_contradictions
from outreach.sources.rows import Reject

_C, _A = contacts.c, audit.c
_CORRECTED, _RELEASED = "corrected", "resolved_released"
_DECISIONS = (ROWS_CONTRADICT, _CORRECTED, _RELEASED)
_Contradiction: TypeAlias = tuple[ContactRow, str]
"""Whom two rows describe, and the key of what the other one says."""


class Contradicted:
    """Those of one load."""

    def __init__(self, known: KnownContacts) -> None:
        self._known = known
        self._ids = bytearray()
        self._refusing: set[str] = set()
        """Ids in rows that cannot be read and say no: a text each, and of those rows alone."""

    def hold(
        self,
        connection: Connection,
        entries: Sequence[Entry],
        duplicates: Mapping[int, str],
        refused: Iterable[Refused],
    ) -> dict[int, Reject]:
        """Hold whom a chunk's rows, or one of them and an earlier one, describe in two ways.

        What becomes of the `duplicates`, told by their places and where their id stands already.
        """
        rejects = {}
        found = list(self._find_refused(connection, entries, refused))
        for place, row, words in self._compare(connection, {place: entries[place] for place in duplicates}):
            rejects[place] = _reject(duplicates[place], words)
            if words:
                found.append((row, entries[place].content_key))
        self._hold(connection, found)
        return {place: rejects.get(place) or _reject(where) for place, where in duplicates.items()}

    def release_others(self, connection: Connection) -> int:
        """Begin afresh with whom an earlier list contradicted and this one, read to its end, does not."""
        held = (_C.state == State.HELD.value, _C.reason == ROWS_CONTRADICT)
        query = select(_C.id).where(_C.campaign_id == self._known.campaign_id, *held)
        ids = connection.execute(query).scalars().all()
        agreed = [each for each in ids if is_marked(self._known.met, each) and not is_marked(self._ids, each)]
        detail = {"load": self._known.load_id}
        changes = [to_accepted(contact_id=each, action=_CORRECTED, detail=detail) for each in agreed]
        return len(self._known.apply(connection, changes))

    def _find_refused(
        self, connection: Connection, entries: Sequence[Entry], refused: Iterable[Refused]
    ) -> Iterable[_Contradiction]:
        named = {each.row.external_contact_id for each in refused if each.row.refusal} - {""}
        self._refusing |= named
        if not self._refusing:
            return
        named |= self._refusing.intersection(entry.external_contact_id for entry in entries)
        for name, row in self._known.find(connection, sorted(named)).items():
            if self._known.has_read(row):
                yield row, self._known.ledger.vault.key("refusing", name)

    def _compare(
        self, connection: Connection, entries: Mapping[int, Entry]
    ) -> Iterable[tuple[int, ContactRow, str]]:
        """The rows of whom these name otherwise than by spelling."""
        if not entries:
            return
        rows = self._known.find(connection, [entry.external_contact_id for entry in entries.values()])
        others = {
            place: rows[entry.external_contact_id]
            for place, entry in entries.items()
            if entry.content_key != rows[entry.external_contact_id].content_key
        }
        kept = select(_C.id, _C.payload).where(_C.id.in_({row.id for row in others.values()}))
        payloads = {row.id: row.payload for row in connection.execute(kept)} if others else {}
        for place, row in others.items():
            ours, theirs = entries[place].payload, payloads[row.id]
            if ours is not None and theirs is not None:
                yield place, row, find_contradictions(self._open(theirs), self._open(ours))

    def _open(self, payload: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = orjson.loads(self._known.ledger.vault.open(payload))
        return found

    def _hold(self, connection: Connection, found: Iterable[_Contradiction]) -> None:
        changes = {}
        for row, key in found:
            mark(self._ids, row.id)
            is_over = State(row.state) in CONTACTED or row.reason in {ERASED, ROWS_CONTRADICT}
            if row.reason in FOR_A_PERSON:  # who sees to that first; then the list is read again
                self._known.are_heard = False
            # Nobody saw to whom this very load brought: of the 6.6 s that 25,000 took, 4.9 went into asking.
            elif not is_over and (
                row.load_id == self._known.load_id or not _is_settled(connection, row.id, key)
            ):
                detail = {"load": self._known.load_id, "content": key}
                changes[row.id] = to_held(row.id, ROWS_CONTRADICT, detail)
        self._known.apply(connection, list(changes.values()))


def has_seen_to(ledger: Ledger, contact_id: int, content_key: str) -> bool:
    """Whether a person released the contact, knowing a row with this content."""
    with ledger.db.read() as connection:
        return _is_settled(connection, contact_id, content_key)


def _is_settled(connection: Connection, contact_id: int, key: str) -> bool:
    """Whether a person saw to this very contradiction, and no list agreed since."""
    of_theirs = (_A.contact_id == contact_id, _A.action.in_(_DECISIONS))
    records = connection.execute(select(_A.action, _A.detail).where(*of_theirs).order_by(_A.n)).all()
    if not records or records[-1].action != _RELEASED:
        return False
    held = (row.detail for row in records if row.action == ROWS_CONTRADICT)
    return any(orjson.loads(detail)["content"] == key for detail in held)


def _reject(where: str, words: str = "") -> Reject:
    said = f"The same external_contact_id {where}"
    if not words:
        return Reject("duplicate", f"{said}; this row was left out.")
    return Reject(
        ROWS_CONTRADICT,
        f"{said}, and this row contradicts it ({words}): whoever was not contacted yet is held. Leave the "
        "right row in the list, or release the contact with `outreach resolve`.",
    )
