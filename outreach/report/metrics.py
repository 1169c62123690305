"""Figures for Prometheus: of a whole ledger, and of what a run asks of Genesys. Counted at each scrape.

Names of campaigns, states, budgets and operations only; nobody's data.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from outreach.genesys.http.usage import UsageSnapshot
from outreach.report.figures.status import CampaignStatus, Status

_OF_CAMPAIGNS: Mapping[str, tuple[str, Callable[[CampaignStatus], float | None]]] = {
    "outreach_doubts": ("Contacts in doubt or held.", lambda each: each.doubts),
    "outreach_contacted": ("People contacted.", lambda each: each.contacted),
    "outreach_waiting": ("Contacts that the next run takes up.", lambda each: each.waiting),
    "outreach_stopped": ("1: a stop is in force.", lambda each: each.stopped is not None),
    "outreach_balanced": (
        "The last run's proof: 1 balanced, 0 red.",
        lambda each: None if each.verdict is None else each.verdict != "red",
    ),
    "outreach_last_run_timestamp_seconds": (
        "When the last run began.",
        lambda each: each.last_run.timestamp() if each.last_run else None,
    ),
}


class LedgerMetrics(Collector):
    """Every campaign of a ledger, as `read` finds it at each scrape."""

    def __init__(self, read: Callable[[], Status]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        """Count it now."""
        status = self._read()
        for name, (words, figure) in _OF_CAMPAIGNS.items():
            counts = ((figure(each), each.name) for each in status.campaigns)
            yield _gauge(
                name, words, ("campaign",), ((count, key) for count, key in counts if count is not None)
            )
        by_state = ("campaign", "state")
        contacts = ((n, each.name, state) for each in status.campaigns for state, n in each.states.items())
        yield _gauge("outreach_contacts", "Contacts by state.", by_state, contacts)
        events = ((n, each.name, state) for each in status.campaigns for state, n in each.webhooks.items())
        yield _gauge("outreach_webhooks", "Webhooks by state.", by_state, events)
        oldest = status.oldest_pending
        age = (status.at - oldest).total_seconds() if oldest else 0.0
        yield _gauge("outreach_oldest_webhook_seconds", "How long the oldest webhook waits.", (), [(age,)])
        yield _gauge("outreach_processes", "Processes that hold leases.", (), [(status.processes,)])
        yield _gauge(
            "outreach_budget_taken_seconds",
            "How far ahead a budget's turns are taken.",
            ("budget",),
            ((each.taken_seconds, each.key) for each in status.budgets),
        )
        yield _gauge(
            "outreach_budget_held_seconds",
            "How long a 429 still holds a budget.",
            ("budget",),
            ((each.held_seconds, each.key) for each in status.budgets),
        )


class RunMetrics(Collector):
    """What this process asks of Genesys for a campaign."""

    def __init__(self, campaign: str, spent: Callable[[], UsageSnapshot]) -> None:
        self._campaign = campaign
        self._spent = spent

    def describe(self) -> Iterable[Metric]:
        """Nothing: another run of this process has the same names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """What was spent until now."""
        spent = self._spent()
        asked = CounterMetricFamily("outreach_requests", "Requests sent.", labels=("campaign", "operation"))
        for operation, count in spent.by_operation.items():
            asked.add_metric((self._campaign, operation), count)
        refused = CounterMetricFamily("outreach_refused", "Answers 429.", labels=("campaign",))
        refused.add_metric((self._campaign,), spent.too_many)
        yield asked
        yield refused
        budget = spent.budget_per_minute
        yield _gauge(
            "outreach_budget_per_minute",
            "Requests a minute that are allowed.",
            ("campaign",),
            [(budget, self._campaign)] if budget else [],
        )


def _gauge(name: str, words: str, labels: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=labels)
    for value, *names in rows:
        family.add_metric(names, value)
    return family
