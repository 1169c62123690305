from __future__ import annotations

from collections import Counter
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import update

from outreach.ledger.database.schema import rejects
from outreach.ledger.ledger import Ledger
from outreach.report import tables
from outreach.report.figures.counts import MOST_CODES, MOST_SAMPLES, OTHER, count_states
from outreach.report.figures.gather import Figures, gather
from outreach.report.wording import NOTHING
from outreach.settings import CampaignSettings, ConsentPolicy
from tests.support.report_examples import NOW
from tests.support.report_ledgers import OUTCOMES, fill, spend


def test_the_filled_campaign_is_balanced(figures: Figures) -> None:
    assert figures.proof.missing == ()


def test_tallies_add_up_to_the_states_of_the_proof(figures: Figures) -> None:
    states: Counter[str] = Counter()
    for tally in figures.tallies:
        states[tally.state] += tally.count
    assert dict(states) == figures.proof.states


def test_reasons_name_every_rejected_row_and_duplicate(figures: Figures) -> None:
    counts: Counter[str] = Counter()
    for reason in figures.reasons:
        counts[reason.state] += reason.count
    assert (counts["rejected"], counts["duplicate"]) == (figures.proof.rejected, figures.proof.duplicates)


def test_a_failure_is_counted_once_however_often_it_was_tried(ledger: Ledger) -> None:
    campaign = fill(ledger, 10, outcomes=[("failed", "refused:busy", "sms")])
    assert gather(ledger, campaign).failures == 10


def test_latency_is_averaged_over_the_calls_that_it_sums(ledger: Ledger) -> None:
    outcomes = [("started", "", "sms"), ("failed", "refused:busy", "sms")]
    figures = gather(ledger, fill(ledger, 8, outcomes=outcomes, latencies=[100.0, 7.0]))
    assert (figures.latency_ms.count, figures.latency_ms.average) == (4, 100.0)


def test_the_histogram_holds_every_measured_call(figures: Figures) -> None:
    assert sum(bucket.count for bucket in figures.latency_buckets) == figures.latency_ms.count > 0


def test_the_funnel_only_narrows(figures: Figures) -> None:
    funnel = figures.funnel
    stages = [
        funnel.rows,
        funnel.accepted,
        funnel.registered,
        funnel.cleared,
        funnel.contacted,
        funnel.ended,
    ]
    assert stages == sorted(stages, reverse=True)


def test_people_over_time_add_up_to_the_contacted(figures: Figures) -> None:
    assert sum(point.count for point in figures.contacted_over_time.points) == figures.proof.contacted


def test_deferred_hours_add_up_to_the_deferred(figures: Figures) -> None:
    assert figures.deferred.total == figures.proof.states["deferred"]
    assert len(figures.deferred.hours) == 24


def test_a_contact_deferred_to_the_next_hour_is_counted_there(ledger: Ledger) -> None:
    # The second contact of `fill` is due 37 minutes after 14:30.
    campaign = fill(ledger, 2, outcomes=[("started", "", "sms"), ("deferred", "outside_hours", "sms")])
    hours = gather(ledger, campaign).deferred.hours
    assert [hour.at for hour in hours if hour.count] == [NOW.replace(hour=15, minute=0)]


def test_deferred_hours_count_from_the_given_instant(ledger: Ledger) -> None:
    campaign = fill(ledger, 30, outcomes=[("deferred", "outside_hours", "sms")])
    assert gather(ledger, campaign, until=NOW + timedelta(days=9)).deferred.due == 30


def test_requests_per_started_contact_are_those_of_the_counted_span(ledger: Ledger) -> None:
    campaign = fill(ledger, 100, outcomes=[("started", "", "sms")])
    budget = gather(ledger, campaign, usage=spend(22, 5)).budget
    assert budget is not None
    assert budget.per_started == pytest.approx(110 / 100)


def test_spending_the_whole_budget_is_used_up_by_one(figures: Figures) -> None:
    assert figures.budget is not None
    assert figures.budget.used == pytest.approx(1.0)
    assert sum(point.count for point in figures.budget.series.points) == figures.budget.requests


def test_a_rate_that_is_not_known_is_not_shown_as_none_at_all(ledger: Ledger) -> None:
    budget = gather(ledger, fill(ledger, 5), usage=spend(1, 5)).budget
    assert budget is not None
    assert budget.average_per_minute is None
    assert ("Requests a minute, on average", NOTHING) in tables.budget(budget).rows


def test_without_usage_nothing_is_said_of_the_budget(ledger: Ledger) -> None:
    assert gather(ledger, fill(ledger, 5)).budget is None


def test_webhooks_are_those_of_the_proof(figures: Figures) -> None:
    box, proof = figures.outbox, figures.proof.webhooks
    assert proof == {"delivered": box.delivered, "pending": box.pending, "dead": box.dead}
    assert sum(answer.count for answer in box.answers) == box.delivered + box.pending + box.dead


def test_at_most_twenty_contacts_are_named_for_a_reason(ledger: Ledger) -> None:
    campaign = fill(ledger, 200, outcomes=[("failed", "refused:busy", "sms")], rejected=60)
    figures = gather(ledger, campaign)
    assert {len(reason.samples) for reason in figures.reasons} == {1, MOST_SAMPLES}


def test_rows_that_were_left_out_are_named_in_the_sources_order(ledger: Ledger) -> None:
    campaign = fill(ledger, 1, rejected=20)
    with ledger.db.write() as connection:
        connection.execute(update(rejects).values(line=100 - rejects.c.line))
    named = next(reason.samples for reason in gather(ledger, campaign).reasons if len(reason.samples) == 10)
    assert list(named) == sorted(named)


def test_rare_reasons_are_summed_up_and_nobody_is_lost(ledger: Ledger) -> None:
    outcomes = [("failed", f"refused:{number}", "sms") for number in range(300)]
    figures = gather(ledger, fill(ledger, 300, outcomes=outcomes))
    failed = [reason for reason in figures.reasons if reason.state == "failed"]
    assert len(failed) == MOST_CODES + 1
    assert sum(reason.count for reason in failed) == 300
    assert next(reason.count for reason in failed if reason.code == OTHER) == 300 - MOST_CODES


def test_no_address_name_or_message_is_gathered(figures: Figures) -> None:
    told = orjson.dumps(figures.as_json()).decode()
    assert not [word for word in ("Ada", "Lovelace", "5551234567", "example.com") if word in told]


def test_figures_are_plain_json(figures: Figures) -> None:
    plain = figures.as_json()
    assert plain["campaign"] == "spring"
    assert plain["at"] == "2026-03-02T14:30:00+00:00"
    assert plain["proof"]["source_rows"] == figures.proof.source_rows


def test_consent_that_is_assumed_is_named(ledger: Ledger) -> None:
    assumed = gather(ledger, fill(ledger, 1))
    required = gather(
        ledger,
        fill(ledger, 1, name="b", settings=CampaignSettings(message="Hello", consent=ConsentPolicy.REQUIRED)),
    )
    assert (assumed.rules.consent_assumed, required.rules.consent_assumed) == (True, False)


def test_an_empty_campaign_has_a_report(ledger: Ledger) -> None:
    figures = gather(ledger, fill(ledger, 0, rejected=0))
    assert (figures.successes, figures.latency_ms.count, figures.latency_ms.average) == (0, 0, None)


def test_states_are_counted_for_a_progress_line(ledger: Ledger) -> None:
    campaign = fill(ledger, len(OUTCOMES) * 2)
    assert count_states(ledger, campaign) == gather(ledger, campaign).proof.states
