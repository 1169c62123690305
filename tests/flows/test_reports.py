"""What a run leaves to be read: its own report, the campaign's history, metrics while it works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx
import pytest
from prefect.settings import (
    PREFECT_CLIENT_METRICS_ENABLED,
    PREFECT_CLIENT_METRICS_PORT,
    temporary_settings,
)
from prefect.utilities import services

from cli.processes import free_port
from outreach.genesys.http.usage import UsageSnapshot
from tasks.progress import shown_in
from tests.flows.office import Office


def test_the_report_of_the_first_run_is_not_replaced_by_the_second(office: Office) -> None:
    out = office.folder / "out"
    office.run(office.source(5))
    kept = {file: file.read_bytes() for file in out.glob("*-report-2*Z.html")}
    office.run(office.source(5))

    assert len(kept) == 1
    assert {file: file.read_bytes() for file in out.glob("*-report-2*Z.html")} == kept
    latest = (out / f"{office.name}-report.html").read_text()
    assert latest.count(">balanced</td>") == 2


class Scraper:
    """Asks for the metrics whenever the run's progress is shown."""

    every_seconds = 0.1

    def __init__(self, address: str) -> None:
        self.address = address
        self.seen: list[str] = []

    def show(self, _states: Mapping[str, int], _usage: UsageSnapshot) -> None:
        self.seen.append(httpx.get(self.address, trust_env=False).text)

    def tell(self, notice: str) -> None:
        """Nothing."""


@pytest.fixture
def scraper() -> Iterator[Scraper]:
    port = free_port()
    scraping = Scraper(f"http://127.0.0.1:{port}/metrics")
    on = {PREFECT_CLIENT_METRICS_ENABLED: True, PREFECT_CLIENT_METRICS_PORT: port}
    with temporary_settings(on), shown_in(scraping):
        yield scraping
    if services._metrics_server:
        server, _ = services._metrics_server
        services.stop_client_metrics_server()
        server.server_close()


def test_what_a_run_asks_of_genesys_is_scraped_while_it_works(office: Office, scraper: Scraper) -> None:
    office.run(office.source(5))

    name = f'outreach_requests_total{{campaign="{office.name}",operation='
    assert any(name in text for text in scraper.seen)
