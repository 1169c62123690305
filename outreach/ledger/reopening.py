"""Whom a campaign has set aside, blocked or held with no attempt standing, and opening them again.

What a verdict may rest on beside the person is known by marks: while a mark stays as it was, nobody who was
set aside for it need be looked at again.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from outreach.ledger.changes import to_accepted
from outreach.ledger.claims import COLUMNS
from outreach.ledger.contacts import ContactRow
from outreach.ledger.database.schema import contacts, intents
from outreach.ledger.intents import apply_unattempted
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import LOOKED_FOR, SET_ASIDE, State

_C = contacts.c
_STATES = sorted(state.value for state in SET_ASIDE)
_AFRESH = {"retryable": False, "until": None}
_GIVEN_BACK = [state.value for state in State if state not in LOOKED_FOR | {State.INTENT}]
_STANDS = select(intents.c.contact_id).where(intents.c.contact_id == _C.id).exists()


def read_set_aside(
    ledger: Ledger, campaign_id: int, *, since: datetime | None = None, reasons: Collection[str] = ()
) -> Iterator[Sequence[ContactRow]]:
    """The rows page by page, with a claim's columns, `decision` and `audit_count`; but for whom was erased.

    With `since`, only those that were set aside since then, or for one of the `reasons`.
    """
    query = select(*COLUMNS, _C.decision, _C.audit_count).where(
        _C.campaign_id == campaign_id, _C.payload.is_not(None), ~_STANDS
    )
    if since is not None:
        decision = ledger.db.text_of(_C.decision)
        listed = (decision.contains(f'"{reason}"{end}') for reason in reasons for end in ",]")
        query = query.where(or_(_C.updated_at >= since, _C.reason.in_(reasons), *listed))
    # State by state: the index has them in order then, and no page sorts all that follow it.
    for state in _STATES:
        yield from ledger.db.pages(query.where(_C.state == state))


def reopen(ledger: Ledger, contact_ids: Sequence[int], *, action: str) -> int:
    """Back to the beginning for those that are still set aside, with no attempt standing; how many."""
    if not contact_ids:
        return 0
    changes = [to_accepted(contact_id=number, action=action, fields=_AFRESH) for number in contact_ids]
    with ledger.db.write() as connection:
        return len(apply_unattempted(ledger, connection, changes, SET_ASIDE))


def mark_given_back(ledger: Ledger, campaign_id: int) -> str:
    """Changes with every attempt that was given back and not made again: its address may be free."""
    given_back = (_C.state.in_(_GIVEN_BACK), _C.reference.is_not(None), ~_STANDS)
    query = select(func.count(), func.max(_C.updated_at)).where(_C.campaign_id == campaign_id, *given_back)
    row = ledger.db.rows(query)[0]
    return "/".join(str(value) for value in row)
