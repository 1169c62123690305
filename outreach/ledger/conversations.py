"""Which contact started which conversation, whether it names them, and what people answered.

Which message it was, whose, and what it means is kept; its words are kept nowhere.
"""

import random
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, select, update

from outreach.chunks import cut
from outreach.compliance.reply_keywords import Reply
from outreach.contacts import Channel
from outreach.ledger.changes import OutboundEvent, apply_within, lock, still
from outreach.ledger.claims import COLUMNS, Claimed, read_claimed
from outreach.ledger.database.bulk_write import write_rows
from outreach.ledger.database.schema import campaigns, contacts, intents, replies
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import CONTACTED, SET_ASIDE, WAITING, State

FOR_A_PERSON = ("review", "help")
"""Meanings that somebody should read."""

READ_FOR = timedelta(days=7)
"""So long after its last contact a campaign's answers are looked for: one query's interval, at the most."""

LATE_FOR = timedelta(days=1)
"""So long after its last look an attempt that was given up is asked about, though nothing else is due."""

_C = contacts.c
_LINK = update(contacts).where(_C.id == bindparam("_id")).values(link=bindparam("_link"))


@dataclass(frozen=True, slots=True)
class Answer:
    """One message that a person wrote to us."""

    message_id: str
    conversation_id: str
    channel: Channel
    meaning: Reply
    at: datetime


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
    unlinked = (_C.campaign_id == campaign_id, _C.state == State.STARTED.value, _C.link == "")
    due = select(_C.id).where(*unlinked, _C.look_at <= ledger.clock.now(), _C.payload.is_not(None))
    ids = ledger.db.values(due.order_by(_C.look_at).limit(limit))
    for chunk in cut(ids, group):
        yield list(read_people(ledger, chunk).values())


def write_links(ledger: Ledger, links: Mapping[int, str]) -> None:
    """Write down what is known of these contacts' links."""
    rows = [{"_id": number, "_link": link} for number, link in links.items()]
    if rows:
        with ledger.db.write() as connection:
            write_rows(connection, _LINK, rows)


def read_people(ledger: Ledger, contact_ids: Collection[int]) -> Mapping[int, Claimed]:
    """These contacts as they stand, leased by nobody for it; not whom we have forgotten."""
    query = select(*COLUMNS).where(_C.id.in_(sorted(contact_ids)), _C.payload.is_not(None))
    return {row.id: read_claimed(ledger, row) for row in ledger.db.rows(query)}


def find_given_up(ledger: Ledger, campaign_id: int, *, at_most: int) -> list[Claimed]:
    """Whose attempt was given up within a day, and who was not contacted since; of many, others each time."""
    resting = [state.value for state in (*WAITING - {State.INTENT}, *SET_ASIDE, State.FAILED)]
    lately = _C.look_at > ledger.clock.now() - LATE_FOR  # kept by those alone who were looked for
    doubted = exists().where(intents.c.contact_id == _C.id)
    found = select(*COLUMNS).where(_C.state.in_(resting), lately, _C.payload.is_not(None), ~doubted)
    # The campaign not in SQL: SQLite would read all of it by another index.
    rows = [row for row in ledger.db.rows(found) if row.campaign_id == campaign_id]
    return [read_claimed(ledger, row) for row in random.sample(rows, min(at_most, len(rows)))]


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
        apply_within(ledger, connection, [change], rows=locked)
    return True


def find_noted(ledger: Ledger, conversation_id: str) -> set[str]:
    """The messages of a conversation that were read before."""
    noted = select(replies.c.message_id).where(replies.c.conversation_id == conversation_id)
    return set(ledger.db.values(noted))


def list_answers(ledger: Ledger, campaign_id: int, meanings: Collection[str]) -> Sequence[Row[Any]]:
    """`external_contact_id, conversation_id, channel, meaning, at` of its answers, the oldest first."""
    r = replies.c
    query = select(_C.external_contact_id, r.conversation_id, r.channel, r.meaning, r.at)
    query = query.join(contacts, _C.id == r.contact_id)
    chosen = query.where(r.campaign_id == campaign_id, r.meaning.in_(meanings))
    return ledger.db.rows(chosen.order_by(r.at, r.id))


def find_by_address(ledger: Ledger, addresses: Iterable[str], before: datetime) -> int | None:
    """Whoever was contacted last, until then, at one of these addresses, in any campaign."""
    keys = {key for address in addresses for key in ledger.vault.address_keys(address)}
    i = intents.c
    query = select(i.contact_id).where(i.address_key.in_(sorted(keys)), i.at <= before)
    return ledger.db.value(query.order_by(i.at.desc()).limit(1)) if keys else None


def find_answering_campaigns(ledger: Ledger) -> list[str]:
    """The campaigns that contacted somebody so lately that answers are looked for."""
    since = ledger.clock.now() - READ_FOR
    # One of a campaign is enough: all of a million took 290 ms of the processor, each round of follow-up.
    lately = exists().where(_C.campaign_id == campaigns.c.id, _C.started_at > since)
    return ledger.db.values(select(campaigns.c.name).where(lately).order_by(campaigns.c.name))


def span_of_contacts(ledger: Ledger, campaign_id: int) -> tuple[datetime, datetime] | None:
    """When the campaign contacted its first person, and its last."""
    query = select(func.min(_C.started_at), func.max(_C.started_at)).where(
        _C.campaign_id == campaign_id, _C.state.in_([state.value for state in CONTACTED])
    )
    first, last = ledger.db.rows(query)[0]
    return None if first is None else (first, last)
