"""Taking work: rows leased in one statement, batches planned in one pass.

A row that saw a process die is left for the end and then taken alone (`release`, poison rows).
"""

import contextlib
import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate, chain, pairwise, repeat, takewhile
from operator import itemgetter
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Integer, Row, and_, bindparam, func, literal_column, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from outreach.contacts import Channel, Contact
from outreach.errors import LedgerError
from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.schema import Instant, contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import LOOKED_FOR, State

WORKABLE = (State.ACCEPTED, State.REGISTERED, State.CLEARED)
"""States that a run advances, besides contacts whose deferral is over."""

_ANY = 2**31 - 1  # the most that PostgreSQL's INTEGER holds

FIRST_BATCHES = (20, 60, 200, 600)
"""The first batches are small, so that the first people are contacted within seconds of the start. Each next
is thrice as large: one of 2,000 after 200 was not ready in time; at 50 ms nobody was called for 3 of 31 s.
"""


@dataclass(frozen=True, slots=True)
class BatchRef:
    """A range of the ledger's contacts. This is all that travels between tasks."""

    campaign: str
    number: int
    size: int
    first: int
    last: int


@dataclass(slots=True)
class Claimed:
    """One contact, leased to this process."""

    id: int
    campaign_id: int
    contact: Contact
    state: State
    genesys_id: str
    availability: Mapping[Channel, str]
    channel: Channel | None
    attempts: int
    deaths: int
    reference: str
    owner: str = ""
    reason: str = ""
    checks: int = 0
    conversation_id: str = ""
    started_at: datetime | None = None
    delivery: str = ""
    link: str = ""


_NAMES = """
    id campaign_id external_contact_id payload state genesys_id availability channel attempts deaths reference
    looks conversation_id started_at reason delivery link
"""
COLUMNS = tuple(contacts.c[name] for name in _NAMES.split())
_STATES: Mapping[str, State] = {state: state for state in State}
_CHANNELS: Mapping[str, Channel] = {channel: channel for channel in Channel}


def claim(
    ledger: Ledger,
    campaign_id: int,
    batch: BatchRef,
    states: Sequence[State],
    *,
    limit: int,
    channels: tuple[Channel, ...] = (),
    only: Sequence[int] = (),
) -> list[Claimed]:
    """Lease up to `limit` contacts of a batch that stand in one of the states, the first that has any.

    `deferred`, `unknown`, `started` and `ended` count only when their time has come, the longest due first.
    With `channels` only those who are to be contacted on one of them. Nobody else has them until this process
    changes them or dies. An empty list means: nothing is left. With `only`, of these no others.
    """
    values = _asked(ledger, campaign_id, batch) | {"owner": ledger.executor.enter()}
    values |= {"only": list(only)} if only else {}

    def take(most_deaths: int, limit: int) -> list[Claimed]:
        asked = {**values, "most_deaths": most_deaths, "limit": limit}
        # One state after another: for several SQLite passes all in the range whom nobody holds. To claim 20
        # whose deferral was over, among a million who were done, took 1.2 s of the processor.
        return next(filter(None, (_take(ledger, state, channels, asked) for state in states)), [])

    if State.CLEARED not in states and not only:  # nobody dies of looking or registering
        return take(_ANY, limit)
    # A row on which a process died is taken alone, after all others.
    return take(0, limit) or ([] if only else take(_ANY, 1))


def list_claimable(
    ledger: Ledger,
    campaign_id: int,
    batch: BatchRef,
    *,
    after: int,
    limit: int,
    channels: tuple[Channel, ...],
) -> list[Claimed]:
    """Whom `claim` would lease to contact them, behind a contact's id and in order, but leased by nobody."""
    behind = {"first": max(batch.first, after + 1), "most_deaths": 0}
    values = _asked(ledger, campaign_id, batch) | behind
    claimable = _claimable(State.CLEARED, channels, is_sqlite=ledger.db.is_sqlite)
    found = select(*COLUMNS).where(*claimable).order_by(contacts.c.id).limit(limit)
    return [read_claimed(ledger, row) for row in ledger.db.rows(found, values)]


def _asked(ledger: Ledger, campaign_id: int, batch: BatchRef) -> dict[str, Any]:
    return {"campaign": campaign_id, "first": batch.first, "last": batch.last, "now": ledger.clock.now()}


def _claimable(state: State, channels: Sequence[Channel], *, is_sqlite: bool) -> list[ColumnElement[bool]]:
    c = contacts.c
    # The plus keeps SQLite from the index of leases, by which it passes all that nobody holds: a claim in a
    # ledger of 10,000 contacts took 3.7 ms of the processor.
    lease = literal_column("+contacts.lease_owner") if is_sqlite else c.lease_owner
    return [
        c.campaign_id == bindparam("campaign"),
        c.id.between(bindparam("first"), bindparam("last")),
        lease.is_(None),
        c.deaths <= bindparam("most_deaths"),
        _due((state,), bindparam("now", type_=Instant)),
        *([c.channel.in_([channel.value for channel in channels])] if channels else []),
    ]


def _due(states: Iterable[State], now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    c = contacts.c
    timed = {State.DEFERRED: c.until, **dict.fromkeys(LOOKED_FOR, c.look_at)}
    plain = [state.value for state in states if state not in timed]
    # An empty list would keep the database from an index on the state.
    ways: list[ColumnElement[bool]] = [c.state.in_(plain)] if plain else []
    ways += [and_(c.state == each.value, since <= now) for each, since in timed.items() if each in states]
    due = or_(*ways)
    # Nobody works on whom we have forgotten, but what goes on with them is seen to its end.
    known = c.payload.is_not(None)
    return and_(due, or_(known, c.state == State.STARTED.value) if State.STARTED in states else known)


@functools.lru_cache(maxsize=32)
def _taking(
    state: State, channels: tuple[Channel, ...], *, of_some: bool, is_sqlite: bool
) -> ReturningUpdate[Any]:
    c = contacts.c
    among = [c.id.in_(bindparam("only", expanding=True))] if of_some else []
    rows = select(c.id).where(*_claimable(state, channels, is_sqlite=is_sqlite), *among)
    longest_due = [c.look_at] if state in LOOKED_FOR else []
    rows = rows.order_by(*longest_due, c.id).limit(bindparam("limit", type_=Integer))
    # A common table, because PostgreSQL may run a subquery more than once, and lock more than the limit.
    chosen = rows.with_for_update(skip_locked=True, key_share=True).cte("chosen")
    taken = update(contacts).where(c.id.in_(select(chosen.c.id)))
    return taken.values(lease_owner=bindparam("owner")).returning(*COLUMNS)


def _take(
    ledger: Ledger, state: State, channels: tuple[Channel, ...], values: Mapping[str, Any]
) -> list[Claimed]:
    taking = _taking(state, channels, of_some="only" in values, is_sqlite=ledger.db.is_sqlite)
    with ledger.db.write(lasting=False) as connection:  # a lease that a power cut undoes is taken again
        claimed = connection.execute(taking, values).all()
    # RETURNING has no order of its own.
    return [read_claimed(ledger, row, values["owner"]) for row in sorted(claimed, key=itemgetter(0))]


def read_claimed(ledger: Ledger, row: Row[Any], owner: str = "") -> Claimed:
    """A row that begins with `COLUMNS`, opened."""
    # By place, 4 microseconds; by name, SQLAlchemy's rows took 13, and a contact is claimed three times.
    key, campaign_id, name, payload, state, genesys_id, availability, channel, *rest = row[: len(COLUMNS)]
    attempts, deaths, reference, looks, conversation_id, started_at, reason, delivery, link = rest
    contact = read_contact(ledger, payload) if payload is not None else Contact.forgotten(name)
    known, chosen = _read_availability(availability or "{}"), _CHANNELS[channel] if channel else None
    who = (key, campaign_id, contact, _STATES[state], genesys_id or "", known, chosen)
    tries = (attempts, deaths, reference or "", owner, reason, looks)
    return Claimed(*who, *tries, conversation_id or "", started_at, delivery, link)


@functools.lru_cache(maxsize=256)  # most people are available on the same channels
def _read_availability(text: str) -> Mapping[Channel, str]:
    return MappingProxyType({Channel(name): verdict for name, verdict in orjson.loads(text).items()})


def read_contact(ledger: Ledger, payload: str) -> Contact:
    """A row's contact, of its sealed payload."""
    # Kept for the next step, 8192 took 12 MB, and of four readings one was saved, 9 microseconds.
    return Contact.model_validate_json(ledger.vault.open(payload))


def everything(campaign: str) -> BatchRef:
    """All contacts of a campaign as one range, for steps that are not mapped."""
    return BatchRef(campaign, 0, 0, 0, 2**62)  # beyond every id, and still a BIGINT


def plan(ledger: Ledger, campaign: Campaign, *, size: int, at_most: int = 100) -> list[BatchRef]:
    """Batches over everything that is due, oldest first; about `at_most` of them, the first ones small."""
    now = ledger.clock.now()
    states = (*WORKABLE, State.DEFERRED)
    with ledger.db.snapshot() as connection:  # the count and the cuts must be of one instant
        # The states once more: SQLite takes no index for what `_due` says of them in two ways. Beside a
        # million who are done, to plan 20 took 270 ms of the processor, now less than one.
        in_states = contacts.c.state.in_([state.value for state in states])
        due = and_(contacts.c.campaign_id == campaign.id, in_states, _due(states, now))
        total: int = connection.execute(select(func.count()).where(due)).scalar_one()
        cuts = _cuts(total, size, at_most)
        number = func.row_number().over(order_by=contacts.c.id).label("n")
        numbered = select(contacts.c.id, number).where(due).subquery()
        edges = select(numbered.c.n, numbered.c.id).where(numbered.c.n.in_(sorted({*cuts, 1})))
        ids = {int(row.n): int(row.id) for row in connection.execute(edges)} if total else {}
    return _batches(campaign.name, cuts, ids)


def _cuts(total: int, size: int, at_most: int) -> list[int]:
    """The running numbers at which batches end: 20, 80, 280, 880, then every `size` or more."""
    size = max(size, -(-total // max(at_most - len(FIRST_BATCHES), 1)))
    ends = accumulate(chain((min(first, size) for first in FIRST_BATCHES), repeat(size)))
    return [*takewhile(lambda end: end < total, ends), total] if total else []


def _batches(campaign: str, cuts: Sequence[int], ids: dict[int, int]) -> list[BatchRef]:
    ends = {0: ids.get(1, 0) - 1, **ids}  # each begins right behind the one before
    pairs = enumerate(pairwise((0, *cuts)), start=1)
    return [BatchRef(campaign, n, end - begin, ends[begin] + 1, ends[end]) for n, (begin, end) in pairs]


def find_unfinished(ledger: Ledger, campaign: Campaign, batches: Sequence[BatchRef]) -> list[BatchRef]:
    """What is left to do in these batches, and in nobody's hands: those with such contacts, and how many."""
    c = contacts.c
    free = or_(c.lease_owner.is_(None), c.lease_owner == ledger.executor.id)
    left = select(func.count()).where(c.campaign_id == campaign.id, free, _due(WORKABLE, ledger.clock.now()))
    if not batches or not ledger.db.value(left):  # as nearly always: one look for all batches
        return []
    sizes = [ledger.db.value(left.where(c.id.between(each.first, each.last))) or 0 for each in batches]
    return [replace(each, size=size) for each, size in zip(batches, sizes, strict=True) if size]


def release(ledger: Ledger, claimed: Sequence[Claimed]) -> None:
    """Free the rows that are still ours; an intent stays leased, since its call may be in the air."""
    if not claimed:
        return
    c, ids = contacts.c, [row.id for row in claimed]
    ours = (c.id.in_(ids), c.lease_owner == claimed[0].owner, c.state != State.INTENT.value)
    ledger.db.execute(update(contacts).where(*ours).values(lease_owner=None))


@contextlib.contextmanager
def releasing(ledger: Ledger, claimed: Sequence[Claimed]) -> Iterator[None]:
    """Free what a failing block leaves behind."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(LedgerError):  # they stay leased until this process leaves the register
            release(ledger, claimed)
        raise
