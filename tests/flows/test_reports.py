"""What a run leaves to be read: its own report, the campaign's history, metrics while it works."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from prefect.logging import disable_run_logger
from prefect.settings import (
    PREFECT_CLIENT_METRICS_ENABLED,
    PREFECT_CLIENT_METRICS_PORT,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    temporary_settings,
)
from prefect.utilities import services
from prometheus_client.parser import text_string_to_metric_families

from blocks import ContactLedger
from blocks.stored import load_block
from cli.main import execute
from cli.processes import child, free_port, wait_until_up
from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.campaigns import find_campaign
from outreach.report.figures.gather import gather
from tasks import reporting
from tasks.artifact_keys import artifact_key
from tasks.progress import shown_in
from tests.flows.office import Office
from tests.flows.pointing import pointing_to

WELL_UNDER_A_REQUEST = 45.0
"""Seconds; Prefect waits for 60 for one answer."""


def test_the_report_of_the_first_run_is_not_replaced_by_the_second(office: Office) -> None:
    out = office.folder / "out"
    office.run(office.source(5))
    kept = {file: file.read_bytes() for file in out.glob("*-report-2*Z.html")}
    office.run(office.source(5))

    assert len(kept) == 1
    assert {file: file.read_bytes() for file in out.glob("*-report-2*Z.html")} == kept
    latest = (out / f"{office.name}-report.html").read_text()
    assert latest.count(">balanced</td>") == 2


@pytest.mark.filterwarnings("ignore:Artifact creation outside of a flow")
def test_a_server_that_takes_connections_and_answers_nothing_holds_no_run_for_minutes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reporting, "ANSWER_SECONDS", 0.2)
    office.run(office.source(1))
    with load_block(ContactLedger, office.name).open("test") as ledger:
        figures = gather(ledger, find_campaign(ledger, office.name))

    with (
        socket.create_server(("127.0.0.1", 0)) as frozen,
        temporary_settings({PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False}),
        pointing_to(f"http://127.0.0.1:{frozen.getsockname()[1]}/api"),
        disable_run_logger(),
    ):
        began = time.monotonic()
        assert not reporting._show_in_prefect(figures, {}, "any")

    assert time.monotonic() - began < WELL_UNDER_A_REQUEST


def test_a_run_by_hand_says_where_report_and_rejects_lie_and_export_how_to_feed_them_back(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    source, settings, mended = office.source(3), office.folder / "settings.json", office.folder / "mended.csv"
    with Path(source).open("a") as rows:
        rows.write("C-bad,Nobody,not a number,,America/New_York\n")
    settings.write_text(office.settings().model_dump_json())
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]

    assert execute(["run", source, "--campaign", office.name, *names, "--settings", str(settings)]) == 0
    said = capsys.readouterr().out.replace("\n", "")
    assert f"Report: {office.folder}/out/{office.name}-report.html" in said
    assert f"Rejected rows, to mend and feed back: {office.folder}/out/{office.name}-rejects.csv" in said

    of_ours = ["--state", "rejected", "--to", str(mended), "--ledger", office.name]
    assert execute(["export", office.name, *of_ours]) == 0
    told = capsys.readouterr().out
    assert f"1 row in {mended}; the column reason says what to mend." in told
    again = f"outreach run {mended} --campaign {office.name} --message Hello --ledger {office.name}\n"
    assert again in told
    assert "it must be like +15551234567" in mended.read_text()


def test_a_runs_log_ends_with_the_link_to_its_report(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.run(office.source(1))

    key = f"report-{artifact_key(office.name, office.name)}"
    link = f"{office.prefect.removesuffix('/api')}/artifacts/key/{key}"
    assert any(message.endswith(link) for message in caplog.messages)
    assert any(artifact["key"] == key for artifact in office.ask("/artifacts/filter"))


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


def scrape_any(ports: Iterable[int]) -> str:
    """What is told at whichever of these ports somebody tells metrics."""
    with httpx.Client(trust_env=False) as client:
        for port in ports:
            with suppress(httpx.HTTPError):
                return client.get(f"http://127.0.0.1:{port}/metrics", timeout=2).text
    return ""


def test_a_run_beside_a_worker_that_has_the_port_of_prefects_metrics_tells_them_at_the_next(
    office: Office,
) -> None:
    office.genesys.configure(latency_ms=200)
    (settings := office.folder / "settings.json").write_text(office.settings(threads=1).model_dump_json())
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    command = [sys.executable, "-m", "cli.main", "run", office.source(60), "--campaign", office.name]
    with socket.create_server(("", 0)) as worker:
        port = worker.getsockname()[1]
        on = {"PREFECT_CLIENT_METRICS_ENABLED": "true", "PREFECT_CLIENT_METRICS_PORT": str(port)}
        with child([*command, *names, f"--settings={settings}"], office.folder / "run.log", on) as run:
            scraped = ""
            while run.poll() is None and "outreach_requests_total" not in scraped:
                scraped = scrape_any(range(port + 1, port + 20))
            code = run.wait(180)

    assert "outreach_requests_total" in scraped, (office.folder / "run.log").read_text()[-2000:]
    assert code == 0


@pytest.fixture
def ledgers_figures(office: Office) -> Iterator[str]:
    """Where `outreach metrics` serves them, as an operator starts it beside the runs."""
    with load_block(ContactLedger, office.name).open("a test"):
        """The ledger is there."""
    address, log = f"http://127.0.0.1:{(port := free_port())}/metrics", office.folder / "metrics.log"
    command = [sys.executable, "-m", "cli.main", "metrics", f"--port={port}", f"--ledger={office.name}"]
    with child(command, log, {}) as process:
        wait_until_up("outreach metrics", address, process, log)
        yield address


def read(text: str, name: str) -> dict[str, float]:
    """One family of a scrape, by its last label."""
    [family] = (each for each in text_string_to_metric_families(text) if each.name == name)
    return {list(sample.labels.values())[-1]: sample.value for sample in family.samples}


def scraped_until(over: threading.Event, address: str) -> Iterator[str]:
    """As an operator's collector asks: at its own pace, whatever the run does."""
    while not over.wait(0.1):
        yield httpx.get(address, trust_env=False).raise_for_status().text


def test_what_is_scraped_while_a_campaign_runs_ends_at_its_proof(
    office: Office, ledgers_figures: str
) -> None:
    office.genesys.configure(latency_ms=200)
    over = threading.Event()
    with ThreadPoolExecutor(1) as beside:
        scraping = beside.submit(lambda: list(scraped_until(over, ledgers_figures)))
        try:
            proof = office.run(office.source(60), threads=2)
        finally:
            over.set()
    at_last = httpx.get(ledgers_figures, trust_env=False).text

    contacted = [read(text, "outreach_contacted").get(office.name, 0) for text in scraping.result()]
    assert contacted == sorted(contacted)
    assert any(0 < count < 60 for count in contacted)
    assert read(at_last, "outreach_contacts") == proof["states"]
    assert read(at_last, "outreach_contacted") == {office.name: proof["contacted"]} == {office.name: 60}
    assert read(at_last, "outreach_balanced") == {office.name: proof["balanced"]}
