"""Which contact started which conversation."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, select

from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import CONTACTED

_C = contacts.c
_WAS_CONTACTED = _C.state.in_([state.value for state in CONTACTED])


def find_starters(ledger: Ledger, conversation_ids: Collection[str]) -> dict[str, int]:
    """Conversations that a contact, of any campaign, is known to have started, and its number."""
    known = select(_C.conversation_id, _C.id).where(_WAS_CONTACTED, _C.conversation_id.in_(conversation_ids))
    return {row.conversation_id: row.id for row in ledger.db.rows(known)} if conversation_ids else {}


def find_other_contact(ledger: Ledger, conversation_id: str, contact_id: int) -> str | None:
    """The external id of another contact that has this conversation."""
    other = select(_C.external_contact_id).where(_C.conversation_id == conversation_id, _C.id != contact_id)
    return ledger.db.value(other)


def list_contacted(ledger: Ledger, campaign_id: int) -> Sequence[Row[Any]]:
    """`conversation_id, channel, payload` of everybody whom a campaign contacted."""
    query = select(_C.conversation_id, _C.channel, _C.payload).where(_C.campaign_id == campaign_id)
    return ledger.db.rows(query.where(_WAS_CONTACTED))
