"""A ledger's status on one screen: a sentence, a line for each campaign, what is in the way."""

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from outreach.ledger.states import State
from outreach.report.figures.status import CampaignStatus, Condition, Status
from outreach.report.tables import Table
from outreach.report.terminal import Grid
from outreach.report.wording import NOTHING, clean, duration, number

ONE_SCREEN = 15
"""Campaigns that are shown unless all are asked for."""

_URGENT: Sequence[Condition] = ("running", "unfinished", "stopped", "in doubt")
"""Shown first, in this order; the others follow by their last run."""

_HEADERS = ("Campaign", "Is", "Last run", "Contacts", "Reached", "Waiting", "Doubts", "Failed", "Webhooks")


def show_status(status: Status, *, next_runs: Sequence[tuple[str, datetime]] = (), everything: bool = False) -> RenderableType:
    """For the terminal.

    Args:
        status: what the ledger says.
        next_runs: what Prefect's schedules begin next, by name.
        everything: every campaign, not one screen of them.
    """
    ordered = sorted(status.campaigns, key=_place)
    shown = ordered if everything else ordered[:ONE_SCREEN]
    rows = tuple(_row(each, status.at) for each in shown)
    lines = [_left_out(len(ordered) - len(shown)), *_stops(shown), *_budgets(status)]
    lines += [f"Next: {clean(name)}, {_when(at, status.at)}." for name, at in next_runs]
    grid = [Grid(Table("", _HEADERS, rows, frozenset(_HEADERS[3:8])))] if rows else []
    return Group(Text(summarise(status), "bold"), *grid, *(Text(line) for line in lines if line))


def summarise(status: Status) -> str:
    """Like "Campaigns: 50, running: 2, in doubt: 12, processes at work: 3, reached in the last hour: 140"."""
    counts = {
        "Campaigns": len(status.campaigns),
        "running": sum(each.condition == "running" for each in status.campaigns),
        "in doubt": sum(each.doubts for each in status.campaigns),
        "processes at work": status.processes,
        "reached in the last hour": status.contacted_last_hour,
    }
    said = [f"{name}: {number(count)}" for name, count in counts.items()]
    said += [f"oldest webhook: {_age(status.oldest_pending, status.at)}"] if status.oldest_pending else []
    return ", ".join(said)


def _place(each: CampaignStatus) -> tuple[int, float]:
    urgency = _URGENT.index(each.condition) if each.condition in _URGENT else len(_URGENT)
    return urgency, -(each.last_run.timestamp() if each.last_run else 0.0)


def _row(each: CampaignStatus, now: datetime) -> tuple[str, ...]:
    counts = (each.contacts, each.contacted, each.waiting, each.doubts, each.states.get(State.FAILED, 0))
    last = f"{_age(each.last_run, now)} ago" if each.last_run else NOTHING
    return (clean(each.name), each.condition, last, *map(number, counts), _webhooks(each, now))


def _webhooks(each: CampaignStatus, now: datetime) -> str:
    pending, dead = each.webhooks.get("pending", 0), each.webhooks.get("dead", 0)
    said = [f"{number(pending)} wait, {_age(each.oldest_pending, now)}"] if each.oldest_pending else []
    said += [f"{number(dead)} given up"] if dead else []
    return "; ".join(said) or ("all told" if each.webhooks else NOTHING)


def _left_out(count: int) -> str:
    return f"{number(count)} more campaigns: --all." if count else ""


def _stops(shown: Sequence[CampaignStatus]) -> list[str]:
    return [f"{clean(each.name)} was stopped: {clean(each.stopped)}" for each in shown if each.stopped]


def _budgets(status: Status) -> list[str]:
    taken = [f"Budget {clean(each.key)} is taken for {duration(each.taken_seconds)}" for each in status.budgets if each.taken_seconds]
    held = [f"Budget {clean(each.key)} is held by a 429 for {duration(each.held_seconds)}" for each in status.budgets if each.held_seconds]
    return [f"{line}." for line in (*held, *taken)]


def _age(at: datetime | None, now: datetime) -> str:
    return duration(max((now - at).total_seconds(), 0.0)) if at else NOTHING


def _when(at: datetime, now: datetime) -> str:
    return f"in {_age(now, at)}" if at > now else "now"
