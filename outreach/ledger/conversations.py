"""Which contact started which conversation, and whether it names them, as far as readings showed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from outreach.chunks import cut
from outreach.ledger.claims import Claimed
from outreach.ledger.database.bulk_write import write_rows
from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.replies import read_people
from outreach.ledger.states import CONTACTED, State

_C = contacts.c
_LINK = update(contacts).where(_C.id == bindparam("_id")).values(link=bindparam("_link"))


def find_starters(ledger: Ledger, conversation_ids: Collection[str]) -> dict[str, int]:
    """Conversations that a contact, of any campaign, is known to have started, and its number."""
    known = select(_C.conversation_id, _C.id, _C.state).where(_C.conversation_id.in_(conversation_ids))
    rows = ledger.db.rows(known) if conversation_ids else ()
    # Not in SQL: of three conversations or more SQLite would read all who were contacted, 0.3 s of a million.
    return {row.conversation_id: row.id for row in rows if row.state in CONTACTED}


def find_other_contact(ledger: Ledger, conversation_id: str, contact_id: int) -> str | None:
    """The external id of another contact that has this conversation."""
    other = select(_C.external_contact_id).where(_C.conversation_id == conversation_id, _C.id != contact_id)
    return ledger.db.value(other)


def list_contacted(ledger: Ledger, campaign_id: int) -> Sequence[Row[Any]]:
    """`conversation_id, channel, payload` of everybody whom a campaign contacted."""
    query = select(_C.conversation_id, _C.channel, _C.payload).where(_C.campaign_id == campaign_id)
    return ledger.db.rows(query.where(_C.state.in_([state.value for state in CONTACTED])))


def find_unlinked(ledger: Ledger, campaign_id: int, *, limit: int, group: int) -> Iterator[list[Claimed]]:
    """Whose conversation is due to be looked at, the longest due first, and was not linked yet; no lease.

    Read group by group: after 100,000 contacts these are 6,000, which at once took 13 MB.
    """
    due = select(_C.id).where(
        _C.campaign_id == campaign_id,
        _C.state == State.STARTED.value,
        _C.link == "",
        _C.look_at <= ledger.clock.now(),
        _C.payload.is_not(None),
    )
    ids = ledger.db.values(due.order_by(_C.look_at).limit(limit))
    for chunk in cut(ids, group):
        yield list(read_people(ledger, chunk).values())


def write_links(ledger: Ledger, links: Mapping[int, str]) -> None:
    """Write down what is known of these contacts' links."""
    rows = [{"_id": number, "_link": link} for number, link in links.items()]
    if rows:
        with ledger.db.write() as connection:
            write_rows(connection, _LINK, rows)
