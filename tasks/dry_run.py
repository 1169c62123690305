"""The dry run: every decision, nobody contacted, nothing changed."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from outreach.campaign.heap import set_aside
from outreach.clock import SystemClock
from outreach.decisions.dry_run import decide_all, forecastable
from outreach.decisions.preview import Preview, SenderOf
from outreach.ledger.ledger import Ledger
from outreach.reachability import Availability
from outreach.report.forecast import Forecast, Pace, make_forecast
from outreach.report.forecast_views import write_forecast
from outreach.settings import CampaignSettings
from outreach.sources.source import Source
from tasks.references import Reference


@task(
    name="rehearse",
    task_run_name="rehearse-{campaign}",
    cache_policy=NO_CACHE,  # who may be contacted changes by the minute
)
def forecast(
    campaign: str,
    contacts: Callable[[], Source],
    settings: CampaignSettings,
    ledger: Reference[Ledger | None],
    pace: Pace,
    senders: Availability | None,
    find_sender: Callable[[], SenderOf],
    key: str,
) -> Forecast:
    """The dry run's numbers, as an artifact too: counts and codes, and people by their ids."""
    rejected: Counter[str] = Counter()
    source, preview = contacts(), Preview(settings, find_sender())
    with ledger() as book, set_aside():  # a ninth of its processor time went into the search for garbage
        now = (book.clock if book else SystemClock()).now()
        rows = decide_all(source, settings, campaign=campaign, at=now, ledger=book, senders=senders)
        decided = forecastable(preview.watch(rows), rejected)
        result = make_forecast(decided, now, pace, rejected=rejected, senders=senders, numbers=source.numbers)
    result = replace(result, columns=source.columns_in_words, texts=preview.as_json())
    create_markdown_artifact(write_forecast(result), key=f"forecast-{key}", description="Dry run")
    return result
