"""People of earlier loads whom a load meets again: whoever was not contacted goes by the row of today.

    it says something else   ──> accepted, afresh
    it cannot be read        ──> held(row_unreadable): what it said of them is not known

Its content is kept in either case. So the same row again changes nothing, also where a person has released
whom it held; and of whoever is held each row that can be read is another, that of yesterday too.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select

from outreach.compliance.reasons import ROW_UNREADABLE
from outreach.ledger.changes import Change, to_accepted
from outreach.ledger.contacts import ContactRow
from outreach.ledger.database.schema import contacts
from outreach.ledger.intents import apply_unattempted
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.deduplication import is_marked, mark
from outreach.ledger.loads.entries import Entry, Refused
from outreach.ledger.states import CONTACTED, CORRECTABLE, State

_C = contacts.c
_FIND = select(_C.external_contact_id, _C.id, _C.load_id, _C.line, _C.content_key, _C.state, _C.reason).where(
    _C.campaign_id == bindparam("campaign")
)
_FIND_ON_SERVER = _FIND.where(_C.external_contact_id.in_(bindparam("names", expanding=True)))
# One parameter for all names: a thousand of them cost SQLAlchemy 4 of a row's 38 microseconds.
_NAMES = func.json_each(bindparam("names")).table_valued("value")
_FIND_IN_FILE = _FIND.where(_C.external_contact_id.in_(select(_NAMES.c.value)))
"""Built once: building a statement takes SQLAlchemy longer than SQLite takes to run it."""

ERASED = "erased"
"""The reason of a contact who asked to be forgotten: no row of a source brings them back."""
FOR_A_PERSON = frozenset({"poison", "no_intent"})
"""What holds somebody of whom no attempt stands, and yet is no decision that a row could end."""


class KnownContacts:
    """Those of one campaign, as one load meets them.

    `met` marks whom this load has a row of that can be read. `are_heard`: whether each got what their row
    says; nobody does of whom an outcome is in doubt.
    """

    def __init__(self, ledger: Ledger, campaign_id: int, load_id: int) -> None:
        self.ledger = ledger
        self.campaign_id = campaign_id
        self.load_id = load_id
        self.met = bytearray()
        self.are_heard = True
        self._unreadable = bytearray()

    def find(self, connection: Connection, names: Sequence[str]) -> dict[str, ContactRow]:
        """Their rows by external id; those whom the campaign does not know are left out."""
        is_file = self.ledger.db.is_sqlite
        asked = {"campaign": self.campaign_id, "names": orjson.dumps(names).decode() if is_file else names}
        found = connection.execute(_FIND_IN_FILE if is_file else _FIND_ON_SERVER, asked)
        return {row.external_contact_id: row for row in found}

    def has_read(self, row: ContactRow) -> bool:
        """Whether this load had a row of theirs that can be read."""
        return row.load_id == self.load_id or is_marked(self.met, row.id)

    def go_by(
        self, connection: Connection, again: Sequence[tuple[Entry, ContactRow]], refused: Sequence[Refused]
    ) -> int:
        """Begin afresh with whoever's row says something else, and hold whom only refused ones name.

        How many began afresh.
        """
        detail = {"load": self.load_id}
        corrections = [
            to_accepted(contact_id=row.id, action="corrected", fields=entry.content(), detail=detail)
            for entry, row in again
            if entry.payload is not None and _is_news(row, entry.content_key)
        ]
        made = self.apply(connection, [*corrections, *self._holds(connection, refused)])
        return sum(change.contact_id in made for change in corrections)

    def _holds(self, connection: Connection, refused: Sequence[Refused]) -> Iterator[Change]:
        named = {each.row.external_contact_id: each for each in reversed(refused)}  # the first counts
        named.pop("", None)
        for name, row in self.find(connection, list(named)).items() if named else ():
            if self.has_read(row) or not mark(self._unreadable, row.id):
                continue
            key = named[name].content_key(self.ledger.vault)
            if row.reason in FOR_A_PERSON:  # who sees to that first; then the list is read again
                self.are_heard = False
            elif _is_news(row, key):
                yield to_held(row.id, ROW_UNREADABLE, {"load": self.load_id}, content_key=key)

    def apply(self, connection: Connection, changes: Sequence[Change]) -> set[int]:
        """Make the changes of whom nobody contacted, and of whom no outcome is in doubt; of whom."""
        made = apply_unattempted(self.ledger, connection, changes, CORRECTABLE) if changes else set()
        self.are_heard = self.are_heard and len(made) == len(changes)
        return made


def _is_news(row: ContactRow, content_key: str) -> bool:
    """Whether a row with this content says anything new of somebody who was not contacted."""
    is_over = State(row.state) in CONTACTED or row.reason == ERASED
    return not is_over and content_key != row.content_key


def to_held(contact_id: int, reason: str, detail: Mapping[str, Any], **fields: object) -> Change:
    """Kept back until a list ends the reason, or a person does."""
    kept = {"retryable": False, "until": None, **fields}
    return Change(
        contact_id=contact_id, after=State.HELD, action=reason, reason=reason, fields=kept, detail=detail
    )
