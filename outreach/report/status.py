"""A ledger's status on one screen: a sentence, a line for each campaign, what is in the way."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Group, JustifyMethod, RenderableType
from rich.table import Table
from rich.text import Text

from outreach.ledger.states import State
from outreach.report.figures.status import CampaignStatus, Condition, Status
from outreach.report.wording import NOTHING, clean, duration, number

ONE_SCREEN = 15
"""Campaigns that are shown unless all are asked for."""

_URGENT: Sequence[Condition] = ("running", "unfinished", "stopped", "in doubt")
"""Shown first, in this order; the others follow by their last run."""

_HEADERS = ("Is", "Ran ago", "Reached", "Waits", "Doubts", "Failed", "Untold")
_WORDS, _TROUBLES = _HEADERS[:2], _HEADERS[4:]


def show_status(
    status: Status, *, next_runs: Sequence[tuple[str, datetime]] = (), everything: bool = False
) -> RenderableType:
    """For the terminal.

    Args:
        status: what the ledger says.
        next_runs: what Prefect's schedules begin next, by name.
        everything: every campaign, not one screen of them.
    """
    ordered = sorted(status.campaigns, key=_place)
    shown = ordered if everything else ordered[:ONE_SCREEN]
    lines = [*_stops(shown), *_budgets(status)]
    if left_out := len(ordered) - len(shown):
        lines.insert(0, f"{number(left_out)} more campaigns: --all.")
    lines += [f"Next: {clean(name)}, in {_age(status.at, at)}." for name, at in next_runs]
    table = [_table(shown, status.at)] if shown else []
    return Group(Text(summarise(status), "bold"), *table, *map(Text, lines))


def summarise(status: Status) -> str:
    """Like "Campaigns: 50, running: 2, in doubt: 12, processes: 3, reached in an hour: 140"."""
    counts = {
        "Campaigns": len(status.campaigns),
        "running": sum(each.condition == "running" for each in status.campaigns),
        "in doubt": sum(each.doubts for each in status.campaigns),
        "processes": status.processes,
        "reached in an hour": status.contacted_last_hour,
    }
    said = [f"{name}: {number(count)}" for name, count in counts.items()]
    said += [f"oldest webhook: {_age(status.oldest_pending, status.at)}"] if status.oldest_pending else []
    return ", ".join(said)


def _table(shown: Sequence[CampaignStatus], now: datetime) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=0, expand=True)
    table.add_column(Text("Campaign"), no_wrap=True, overflow="ellipsis", ratio=1)
    rows = [_cells(each, now) for each in shown]
    columns = [column for column in zip(_HEADERS, *rows, strict=True) if _is_told(*column)]
    for header, *cells in columns:
        justify: JustifyMethod = "left" if header in _WORDS else "right"
        # No wider than they need be: what is left is the names'.
        width = max(map(len, (header, *cells))) + 1
        table.add_column(Text(header), justify=justify, no_wrap=True, width=width)
    for place, each in enumerate(shown, 1):
        table.add_row(Text(clean(each.name)), *(Text(column[place]) for column in columns))
    return table


def _is_told(header: str, *cells: str) -> bool:
    """Troubles that no campaign has are left out."""
    return header not in _TROUBLES or set(cells) != {"0"}


def _cells(each: CampaignStatus, now: datetime) -> tuple[str, ...]:
    untold = each.webhooks.get("pending", 0) + each.webhooks.get("dead", 0)
    counts = (each.contacted, each.waiting, each.doubts, each.states.get(State.FAILED, 0), untold)
    return (each.condition, _age(each.last_run, now), *map(number, counts))


def _place(each: CampaignStatus) -> tuple[int, float]:
    urgency = _URGENT.index(each.condition) if each.condition in _URGENT else len(_URGENT)
    return urgency, -(each.last_run.timestamp() if each.last_run else 0.0)


def _stops(shown: Sequence[CampaignStatus]) -> list[str]:
    return [f"{clean(each.name)} was stopped: {clean(each.stopped)}" for each in shown if each.stopped]


def _budgets(status: Status) -> Iterator[str]:
    for each in status.budgets:
        if each.held_seconds:
            yield f"Budget {clean(each.key)} is held by a 429 for {duration(each.held_seconds)}."
        if each.taken_seconds:
            yield f"Budget {clean(each.key)} is taken for {duration(each.taken_seconds)}."


def _age(at: datetime | None, now: datetime) -> str:
    """In the largest unit alone."""
    return " ".join(duration(max((now - at).total_seconds(), 0.0)).split()[:2]) if at else NOTHING
