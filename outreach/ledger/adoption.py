"""Taking conversations into a ledger that has forgotten them: found, or held for a person.

The contact goes the way of a doubt that was looked for: its intent is put back, it is held, and where the
conversation is surely its own, or the only one that fits, it is started. So the database's keys and the
caps count it as they would have, and the proof adds up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.contacts import Channel
from outreach.ledger.changes import Change, OutboundEvent, apply_within, insert_fact, lock, to_started
from outreach.ledger.claims import Claimed
from outreach.ledger.intents import find_attempted, find_keys, intent_row
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import State

HELD_REASON = "older_ledger"


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is taken in for one contact; without a conversation it is held for a person."""

    row: Claimed
    channel: Channel
    address: str
    reference: str
    at: datetime
    conversation_id: str | None = None
    is_certain: bool = False
    events: Sequence[OutboundEvent] = ()
    reason: str = HELD_REASON
    detail: Mapping[str, Any] = field(default_factory=dict)
    """More for the audit of who is held."""


def adopt(ledger: Ledger, adoptions: Sequence[Adoption]) -> set[int]:
    """Write them down, all or none; the contacts it was done for: nobody else was working on them."""
    with ledger.db.write() as connection:
        rows = lock(connection, [each.row.id for each in adoptions])
        taken = find_attempted(connection, list(rows))
        owners = {each.row.id: (None, each.row.owner) for each in adoptions}
        idle = {number for number, row in rows.items() if row.lease_owner in owners[number]} - taken
        free = [each for each in adoptions if each.row.id in idle]
        for each in free:
            keys = find_keys(ledger, each.row, each.address)
            insert_fact(connection, intent_row(each.row, each.channel, keys, each.reference, each.at))
        # Held first: only from there `states` draws a way to started for all who may stand here.
        apply_within(ledger, connection, [_held(each) for each in free])
        found = [_started(ledger, each) for each in free if each.conversation_id]
        apply_within(ledger, connection, found)
    return {each.row.id for each in free}


def _held(each: Adoption) -> Change:
    told = {"reference": each.reference, "channel": each.channel.value}
    return Change(
        contact_id=each.row.id,
        after=State.HELD,
        action="held",
        reason=each.reason,
        fields={**told, "attempts": each.row.attempts + 1, "until": None, "retryable": False},
        detail={**told, "reason": each.reason, **each.detail},
        events=() if each.conversation_id else each.events,
        intent="unknown",
    )


def _started(ledger: Ledger, each: Adoption) -> Change:
    fields = {
        "conversation_id": each.conversation_id,
        "started_at": each.at,
        "look_at": ledger.clock.now(),
        "looks": 0,
        "deaths": 0,
    }
    detail = {"conversation_id": each.conversation_id, "certain": each.is_certain}
    return to_started(
        contact_id=each.row.id, action="found", fields=fields, detail=detail, events=each.events
    )
