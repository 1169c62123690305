"""Whom an older ledger has forgotten: conversations that are nobody's here, and the contacts they fit.

A restored ledger makes the same references again: a contact's number and the length of its audit are all
that goes into one. So a callback's reference, or an e-mail's, says surely whose it is. SMS and chat carry
none, nor do the e-mails of most campaigns: there an address says whose it may be.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, and_, func, select

from outreach.chunks import cut
from outreach.contacts import Channel, bare_address
from outreach.ledger.adoption import HELD_REASON
from outreach.ledger.claims import COLUMNS, Claimed, read_claimed
from outreach.ledger.database.schema import audit, campaigns, contacts, intents, loads
from outreach.ledger.facts import recall, unmarked_in
from outreach.ledger.intents import make_reference
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import CONTACTED, State
from outreach.ledger.unexplained import KEPT, keep_unexplained, read_unexplained
from outreach.ledger.witness import MADE_AT
from outreach.ledger.wrong_clocks import by_right_clocks
from outreach.reachability import OwnConversation

DOUBT = timedelta(minutes=90)
"""A conversation that began further from an attempt is not its: an engine's may take 80 minutes to begin."""

STEPS = 64
"""So many audit records more than it has now a contact may have had when it was contacted."""

WAITED_FOR, JUDGED = "waited_for", "conversations"
"""In the audit: why whom a person released was held; of whom late conversations had held, which they are."""

CAUGHT_UP = "caught_up"
"""The fact that says until when Genesys has told all that our senders started."""

_REFERENCE = re.compile(r"(?:\A|\[)([0-9a-f]{16})\]?\Z")
_C = contacts.c
_DUE = (State.ACCEPTED, State.REGISTERED, State.CLEARED, State.DEFERRED)


@dataclass(frozen=True, slots=True)
class Fit:
    """A contact whom nobody contacted, as far as this ledger knows, and a conversation that may be theirs."""

    row: Claimed
    trace: OwnConversation
    reference: str
    is_certain: bool
    """The conversation carries the very reference that this ledger makes for the contact."""
    is_proven: bool = False
    """And the contact was loaded before it began: one loaded later may have another's number."""


def known_until(ledger: Ledger) -> datetime | None:
    """When the ledger last meant to contact somebody, else when it began; None where nothing says that.

    Later records do not count: a file written, or a load, says nothing of who was contacted. Where a clock
    was ahead, it may have been earlier than it wrote.
    """
    made = recall(ledger, MADE_AT)
    known = ledger.db.value(select(func.max(intents.c.at)))
    known = known or ledger.db.value(select(func.min(campaigns.c.created_at)))
    known = known or (datetime.fromisoformat(made) if made else None)
    if known is None:
        return None
    caught_up = recall(ledger, CAUGHT_UP)
    right = by_right_clocks(ledger, known)
    return max(right, datetime.fromisoformat(caught_up)) if caught_up else right


def count_started(ledger: Ledger, since: datetime) -> int:
    """How many conversations the ledger knows that Genesys may name as started since then, and some more."""
    lately = _C.started_at >= since - timedelta(minutes=1)
    return ledger.db.value(select(func.count()).where(lately)) or 0


def find_forgotten(ledger: Ledger, traces: Sequence[OwnConversation]) -> tuple[list[Fit], set[str]]:
    """All contacts of all campaigns that fit one of the conversations that the ledger does not know.

    Also the ids of those conversations that may be an attempt's whose outcome is in doubt: they are looked
    for anyway, so nobody else fits them who shares the address. And of callbacks that others made.
    """
    shared = read_unexplained(ledger).conversations
    unexplained = _drop_known(ledger, traces, but=shared)
    if not unexplained:
        return [], set()
    found: dict[str, list[Fit]] = defaultdict(list)
    in_doubt: set[str] = set()
    unmarked = {c for c in ledger.db.values(select(campaigns.c.id)) if recall(ledger, unmarked_in(c))}
    spared = _find_spared(ledger) if shared else frozenset[int]()
    judged, foreign = _find_judged(ledger), set[str]()
    for row, records, attempted_at, loaded_at in _rows(ledger):
        is_marked = row.campaign_id not in unmarked
        for trace in _of(row, unexplained):
            name = trace.conversation_id
            if attempted_at:
                if _may_be_of(row, attempted_at, trace):
                    in_doubt.add(name)
            elif (row.id, name) in judged or (row.id in spared and name in shared):
                continue
            elif fit := _fit(ledger, row, records, trace, loaded_at, is_marked=is_marked):
                found[name].append(fit)
            elif not trace.channel.is_mail:  # an e-mail may be an unmarked campaign's that is loaded later
                foreign.add(name)
    fits = [fit for name, fits in found.items() for fit in _likeliest(fits, is_known=name in in_doubt)]
    return fits, in_doubt | foreign


def remember_unexplained(
    ledger: Ledger, traces: Sequence[OwnConversation], shared: Collection[str], since: datetime
) -> None:
    """Keep whom these went to: a source that is loaded later may bring them.

    Those that are `shared` fit somebody already, though not for certain; so does what a person has judged.
    """
    keys, pairs, shared = set(), set(), {*shared, *(name for _, name in _find_judged(ledger))}
    for (channel, name), theirs in _drop_known(ledger, traces, but=shared).items():
        key = _key(ledger, channel, name)
        pairs |= {(trace.conversation_id, key) for trace in theirs if trace.conversation_id in shared}
        keys |= {key} if any(trace.conversation_id not in shared for trace in theirs) else set()
    keep_unexplained(ledger, since, keys, pairs)


def count_unexplained(ledger: Ledger) -> int:
    """How many who are due are among those; loaded since, they are for another catching up."""
    kept = read_unexplained(ledger)
    if kept.since is None:
        return 0
    shared = {each.key for each in kept.shared}
    spared = _find_spared(ledger) if shared else frozenset[int]()
    judged, found = _find_judged(ledger) if shared else set[tuple[int, str]](), 0
    left = {n: {s.key for s in kept.shared if (n, s.conversation_id) not in judged} for n, _ in judged}
    for row, _ in find_due(ledger):
        addresses = row.contact.channels.addresses().items()
        keys = {_key(ledger, channel, bare_address(address)) for channel, address in addresses}
        found += not keys.isdisjoint(kept.keys if row.id in spared else kept.keys | left.get(row.id, shared))
    return found


def _find_judged(ledger: Ledger) -> set[tuple[int, str]]:
    """Contacts, and the late conversations that they were held for: a person has seen them since."""
    # By the database: a catching up may hold many, of whom 300,000 took 114 MB here and 3 s at a start.
    is_late = (audit.c.action == "held") & ledger.db.text_of(audit.c.detail).contains(f'"{JUDGED}":')
    held = ledger.db.rows(select(audit.c.contact_id, audit.c.detail).where(is_late))
    return {(number, name) for number, detail in held for name in orjson.loads(detail).get(JUDGED, ())}


def _find_spared(ledger: Ledger) -> frozenset[int]:
    """Whom a person has released since: they have seen what is shared, and did not take it for theirs.

    Whoever was held for another reason, such as two rows that contradict each other, was not asked about it.
    """
    by_person = (audit.c.action == "resolved_released") & (audit.c.at >= ledger.clock.now() - KEPT)
    released = ledger.db.rows(select(audit.c.contact_id, audit.c.detail).where(by_person))
    return frozenset(n for n, detail in released if orjson.loads(detail).get(WAITED_FOR) == HELD_REASON)


def find_due(ledger: Ledger, *, or_retryable: bool = False) -> Iterator[tuple[Claimed, int]]:
    """Whoever may still be contacted and was not, and how long their audit is.

    With `or_retryable` also who failed before anything was sent, and goes again when somebody says `retry`.
    """
    due = _C.state.in_([state.value for state in _DUE])
    chosen = due | and_(_C.state == State.FAILED.value, _C.retryable.is_(True)) if or_retryable else due
    return ((row, records) for row, records, attempted_at, _ in _rows(ledger, chosen) if not attempted_at)


def _key(ledger: Ledger, channel: Channel, name: str) -> str:
    return ledger.vault.key("unexplained", f"{channel.value}/{name}")[:20]


def _drop_known(
    ledger: Ledger, traces: Sequence[OwnConversation], *, but: Collection[str] = ()
) -> dict[tuple[Channel, str], list[OwnConversation]]:
    """What no contact is known to have started, by whom it went to; `but` those that are shared."""
    known: set[str] = set()
    ids = [trace.conversation_id for trace in traces]
    for chunk in cut(ids, 500):  # SQLite takes 32,766 values in one statement at the most
        chosen = _C.conversation_id.in_(chunk)
        known.update(name for name in ledger.db.values(select(_C.conversation_id).where(chosen)) if name)
    known.difference_update(but)
    reached: dict[tuple[Channel, str], list[OwnConversation]] = defaultdict(list)
    for trace in traces:
        if trace.conversation_id not in known:
            addresses = {bare_address(address) for address in trace.addresses} - {""}
            # Where no address is shown, the person's id must do.
            for name in addresses or trace.contact_ids:
                reached[trace.channel, name].append(trace)
    return reached


def _rows(
    ledger: Ledger, *chosen: ColumnElement[bool]
) -> Iterator[tuple[Claimed, int, datetime | None, datetime]]:
    """Everybody who is not erased, how long their audit is, when the intent of theirs that stands was
    committed, and when the load that brought them began.
    """
    joined = contacts.join(loads, loads.c.id == _C.load_id).outerjoin(intents, intents.c.contact_id == _C.id)
    query = select(*COLUMNS, _C.audit_count, intents.c.at, loads.c.started_at.label("loaded_at"))
    rows: Iterator[Row[Any]] = ledger.db.one_by_one(
        query.select_from(joined).where(_C.payload.is_not(None), *chosen)
    )
    return ((read_claimed(ledger, row), row.audit_count, row.at, row.loaded_at) for row in rows)


def _of(row: Claimed, reached: dict[tuple[Channel, str], list[OwnConversation]]) -> Iterator[OwnConversation]:
    for channel, address in row.contact.channels.addresses().items():
        yield from reached.get((channel, bare_address(address)), ())
        if row.genesys_id:  # who is not registered yet has none, and is nobody's
            yield from reached.get((channel, row.genesys_id), ())


def _may_be_of(row: Claimed, attempted_at: datetime, trace: OwnConversation) -> bool:
    """Whether it may be that attempt's, which is in doubt: looked for anyway, or with a person already."""
    if row.state in CONTACTED or row.reason == HELD_REASON:  # held for want of certainty: it may be another's
        return False
    return abs(trace.started_at - attempted_at) < DOUBT


def _fit(
    ledger: Ledger,
    row: Claimed,
    records: int,
    trace: OwnConversation,
    loaded_at: datetime,
    *,
    is_marked: bool,
) -> Fit | None:
    """None where what stands in the reference's place was never written by this program."""
    shown = {match[1] for text in trace.texts if (match := _REFERENCE.search(text))}
    if trace.texts and not shown and (is_marked or not trace.channel.is_mail):
        return None
    # Every length that its audit may have had by then, for the reference was made of it.
    for count in range(records + STEPS):
        if (reference := make_reference(ledger, row.id, count)) in shown:
            return Fit(row, trace, reference, is_certain=True, is_proven=loaded_at < trace.started_at)
    return Fit(row, trace, make_reference(ledger, row.id, records), is_certain=False)


def _likeliest(fits: Sequence[Fit], *, is_known: bool) -> Collection[Fit]:
    """Whose reference it carries; else those who may still be contacted, unless it is a doubt's anyway."""
    certain = [fit for fit in fits if fit.is_certain]
    if certain or is_known:
        return certain
    due = [fit for fit in fits if fit.row.state in _DUE]
    return due or [fit for fit in fits if fit.row.reason != "same_address"]  # that one's twin was contacted
