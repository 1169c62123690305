"""What a person sees of a run in the Prefect UI: progress, report, proof."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pytest
from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from flows.opening import BlockNames, open_run
from flows.steps import advance, plan_batches, prepare
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tasks.loading import load
from tasks.policies import RUNNER_THREADS
from tasks.progress import progress_shown
from tests.flows.office import Office

SIZES = {"the budget binds": (100, 300), "nothing binds": (4000, 0)}
"""People, and requests a minute that they are contacted by; none is as fast as can be."""


def test_a_run_leaves_progress_report_and_proof(office: Office) -> None:
    office.run(office.source(30))

    assert office.artifact("progress")["data"] == 100.0
    assert "30 started" in office.artifact("progress")["description"]
    assert "data:image/svg+xml;base64," in office.artifact("report")["data"]
    assert '"balanced": true' in office.artifact("proof")["data"]


@flow(task_runner=ThreadPoolTaskRunner(max_workers=RUNNER_THREADS))  # type: ignore[arg-type]  # as the campaign
def watched(
    source: str, campaign: str, settings: CampaignSettings, names: Any
) -> tuple[int, float, float, float]:
    """The campaign's steps; looks, their processor time, the run's, and its length in seconds."""
    began, spent = time.monotonic(), time.process_time()
    with (
        open_run(campaign, BlockNames(**names), settings) as opened,
        progress_shown(opened.run, opened.spent, opened.key) as watchers,
    ):
        load(campaign, opened.reference, partial(open_source, source), None)
        senders = prepare(opened, names["genesys"])
        advance(opened, plan_batches(opened.run), senders)
    (watcher,) = watchers
    return (
        watcher.looks,
        watcher.processor_seconds,
        time.process_time() - spent,
        time.monotonic() - began,
    )


@pytest.mark.slow
@pytest.mark.parametrize("binds", SIZES)
def test_showing_progress_costs_less_than_one_percent_of_a_run(
    office: Office, binds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    people, office.budget = SIZES[binds]
    office.save_blocks()

    looks, cost, processor, seconds = watched(
        office.source(people), office.name, office.settings(), office.names
    )

    with capsys.disabled():
        print(f"\n{binds}: {looks} looks took {cost * 1000:.0f} ms of processor time,")
        print(f"{cost / seconds:.2%} of the run's {seconds:.0f} s, {cost / processor:.2%} of all its work")
    assert looks >= 2
    assert cost < 0.01 * seconds
