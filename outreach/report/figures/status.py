"""What an operator asks first, of a whole ledger: each campaign in one row, webhooks, budgets; sums only.

A few queries for all campaigns together, each answered by an index: 200,000 contacts take under a second.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

import orjson
from sqlalchemy import Connection, select, text

from outreach.ledger.audit.notes import REPORTED
from outreach.ledger.database.packing import Packed
from outreach.ledger.database.schema import EPOCH, instant, microseconds, pacing
from outreach.ledger.ledger import Ledger
from outreach.ledger.release import find_living
from outreach.ledger.states import CONTACTED, WAITING, State
from outreach.timetable import Timetable

Condition: TypeAlias = Literal["stopped", "running", "unfinished", "waiting", "in doubt", "done"]
"""How a campaign is: `unfinished` has a run whose end nobody noted, and no process at work."""


@dataclass(frozen=True, slots=True)
class CampaignStatus:
    """One campaign. `verdict` is that of the last run that told one; `doubts` wait for Genesys' word or a
    person's; `oldest_pending` is of its webhooks.
    """

    name: str
    condition: Condition
    last_run: datetime | None
    runs: int
    verdict: str | None
    stopped: str | None
    states: dict[str, int]
    contacts: int
    contacted: int
    waiting: int
    doubts: int
    webhooks: dict[str, int]
    oldest_pending: datetime | None


@dataclass(frozen=True, slots=True)
class BudgetNow:
    """A budget, in seconds from now: how far its turns are taken, how long a 429 rests a lane of it."""

    key: str
    taken_seconds: float
    held_seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """A ledger as of `at`. `processes` hold leases now; `contacted_last_hour` is over all campaigns."""

    at: datetime
    ledger: str
    processes: int
    contacted_last_hour: int
    campaigns: tuple[CampaignStatus, ...]
    budgets: tuple[BudgetNow, ...]

    @property
    def oldest_pending(self) -> datetime | None:
        """Since when the oldest webhook waits."""
        return min((each.oldest_pending for each in self.campaigns if each.oldest_pending), default=None)

    def as_json(self) -> dict[str, Any]:
        """Numbers, strings, lists and mappings only; instants as ISO-8601 UTC."""
        plain: dict[str, Any] = orjson.loads(orjson.dumps({**asdict(self), **self._sums()}))
        return plain

    def _sums(self) -> dict[str, Any]:
        return {"doubts": sum(each.doubts for each in self.campaigns), "oldest_pending": self.oldest_pending}


@dataclass
class _Found:
    """What the queries bring together for one campaign."""

    runs: int = 0
    last_run: datetime | None = None
    is_open: bool = False
    verdict: str | None = None
    states: dict[str, int] = field(default_factory=dict)
    webhooks: dict[str, int] = field(default_factory=dict)
    oldest_pending: datetime | None = None

    def count(self, *states: State) -> int:
        return sum(self.states.get(state, 0) for state in states)


def read_status(ledger: Ledger) -> Status:
    """Every campaign of the ledger, the last run first."""
    now, living = ledger.clock.now(), find_living(ledger)
    with ledger.db.snapshot() as connection:
        lately = _count(connection, "intents WHERE outcome = 'started' AND at >= :since", now - _HOUR)
        found = _gather(connection)
        rows = connection.execute(text("SELECT id, name, stopped FROM campaigns")).all()
        worked = _find_worked(connection, living, [row.id for row in rows])
        budgets = tuple(_budgets(connection, now.timestamp()))
    campaigns = [_status(row.name, row.stopped, found[row.id], is_worked=row.id in worked) for row in rows]
    campaigns.sort(key=lambda each: (each.last_run or EPOCH, each.name), reverse=True)
    return Status(now, ledger.name, len(living), lately, tuple(campaigns), budgets)


_HOUR = timedelta(hours=1)
# By the unique index over contact and number, where a campaign's own records are those without a contact.
_RUNS = """
    SELECT campaign_id, action, count(*), max(n), max(at) FROM audit
    WHERE contact_id IS NULL AND action IN ('run', 'sealed') GROUP BY 1, 2 ORDER BY 2"""
_VERDICTS = f"""
    SELECT a.campaign_id, a.detail FROM audit a JOIN (
        SELECT campaign_id, max(n) AS n FROM audit
        WHERE contact_id IS NULL AND action = '{REPORTED}' GROUP BY campaign_id
    ) AS last ON a.campaign_id = last.campaign_id AND a.n = last.n AND a.contact_id IS NULL"""  # noqa: S608 - our own word
_STATES = "SELECT campaign_id, state, count(*) FROM contacts GROUP BY 1, 2 ORDER BY 1, 2"
_WEBHOOKS = "SELECT campaign_id, state, count(*) FROM outbox GROUP BY 1, 2 ORDER BY 1, 2"
_HELD = "SELECT lease_owner, campaign_id FROM contacts WHERE lease_owner IS NOT NULL GROUP BY 1, 2"
_OLDEST = "SELECT campaign_id, min(created_at) FROM outbox WHERE state = 'pending' GROUP BY 1"


def _gather(connection: Connection) -> defaultdict[int, _Found]:
    found: defaultdict[int, _Found] = defaultdict(_Found)
    begun: dict[int, int] = {}
    for campaign, action, count, n, at in connection.execute(text(_RUNS)):  # each `run` before its `sealed`
        one = found[campaign]
        if action == "run":
            one.runs, one.last_run, one.is_open, begun[campaign] = int(count), instant(at), True, int(n)
        else:
            one.is_open = begun.get(campaign, 0) > int(n)
    for campaign, detail in connection.execute(text(_VERDICTS).columns(detail=Packed)):
        found[campaign].verdict = orjson.loads(detail)["verdict"]
    for campaign, state, count in connection.execute(text(_STATES)):
        found[campaign].states[state] = int(count)
    for campaign, state, count in connection.execute(text(_WEBHOOKS)):
        found[campaign].webhooks[state] = int(count)
    for campaign, at in connection.execute(text(_OLDEST)):
        found[campaign].oldest_pending = instant(at)
    return found


def _find_worked(connection: Connection, living: Collection[str], known: Collection[int]) -> Collection[int]:
    """Where a living process holds contacts; everywhere, while one holds none and may be at work anywhere."""
    held = [(owner, campaign) for owner, campaign in connection.execute(text(_HELD)) if owner in living]
    is_placed = {owner for owner, _ in held}.issuperset(living)
    return {campaign for _, campaign in held} if is_placed else known


def _budgets(connection: Connection, now: float) -> Iterator[BudgetNow]:
    """Those whose turns are taken, or that are held, beyond this instant; none that is free."""
    for key, timetable in connection.execute(select(pacing).order_by(pacing.c.key)):
        table = Timetable(**orjson.loads(timetable))
        taken, held = (max(*lanes, table.opens, now) - now for lanes in (table.free, table.refused))
        if taken or held:
            yield BudgetNow(key, taken, held)


def _status(name: str, stopped: str | None, one: _Found, *, is_worked: bool) -> CampaignStatus:
    return CampaignStatus(
        name=name,
        condition=_condition(one, stopped=bool(stopped), is_worked=is_worked),
        last_run=one.last_run,
        runs=one.runs,
        verdict=one.verdict,
        stopped=stopped,
        states=one.states,
        contacts=sum(one.states.values()),
        contacted=one.count(*CONTACTED),
        waiting=one.count(*WAITING),
        doubts=one.count(State.UNKNOWN, State.HELD),
        webhooks=one.webhooks,
        oldest_pending=one.oldest_pending,
    )


def _condition(one: _Found, *, stopped: bool, is_worked: bool) -> Condition:
    if stopped:
        return "stopped"
    if one.is_open:
        return "running" if is_worked else "unfinished"
    if one.count(*WAITING):
        return "waiting"
    return "in doubt" if one.count(State.UNKNOWN, State.HELD) else "done"


def _count(connection: Connection, which: str, since: datetime) -> int:
    asked = {"since": microseconds(since)}
    return int(connection.execute(text(f"SELECT count(*) FROM {which}"), asked).scalar_one())  # noqa: S608 - our own words
