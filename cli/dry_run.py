"""`outreach run --dry-run`: every decision, and nothing changed.

No Prefect and no Genesys is needed. With a Prefect server, or where a block is named, the block's budget
counts, and the organisation is asked about our senders.
"""

import contextlib
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timezone

import orjson

from cli.console import err, out
from cli.ledgers import DEFAULT_FILE, DEMO_FILE, open_named
from cli.prefect_api import api_url, prefect_api
from cli.reading import look_at, tell_notes, timed
from outreach.decisions.dry_run import DryRunRow, decide_all, forecastable
from outreach.decisions.preview import Preview, SenderOf, nobody
from outreach.errors import SettingsError
from outreach.ledger.campaigns import settle_name
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import opened_if_any
from outreach.reachability import Availability
from outreach.report.forecast import Pace, make_forecast
from outreach.report.forecast_views import show_forecast
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list

PUBLISHED = Pace(requests_per_minute=300)
"""The published limit, on the platform API."""

DEFAULT = "default"
_NOBODY_SAID = PUBLISHED, None, nobody, frozenset[str]()


def rehearse_and_show(
    source: str,
    campaign: str,
    settings: CampaignSettings,
    *,
    genesys: str,
    senders: str,
    ledger: str,
    at: datetime | None,
    as_json: bool,
) -> int:
    """Decide on every row as of `at` (default now) and show the numbers, or with JSON every decision.

    Raises:
        UsageError: the source, a setting, or the name of a block or the ledger is wrong.
    """
    instant = at or datetime.now(timezone.utc)
    look_at(source, settings)
    rejected: Counter[str] = Counter()
    with ledger_if_any(ledger) as book:
        campaign = settle_name(book, campaign, is_new=settings.another_campaign)
        pace, ready, sender_of, asked = ask(genesys, senders, book)
        contacts = open_list(source, settings, asked)
        preview = Preview(settings, sender_of)
        rows = decide_all(contacts, settings, campaign=campaign, at=instant, ledger=book, senders=ready)
        rows = preview.watch(timed(rows, contacts))
        told = _written(rows, campaign, instant) if as_json else rows
        decided = forecastable(told, rejected)
        forecast = make_forecast(
            decided, instant, pace, rejected=rejected, senders=ready, numbers=contacts.numbers
        )
        forecast = replace(forecast, columns=contacts.columns_in_words, texts=preview.as_json())
    tell_notes(contacts)
    if as_json:
        sys.stdout.write(f'],\n"forecast":{_json(forecast.as_json())}}}\n')
    else:
        out.print(show_forecast(forecast))
    return 0


def _written(rows: Iterable[DryRunRow], campaign: str, at: datetime) -> Iterator[DryRunRow]:
    """The same rows, each written as it passes: a million decisions are never held at once."""
    begin: str | None = f'{{"campaign":{_json(campaign)},"at":{_json(at)},"dry_run":true,"decisions":['
    for row in rows:
        sys.stdout.write(f"{',' if begin is None else begin}\n{_json(row.as_json())}")
        begin = None
        yield row
    sys.stdout.write(begin or "")


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def ask(
    genesys: str, senders: str, book: Ledger | None
) -> tuple[Pace, Availability | None, SenderOf, frozenset[str]]:
    """What the blocks and the organisation say, as for the flow, and the columns that senders go by; else the
    published limit, and nothing.
    """
    named = (genesys, senders) != (DEFAULT, DEFAULT)
    if not named and not api_url():
        return _NOBODY_SAID
    with prefect_api():
        from flows.dry_run import ask_organisation, find_sender_of
        from flows.opening import BlockNames, find_asked_columns

        names = BlockNames(genesys, senders)
        try:
            return *ask_organisation(names, book), find_sender_of(names), find_asked_columns(names)
        except SettingsError:
            if named:
                raise
            return _NOBODY_SAID  # a server without our blocks


@contextlib.contextmanager
def ledger_if_any(name: str) -> Iterator[Ledger | None]:
    """The ledger that is named, or that lies here; a dry run needs none, and makes none."""
    named = name != DEFAULT or "OUTREACH_LEDGER" in os.environ or bool(api_url())
    if not named and not DEFAULT_FILE.exists() and not DEMO_FILE.exists():
        yield None
        return
    opening = open_named(None if name == DEFAULT else name, "run --dry-run")
    with opened_if_any(opening, lambda said: err.print(said, soft_wrap=True)) as ledger:
        yield ledger
