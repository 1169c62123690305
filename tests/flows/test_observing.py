"""What a person sees of a run in the Prefect UI: progress, report, proof."""

from __future__ import annotations

from tests.flows.office import Office


def test_a_run_leaves_progress_report_and_proof(office: Office) -> None:
    office.run(office.source(30))

    assert office.artifact("progress")["data"] == 100.0
    assert "30 started" in office.artifact("progress")["description"]
    assert "data:image/svg+xml;base64," in office.artifact("report")["data"]
    assert '"balanced": true' in office.artifact("proof")["data"]
