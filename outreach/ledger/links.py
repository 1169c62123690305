"""Whether conversations name their contacts, as far as readings showed."""

from collections.abc import Iterator, Mapping

from sqlalchemy import bindparam, select, update

from outreach.ledger.claims import COLUMNS, Claimed, read_claimed
from outreach.ledger.database.bulk_write import write_rows
from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import State

_C = contacts.c
_LINK = update(contacts).where(_C.id == bindparam("_id")).values(link=bindparam("_link"))


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
    for first in range(0, len(ids), group):
        some = select(*COLUMNS).where(_C.id.in_(ids[first : first + group]), _C.payload.is_not(None))
        yield [read_claimed(ledger, row) for row in ledger.db.rows(some)]


def write_links(ledger: Ledger, links: Mapping[int, str]) -> None:
    """Write down what is known of these contacts' links."""
    rows = [{"_id": number, "_link": link} for number, link in links.items()]
    if rows:
        with ledger.db.write() as connection:
            write_rows(connection, _LINK, rows)
