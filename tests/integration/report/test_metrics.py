from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.parser import text_string_to_metric_families

from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.runs import note_end
from outreach.report.figures.gather import gather
from outreach.report.figures.status import read_status
from outreach.report.metrics import LedgerMetrics, RunMetrics
from tests.support.report_ledgers import fill, spend

Samples = dict[tuple[str, ...], float]


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def address(registry: CollectorRegistry) -> Iterator[str]:
    server, thread = start_http_server(0, "127.0.0.1", registry)
    yield f"http://127.0.0.1:{server.server_port}/metrics"
    server.shutdown()
    server.server_close()
    thread.join()


def scrape(address: str) -> Samples:
    text = httpx.get(address, trust_env=False).raise_for_status().text
    found = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in found}


def test_what_a_client_scrapes_is_what_the_proof_says(
    ledger: Ledger, registry: CollectorRegistry, address: str
) -> None:
    campaign = fill(ledger, 160)
    note_end(ledger, campaign, gather(ledger, campaign, usage=spend()).as_note())
    registry.register(LedgerMetrics(lambda: read_status(ledger)))

    seen = scrape(address)

    proof = prove(ledger, campaign)
    states = {key[2]: value for key, value in seen.items() if key[0] == "outreach_contacts"}
    assert states == proof.states
    assert seen["outreach_contacted", "spring"] == proof.contacted
    assert seen["outreach_balanced", "spring"] == 1
    assert seen["outreach_webhooks", "spring", "dead"] == proof.webhooks["dead"]
    assert seen[("outreach_oldest_webhook_seconds",)] == 40 * 60


def test_two_runs_of_a_process_tell_what_they_ask_of_genesys(
    registry: CollectorRegistry, address: str
) -> None:
    registry.register(RunMetrics("spring", lambda: spend(10)))
    registry.register(RunMetrics("autumn", lambda: spend(20)))

    seen = scrape(address)

    assert seen["outreach_requests_total", "spring", "start sms"] == 45
    assert seen["outreach_requests_total", "autumn", "start sms"] == 90
    assert seen["outreach_budget_per_minute", "spring"] == 300
