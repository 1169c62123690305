"""`outreach run --dry-run`: every decision, nothing changed, no Prefect and no Genesys needed."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone

import orjson

from cli.console import out
from cli.ledgers import DEFAULT_FILE, DEMO_FILE, open_named
from outreach.ledger.campaigns import check_name
from outreach.ledger.ledger import Ledger
from outreach.rehearsal import Rehearsed, forecastable, rehearse
from outreach.report.forecast import Forecast, Pace, make_forecast
from outreach.report.outlook import show_forecast
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source

PACE = Pace(requests_per_minute=300)
"""The published limit, on the platform API."""


def rehearse_and_show(
    source: str,
    campaign: str,
    settings: CampaignSettings,
    *,
    ledger: str,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Decide on every row as of `at` (default now) and show the numbers, or with JSON every decision.

    Raises:
        UsageError: the source, a setting or the ledger's name is wrong.
    """
    check_name(campaign)
    instant = at or datetime.now(timezone.utc)
    contacts = open_source(source, columns=settings.columns, strict_numbers=settings.strict_numbers)
    rejected: Counter[str] = Counter()
    with _ledger_if_any(ledger) as book:
        rows = rehearse(contacts, settings, campaign=campaign, at=instant, ledger=book)
        told = _written(rows, campaign, instant) if as_json else rows
        forecast = make_forecast(forecastable(told, rejected), instant, PACE, rejected=rejected)
    if as_json:
        _end(forecast)
    else:
        out.print(show_forecast(forecast))
    return 0


def _written(rows: Iterable[Rehearsed], campaign: str, at: datetime) -> Iterator[Rehearsed]:
    """The same rows, each written as it passes: a million decisions are never held at once."""
    begin: str | None = f'{{"campaign":{_json(campaign)},"at":{_json(at)},"dry_run":true,"decisions":['
    for row in rows:
        sys.stdout.write(f"{',' if begin is None else begin}\n{_json(row.as_json())}")
        begin = None
        yield row
    sys.stdout.write(begin or "")


def _end(forecast: Forecast) -> None:
    sys.stdout.write(f'],\n"forecast":{_json(forecast.as_json())}}}\n')


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


@contextlib.contextmanager
def _ledger_if_any(name: str) -> Iterator[Ledger | None]:
    """The ledger that is named, or that lies here; a dry run needs none."""
    named = name != "default" or "OUTREACH_LEDGER" in os.environ or "PREFECT_API_URL" in os.environ
    if not named and not DEFAULT_FILE.exists() and not DEMO_FILE.exists():
        yield None
        return
    with open_named(None if name == "default" else name, "run --dry-run") as ledger:
        yield ledger
