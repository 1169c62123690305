"""Contacts as they stand, found by name, by state or by their number."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Row, exists, func, or_, select

from outreach.ledger.database.engine import LARGE_PAGE
from outreach.ledger.database.schema import campaigns, contacts, intents
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import LOOKED_FOR, State

ContactRow: TypeAlias = Row[Any]
"""A row of the contacts, by the names of its columns."""

REFUSED = ("not_registered:", "refused:")
"""What the reason of a failed contact begins with where Genesys would not have them: nobody was contacted."""

RETRY_REFUSED = "Once the cause is mended, `outreach retry --refused` takes them up."
"""What to do about these, where it is no fault of theirs."""

_C = contacts.c
_INTENDED = select(contacts, intents.c.at.label("intended_at")).outerjoin(
    intents, intents.c.contact_id == _C.id
)


def find_contacts(ledger: Ledger, campaign_id: int, names: Collection[str]) -> Sequence[ContactRow]:
    """The rows of these external ids; `intended_at` is None where no intent stands."""
    return ledger.db.rows(_INTENDED.where(_C.campaign_id == campaign_id, _C.external_contact_id.in_(names)))


def find_ids_ending(ledger: Ledger, campaign_id: int, ending: str) -> frozenset[str]:
    """The external ids of a campaign that end so."""
    chosen = (_C.campaign_id == campaign_id, _C.external_contact_id.like(f"%{ending}"))
    return frozenset(ledger.db.values(select(_C.external_contact_id).where(*chosen)))


def list_waiting(
    ledger: Ledger, campaign_id: int, state: State, reason: str
) -> Iterator[Sequence[ContactRow]]:
    """Page by page, the rows in a state for a reason; `intended_at` as above."""
    chosen = (_C.campaign_id == campaign_id, _C.state == state.value, _C.reason == reason)
    return ledger.db.pages(_INTENDED.where(*chosen))


def read_contact(ledger: Ledger, contact_id: int) -> ContactRow:
    """One row, with the `name` of its campaign."""
    named = select(contacts, campaigns.c.name).join(campaigns, campaigns.c.id == _C.campaign_id)
    return ledger.db.rows(named.where(_C.id == contact_id))[0]


def list_known_in(ledger: Ledger, campaign_id: int, states: Collection[str]) -> Iterator[ContactRow]:
    """The rows in these states, but for whom was erased."""
    columns = (_C.id, _C.payload, _C.reason, _C.state, _C.retryable, _C.until, _C.decision)
    chosen = (_C.campaign_id == campaign_id, _C.state.in_(states), _C.payload.is_not(None))
    return ledger.db.one_by_one(select(*columns).where(*chosen), LARGE_PAGE)


def list_retryable(ledger: Ledger, campaign_id: int, *, refused: bool = False) -> Iterator[list[int]]:
    """The numbers of failed contacts whose failure may pass, page by page; with `refused` of all refused."""
    failed = select(_C.id).where(
        _C.campaign_id == campaign_id,
        _C.state == State.FAILED.value,
        or_(_C.retryable.is_(True), *(_C.reason.startswith(kind) for kind in REFUSED if refused)),
        _C.payload.is_not(None),
        # What Genesys' engine says that it did not send may have been sent: such an attempt stands.
        ~exists().where(intents.c.contact_id == _C.id),
    )
    return ([row.id for row in page] for page in ledger.db.pages(failed))


def has_any_in(ledger: Ledger, campaign_id: int, states: Collection[State]) -> bool:
    """Whether somebody of the campaign is in one of these states."""
    chosen = (_C.campaign_id == campaign_id, _C.state.in_([state.value for state in states]))
    return bool(ledger.db.value(select(exists().where(*chosen))))


def count_in(ledger: Ledger, campaign_id: int, states: Collection[State]) -> int:
    """How many people of a campaign are in one of these states."""
    chosen = (_C.campaign_id == campaign_id, _C.state.in_([state.value for state in states]))
    return ledger.db.value(select(func.count()).where(*chosen)) or 0


def count_started_of(ledger: Ledger, contact_ids: Collection[int]) -> int:
    """With how many of these contacts an interaction goes on."""
    chosen = (_C.id.in_(contact_ids), _C.state == State.STARTED.value)
    return ledger.db.value(select(func.count()).where(*chosen)) or 0


def find_due_campaigns(ledger: Ledger) -> list[str]:
    """The campaigns with somebody to look at now, the longest due first."""
    due = (
        select(campaigns.c.name)
        .join(contacts, _C.campaign_id == campaigns.c.id)
        .where(_C.state.in_([state.value for state in LOOKED_FOR]), _C.look_at <= ledger.clock.now())
        .group_by(campaigns.c.name)
        .order_by(func.min(_C.look_at))
    )
    return ledger.db.values(due)
