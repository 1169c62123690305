"""Hand-overs: who was given to Genesys' own engine, under which name, and how far that has come.

An intent of a hand-over is in nobody's hands: its contact stands in `intent` without a lease, so that no
process's death frees it. Nothing joins once the start is committed, and the start is committed before it is
made: a ledger that says `start_at` says that the engine may send.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, Update, func, insert, select, update

from outreach.contacts import Channel
from outreach.ledger.changes import lock
from outreach.ledger.claims import COLUMNS, Claimed, read_claimed
from outreach.ledger.database.schema import contacts, hand_overs, intents
from outreach.ledger.intents import Intent
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import State

PREFIX = "go-"
"""Of the names of our lists and campaigns at Genesys."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """One as the ledger has it. `sender` is one of ours, "" the channel's own.

    `list_id` and `outbound_id` are Genesys', "" before they are known.
    """

    id: int
    name: str
    channel: Channel
    sender: str
    list_id: str
    outbound_id: str
    opened_at: datetime
    until: datetime
    start_at: datetime | None


_OPEN = hand_overs.c.ended_at.is_(None)


def open_hand_over(
    ledger: Ledger, campaign_id: int, channel: Channel, sender: str, until: datetime
) -> HandOver:
    """A new one, empty. Its name is the ledger's own, and never the same twice."""
    now = ledger.clock.now()
    values = {"campaign_id": campaign_id, "channel": channel.value, "sender": sender, "until": until}
    with ledger.db.write() as connection:
        count = connection.execute(select(func.count()).select_from(hand_overs)).scalar_one()
        name = f"{PREFIX}{ledger.vault.key('hand-over', f'{campaign_id}/{count}/{now.timestamp()}')[:24]}"
        new = insert(hand_overs).values(name=name, opened_at=now, **values).returning(hand_overs)
        return _read(connection.execute(new).one())


def find_open(ledger: Ledger, campaign_id: int) -> list[HandOver]:
    """Those of a campaign that have not come to their end, the oldest first."""
    wanted = select(hand_overs).where(hand_overs.c.campaign_id == campaign_id, _OPEN)
    return [_read(row) for row in ledger.db.rows(wanted.order_by(hand_overs.c.id))]


def _read(row: Row[Any]) -> HandOver:
    given = (row.sender, row.list_id, row.outbound_id)
    return HandOver(row.id, row.name, Channel(row.channel), *given, row.opened_at, row.until, row.start_at)


def assign(ledger: Ledger, hand_over: HandOver, opened: Sequence[Intent]) -> int:
    """Give intents that are ours to a hand-over that has not started; how many it took."""
    owners = {item.claimed.id: item.claimed.owner for item in opened}
    with ledger.db.write() as connection:
        if not connection.execute(_while_free(hand_over).values(until=hand_over.until)).rowcount:
            return 0  # they stay leased, and are freed as calls that never left
        rows = lock(connection, list(owners))
        mine = [n for n, row in rows.items() if row.lease_owner == owners[n] and row.state == State.INTENT]
        theirs = update(intents).where(intents.c.contact_id.in_(mine))
        connection.execute(theirs.values(hand_over_id=hand_over.id))
        connection.execute(update(contacts).where(contacts.c.id.in_(mine)).values(lease_owner=None))
    return len(mine)


def list_members(ledger: Ledger, hand_over: HandOver) -> list[Claimed]:
    """Whom it still has: their intents stand, and have no outcome."""
    return [read_claimed(ledger, row) for row in ledger.db.rows(_members_of(hand_over))]


def _members_of(hand_over: HandOver) -> Select[Any]:
    theirs = (intents.c.hand_over_id == hand_over.id, intents.c.outcome.is_(None))
    joined = select(*COLUMNS).join(intents, intents.c.contact_id == contacts.c.id)
    return joined.where(*theirs, contacts.c.state == State.INTENT.value).order_by(contacts.c.id)


def note(ledger: Ledger, hand_over: HandOver, **fields: Any) -> None:  # noqa: ANN401 - the columns' own
    """Write down how far it has come."""
    ledger.db.execute(update(hand_overs).where(hand_overs.c.id == hand_over.id).values(**fields))


def commit_start(ledger: Ledger, hand_over: HandOver, members: int, at: datetime) -> bool:
    """Say that the engine may send, to whom was decided on at that instant.

    False where somebody said so before, or somebody joined.
    """
    ours = _members_of(hand_over).subquery()
    with ledger.db.write() as connection:
        if not connection.execute(_while_free(hand_over).values(start_at=at)).rowcount:
            return False
        counted = connection.execute(select(func.count()).select_from(ours)).scalar_one()
        if counted != members:
            connection.rollback()
        return bool(counted == members)


def _while_free(hand_over: HandOver) -> Update:
    """A change of one that has neither started nor come to its end; of no row otherwise."""
    return update(hand_overs).where(hand_overs.c.id == hand_over.id, hand_overs.c.start_at.is_(None), _OPEN)
