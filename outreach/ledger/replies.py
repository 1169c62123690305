"""What people answered: which message, whose, and what it means; its words are kept nowhere."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, func, select

from outreach.compliance.reply_keywords import Reply
from outreach.contacts import Channel
from outreach.ledger.changes import OutboundEvent, apply_within, lock, still
from outreach.ledger.claims import COLUMNS, Claimed, read_claimed
from outreach.ledger.database.schema import campaigns, contacts, intents, replies
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import CONTACTED, State

FOR_A_PERSON = ("review", "help")
"""Meanings that somebody should read."""

READ_FOR = timedelta(days=7)
"""So long after its last contact a campaign's answers are looked for: one query's interval, at the most."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One message that a person wrote to us."""

    message_id: str
    conversation_id: str
    channel: Channel
    meaning: Reply
    at: datetime


def note_answer(ledger: Ledger, row: Claimed, answer: Answer, events: Sequence[OutboundEvent]) -> bool:
    """Write it down and tell of it, once; whether it is new. The contact's state and lease stay."""
    values = {**asdict(answer), "channel": answer.channel.value}
    values |= {"campaign_id": row.campaign_id, "contact_id": row.id}
    new = ledger.db.insert(replies).values(values).on_conflict_do_nothing().returning(replies.c.id)
    with ledger.db.write() as connection:
        if connection.execute(new).first() is None:
            return False
        locked = lock(connection, [row.id])
        told = {name: values[name] for name in ("message_id", "conversation_id", "channel", "meaning")}
        state = State(locked[row.id].state)
        change = still(
            contact_id=row.id, after=state, action="replied", detail=told, events=events, keep_lease=True
        )
        apply_within(ledger, connection, [change], only_own=False, rows=locked)
    return True


def find_noted(ledger: Ledger, conversation_id: str) -> set[str]:
    """The messages of a conversation that were read before."""
    noted = select(replies.c.message_id).where(replies.c.conversation_id == conversation_id)
    return set(ledger.db.values(noted))


def list_answers(ledger: Ledger, campaign_id: int, meanings: Collection[str]) -> Sequence[Row[Any]]:
    """`external_contact_id, conversation_id, channel, meaning, at` of its answers, the oldest first."""
    r, c = replies.c, contacts.c
    query = select(c.external_contact_id, r.conversation_id, r.channel, r.meaning, r.at)
    query = query.join(contacts, c.id == r.contact_id)
    chosen = query.where(r.campaign_id == campaign_id, r.meaning.in_(meanings))
    return ledger.db.rows(chosen.order_by(r.at, r.id))


def find_by_address(ledger: Ledger, addresses: Iterable[str], before: datetime) -> int | None:
    """Whoever was contacted last, until then, at one of these addresses, in any campaign."""
    keys = {key for address in addresses for key in ledger.vault.address_keys(address)}
    i = intents.c
    query = select(i.contact_id).where(i.address_key.in_(sorted(keys)), i.at <= before)
    return ledger.db.value(query.order_by(i.at.desc()).limit(1)) if keys else None


def read_people(ledger: Ledger, contact_ids: Collection[int]) -> Mapping[int, Claimed]:
    """These contacts as they stand, leased by nobody for it; not whom we have forgotten."""
    query = select(*COLUMNS).where(contacts.c.id.in_(sorted(contact_ids)), contacts.c.payload.is_not(None))
    return {row.id: read_claimed(ledger, row) for row in ledger.db.rows(query)}


def find_answering_campaigns(ledger: Ledger) -> list[str]:
    """The campaigns that contacted somebody so lately that answers are looked for."""
    c, since = contacts.c, ledger.clock.now() - READ_FOR
    # One of a campaign is enough: all of a million took 290 ms of the processor, each round of follow-up.
    lately = exists().where(c.campaign_id == campaigns.c.id, c.started_at > since)
    return ledger.db.values(select(campaigns.c.name).where(lately).order_by(campaigns.c.name))


def span_of_contacts(ledger: Ledger, campaign_id: int) -> tuple[datetime, datetime] | None:
    """When the campaign contacted its first person, and its last."""
    c = contacts.c
    query = select(func.min(c.started_at), func.max(c.started_at)).where(
        c.campaign_id == campaign_id, c.state.in_([state.value for state in CONTACTED])
    )
    first, last = ledger.db.rows(query)[0]
    return None if first is None else (first, last)
