"""Instants that a clock wrote which was ahead: recognised, taken back, and said.

What a row waits for, it waits for from when it was written. A row that was written in the future was written
by another clock than ours: its wait is counted from now, and is no longer than it ordinarily would be.

unknown, started, ended   look_at comes earlier by as much as the clock was ahead
deferred                  decided on again: calling hours may rightly lie days ahead, but not by that clock
events for the CRM        due now, where it is further than the longest wait after so many attempts
intents                   happened now, for caps; what is in doubt meanwhile is never released by itself, for
                          its conversation would be looked for at a wrong time
budgets, executors        where they are read: `rate_slots`, `release`

By how much it was ahead is kept: what was done since a ledger's last intent is looked for from before that.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, exists, func, literal, or_, select, update

from outreach.ledger.audit.chain import find_last
from outreach.ledger.changes import KEEP, Change, apply
from outreach.ledger.database.schema import EPOCH, Instant, audit, contacts, intents, outbox
from outreach.ledger.facts import recall, remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import LOOKED_FOR, State
from outreach.webhook.rounds import LEASE_SECONDS
from outreach.webhook.schedule import DELAYS, JITTER, THROTTLED_SECONDS

SLACK = timedelta(seconds=60)
"""So far ahead may the clocks of two machines be."""

AHEAD = "clock_ahead"
"""The fact that keeps by how many seconds a clock was ahead that contacted people, and how long it counts."""

STILL = timedelta(days=1)
"""So long after it was noticed the same process may go on writing."""

LONG_AGO = timedelta(days=31)
"""Before now; for an instant in the future of which nobody knows how far its clock was ahead."""

RIGHT_UNTIL = "right_until"
"""The fact that says up to which record of the audit, and when, nothing was ahead, or it was taken back."""

FEW = 2000
"""Records after that mark that an opening looks at; after more, the mark is moved. Where more than a
sixteenth of the audit came after it, all contacts and intents take less time than it: 65 ms of a million.
"""

IN_DOUBT = "outcome_unknown:wrong_clock"
"""The reason of a doubt whose instant is not known."""

log = logging.getLogger(__name__)


def take_back_instants(ledger: Ledger) -> int:
    """Correct what was written by a clock that was ahead of ours; how many waits are shorter now."""
    now = ledger.clock.now()
    found = _take_back_events(ledger, now)
    if not _is_right(ledger, now, FEW):
        with ledger.db.write() as connection:  # first: what is written from here on is looked at next time
            last = find_last(connection)
        if not _is_right(ledger, now, last // 16):
            found += _take_back_contacts(ledger, now) + _take_back_intents(ledger, now)
        remember(ledger, RIGHT_UNTIL, f"{last} {now.isoformat()}")
    if found:
        log.warning("%s instants were written by a clock that was ahead: they are counted from now", found)
    return found


def note_ahead(ledger: Ledger, ahead: timedelta) -> None:
    """Keep that this process's clock is ahead of Genesys' own, before it writes down whom it contacts."""
    if ahead <= SLACK:
        return
    known, until = _recall_ahead(ledger)
    now = ledger.clock.now()
    if ahead > known + SLACK or now + SLACK > until:
        kept = f"{max(ahead, known).total_seconds():.0f} {max(now + STILL, until).isoformat()}"
        remember(ledger, AHEAD, kept)


def by_right_clocks(ledger: Ledger, at: datetime) -> datetime:
    """The earliest that an instant of this ledger can have been, whichever clock wrote it."""
    ahead, until = _recall_ahead(ledger)
    now = ledger.clock.now()
    if ahead and at <= until:
        return at - ahead
    return at if at <= now + SLACK else now - LONG_AGO


def _recall_ahead(ledger: Ledger) -> tuple[timedelta, datetime]:
    seconds, until = (recall(ledger, AHEAD) or f"0 {EPOCH.isoformat()}").split()
    return timedelta(seconds=int(seconds)), datetime.fromisoformat(until)


def _is_right(ledger: Ledger, now: datetime, most: int) -> bool:
    """Whether no contact and no intent can be ahead, by at most so many records of the audit.

    Whatever changes one writes a record of the same instant, and numbers rise. So only what came after the
    mark is looked at, and the mark holds for every clock that is not behind the one that set it.
    """
    kept, _, at = (recall(ledger, RIGHT_UNTIL) or "0 ").partition(" ")
    if at and datetime.fromisoformat(at) > now:
        return False
    number = int(kept)
    ahead = exists().where(audit.c.id.between(number + 1, number + most), audit.c.at > now + SLACK)
    last = select(func.max(audit.c.id)).scalar_subquery()
    newest, is_ahead = ledger.db.rows(select(last, ahead))[0]
    return not is_ahead and (newest or 0) <= number + most


def _take_back_intents(ledger: Ledger, now: datetime) -> int:
    ahead = intents.c.at > now + SLACK
    # Read first: all intents are looked at, which kept writers waiting for 7 ms at 6,000 of them.
    if not ledger.db.value(select(exists().where(ahead))):
        return 0
    return ledger.db.execute(update(intents).where(ahead).values(at=now))


def _take_back_contacts(ledger: Ledger, now: datetime) -> int:
    c, late = contacts.c, now + SLACK
    looked_for = c.state.in_([state.value for state in LOOKED_FOR]) & (c.look_at > late)
    deferred = (c.state == State.DEFERRED.value) & (c.until > now)
    ahead = and_(or_(looked_for, deferred), c.updated_at > late)
    # Page by page all contacts are passed, 4 ms of 10,000; asked whether there is one, those who wait alone.
    if not ledger.db.value(select(exists().where(ahead))):
        return 0
    pages = ledger.db.pages(select(c.id, c.state, c.look_at, c.updated_at).where(ahead))
    changes = ([_counted_from(now, row) for row in page] for page in pages)
    return sum(len(apply(ledger, each, only_own=False)) for each in changes)


def _counted_from(now: datetime, row: Row[Any]) -> Change:
    state = State(row.state)
    earlier = {"until": now} if state is State.DEFERRED else {"look_at": row.look_at - (row.updated_at - now)}
    return Change(
        contact_id=row.id,
        after=state,
        action="clock_corrected",
        reason=IN_DOUBT if state is State.UNKNOWN else KEEP,
        fields=earlier,
        keep_lease=True,
    )


def _take_back_events(ledger: Ledger, now: datetime) -> int:
    o = outbox.c
    pending = update(outbox).where(o.state == "pending")
    with ledger.db.write() as connection:
        # Free again: whoever leased them in the future is either done or dead by any clock.
        stuck = pending.where(o.leased_until > now + timedelta(seconds=LEASE_SECONDS) + SLACK)
        connection.execute(stuck.values(leased_until=None))
        # The first term goes by an index, and spares nearly every event the second.
        late = pending.where(o.due_at > now + SLACK, o.due_at > _latest(now))
        return connection.execute(late.values(due_at=now)).rowcount


def _latest(now: datetime) -> ColumnElement[Any]:
    """The latest instant at which an event may be due after its attempts."""
    waits = [0.0, *(2 * (1 + JITTER) * max(delay, THROTTLED_SECONDS) for delay in DELAYS)]
    latest = {
        number: literal(now + SLACK + timedelta(seconds=wait), Instant) for number, wait in enumerate(waits)
    }
    return case(latest, value=outbox.c.attempts, else_=latest[len(DELAYS)])
