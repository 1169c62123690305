"""All figures of a campaign's report, gathered in one look at the ledger: sums, never a person.

    gather ──> Figures ──> markdown.py   for a Prefect artifact
                      ├──> page.py       one HTML file
                      └──> terminal.py   tables in a shell

Everything is counted by the database, so memory does not grow with the campaign. The only identifiers are a
few external contact ids per reason; there is no address, name or message anywhere.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.campaigns import Campaign
from outreach.ledger.facts import columns_of, recall
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import Proof, prove
from outreach.ledger.states import State
from outreach.report.figures.counts import (
    Cost,
    Ending,
    Funnel,
    ReasonCount,
    Tally,
    list_endings,
    list_reasons,
    sum_cost,
    tally,
)
from outreach.report.figures.do_not_contact import Lists, read_lists
from outreach.report.figures.engine import EngineUse, list_engine_use
from outreach.report.figures.extract import take_extract
from outreach.report.figures.history import PastRun, list_runs, note_of
from outreach.report.figures.loads_and_outbox import Intake, Outbox, list_loads, read_outbox
from outreach.report.figures.percentiles import Bucket, Spread, bucket_latency, measure
from outreach.report.figures.timeline import (
    Budget,
    Deferred,
    Series,
    count_deferred,
    trace_budget,
    trace_contacts,
)
from outreach.settings import ConsentPolicy


@dataclass(frozen=True, slots=True)
class Rules:
    """What the campaign went by. `consent_assumed`: the owner's word stands where a source says nothing."""

    packs: tuple[str, ...]
    packs_hash: str
    zone_rules: str
    consent_assumed: bool
    same_address: str
    channel_order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """One campaign in numbers, as of `at` (aware UTC).

    `successes` are people contacted; `failures` contacts that ended as failed, each counted once however
    often it was tried. `latency_ms` is over the creating calls whose answer was measured. `duration_seconds`
    is over ended interactions. `budget` is None when nobody's requests were counted.
    """

    at: datetime
    proof: Proof
    successes: int
    failures: int
    funnel: Funnel
    tallies: tuple[Tally, ...]
    reasons: tuple[ReasonCount, ...]
    latency_ms: Spread
    latency_buckets: tuple[Bucket, ...]
    duration_seconds: Spread
    contacted_over_time: Series
    deferred: Deferred
    budget: Budget | None
    outbox: Outbox
    loads: tuple[Intake, ...]
    loads_left_out: int
    rules: Rules
    endings: tuple[Ending, ...] = ()
    history: tuple[PastRun, ...] = ()
    lists: Lists | None = None
    cost: Cost | None = None
    columns: tuple[str, ...] = ()
    """What the source's columns were read as, and which were left out, in words."""
    by_engine: tuple[EngineUse, ...] = ()

    @property
    def campaign(self) -> str:
        """The campaign's name."""
        return self.proof.campaign

    def as_note(self) -> dict[str, object]:
        """What a run's end is noted with."""
        told = note_of(self.proof)
        if (spent := self.budget) is None:
            return told
        return {**told, "requests": spent.requests, "too_many": spent.too_many, "budget_used": spent.used}

    def as_json(self) -> dict[str, Any]:
        """Numbers, strings, lists and mappings only; instants as ISO-8601 UTC."""
        # There and back: what comes out is only what JSON has, which is all that an artifact may hold.
        plain: dict[str, Any] = orjson.loads(orjson.dumps({"campaign": self.campaign, **asdict(self)}))
        return plain


def gather(
    ledger: Ledger,
    campaign: Campaign,
    *,
    usage: UsageSnapshot | None = None,
    until: datetime | None = None,
    proof: Proof | None = None,
) -> Figures:
    """Count everything that the report shows.

    Args:
        ledger: where the campaign is.
        campaign: which one; its `settings` and `packs_hash` are shown.
        usage: what the Genesys client counted in this run; without it nothing is said of the budget.
        until: the report's instant (aware), now by default; deferred hours count from it.
        proof: a proof already made; otherwise it is made here.
    """
    proof = proof or prove(ledger, campaign)
    lists = read_lists(ledger, campaign.id)
    columns = tuple((recall(ledger, columns_of(campaign.id)) or "").splitlines())
    with ledger.db.snapshot() as connection:
        found = _gather(connection, campaign, proof, usage, until or ledger.clock.now())
        return replace(found, lists=lists, columns=columns)


def read_runs(ledger: Ledger, campaign: Campaign) -> tuple[PastRun, ...]:
    """The campaign's last runs, in order."""
    with ledger.db.read() as connection:
        return list_runs(connection, campaign.id)


def _gather(
    connection: Connection, campaign: Campaign, proof: Proof, usage: UsageSnapshot | None, at: datetime
) -> Figures:
    take_extract(connection, campaign.id)  # first: nearly all that follows reads it
    tallies, (registered, cleared) = tally(connection)
    states = proof.states
    loads, left_out = list_loads(connection, campaign.id)
    return Figures(
        at=at,
        proof=proof,
        successes=proof.contacted,
        failures=states.get(State.FAILED, 0),
        funnel=Funnel(
            rows=proof.source_rows,
            accepted=proof.accepted,
            registered=registered,
            cleared=cleared,
            contacted=proof.contacted,
            ended=states.get(State.ENDED, 0),
        ),
        tallies=tuple(tallies),
        reasons=tuple(list_reasons(connection, campaign.id, tallies)),
        latency_ms=measure(connection, "latency_ms"),
        latency_buckets=bucket_latency(connection),
        duration_seconds=measure(connection, "duration_seconds"),
        contacted_over_time=trace_contacts(connection),
        deferred=count_deferred(connection, at),
        budget=trace_budget(connection, usage) if usage else None,
        outbox=read_outbox(connection, campaign.id),
        loads=loads,
        loads_left_out=left_out,
        rules=_rules(campaign),
        endings=tuple(list_endings(connection)),
        history=list_runs(connection, campaign.id),
        cost=sum_cost(connection, campaign.settings.sms_segment_price),
        by_engine=list_engine_use(connection, campaign.id),
    )


def _rules(campaign: Campaign) -> Rules:
    settings = campaign.settings
    return Rules(
        packs=settings.rules,
        packs_hash=campaign.packs_hash,
        zone_rules=campaign.zone_rules,
        consent_assumed=settings.consent is ConsentPolicy.ASSUMED,
        same_address=settings.same_address.value,
        channel_order=tuple(channel.value for channel in settings.channel_order),
    )
