"""Showing what became of a campaign: report page and proof as files, and artifacts in the Prefect UI."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import orjson
from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_UI_URL

from outreach.campaign.files import file_of
from outreach.campaign.run import Run
from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.audit.seals import seal
from outreach.ledger.proof import Proof
from outreach.ledger.runs import note_end
from outreach.report import markdown, page
from outreach.report.charts import drawing
from outreach.report.figures import gather
from outreach.report.figures.gather import Figures
from outreach.sources.private_file import write_private
from tasks.patience import asking_again
from tasks.references import Reference

ANSWER_SECONDS = 20.0
"""How long an answer of Prefect's server is waited for once all is done."""


@task(name="publish-report", task_run_name="publish-report-{proof.campaign}", cache_policy=NO_CACHE)
def publish(run: Reference[Run], proof: Proof, usage: UsageSnapshot | None, key: str) -> bool:
    """The report as one page, and as artifacts; numbers only, nobody's data.

    Args:
        run: of the campaign.
        proof: what its rows say.
        usage: what the run asked of Genesys; None when nobody knows all of it.
        key: what the artifacts' keys end in (`artifact_key`).

    Returns:
        Whether Prefect's server took the artifacts: the files are written without it.
    """
    with run() as opened:
        result = gather.gather(opened.ledger, opened.campaign, usage=usage, proof=proof)
        note_end(opened.ledger, opened.campaign, result.as_note())
        result = replace(result, history=gather.read_runs(opened.ledger, opened.campaign))
        get_run_logger().info("audit seal: %s", seal(opened.ledger, opened.campaign))
    drawn = drawing.draw_charts(result)
    try:
        rendered = page.render_page(result, drawn)
        for file in (opened.report_file, *_kept_file(opened, result)):
            page.write_page(file, rendered)
        write_private(opened.proof_file, [orjson.dumps(proof.as_json(), option=orjson.OPT_INDENT_2)])
        get_run_logger().info("report: %s", opened.report_file)
    finally:
        is_shown = _show_in_prefect(result, drawn, key)
    return is_shown


def _kept_file(run: Run, result: Figures) -> Iterator[Path]:
    """The run's own report, which no later run replaces; none for a run that reached nobody."""
    if result.history and result.history[-1].contacted:
        yield file_of(
            run.settings, run.campaign.name, f"report-{result.history[-1].began:%Y%m%dT%H%M%SZ}.html"
        )


def _show_in_prefect(result: Figures, drawn: Mapping[str, str], key: str) -> bool:
    try:
        # The run waits longer. A frozen server takes connections and says nothing: by Prefect's 60 seconds a
        # request, all in all a finished run took 8 minutes to end.
        with asking_again(2), get_client(sync_client=True) as client:
            # The run's own client, for its last requests; a Prefect that names it otherwise waits longer.
            if inner := getattr(client, "_client", None):
                inner.timeout = ANSWER_SECONDS
            _make_artifacts(result, drawn, key)
    except httpx.HTTPError as error:
        get_run_logger().warning("Prefect's server took no artifacts: %s", type(error).__name__)
        return False
    return True


def _make_artifacts(result: Figures, drawn: Mapping[str, str], key: str) -> None:
    report = markdown.write_markdown(result, drawn)
    create_markdown_artifact(report, key=f"report-{key}", description="Report")
    create_markdown_artifact(as_code(result.proof), key=f"proof-{key}", description="Proof")
    if rows := markdown.table_rows(result):
        create_table_artifact(rows, key=f"failures-{key}", description="Who was not contacted, by reason")
    if ui := PREFECT_UI_URL.value():
        get_run_logger().info("report in Prefect: %s/artifacts/key/report-%s", ui.rstrip("/"), key)


def as_code(proof: Proof) -> str:
    """The proof's JSON as it stands, for machines that read artifacts."""
    return f"```json\n{orjson.dumps(proof.as_json(), option=orjson.OPT_INDENT_2).decode()}\n```"
