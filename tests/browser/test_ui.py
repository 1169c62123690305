"""What a person sees in the Prefect UI: the form, a run that was started from it, and its report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from outreach.settings import CampaignSettings
from tests.browser.conftest import SCREENSHOTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Place = tuple[str, Path]


def ask(ui: str, path: str, query: dict[str, Any]) -> Any:
    return httpx.post(f"{ui}/api{path}", json=query, trust_env=False).raise_for_status().json()


def deployment_id(ui: str) -> str:
    found = httpx.get(f"{ui}/api/deployments/name/run-campaign/campaign", trust_env=False)
    return str(found.raise_for_status().json()["id"])


def shoot(page: Any, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def await_end(ui: str, campaign: str) -> dict[str, Any]:
    until = time.monotonic() + 180
    while time.monotonic() < until:
        runs = ask(ui, "/flow_runs/filter", {"flow_runs": {"name": {"any_": [campaign]}}})
        ended = [run for run in runs if run["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED"}]
        if ended:
            found: dict[str, Any] = ended[0]
            return found
        time.sleep(0.3)
    pytest.fail("the run did not end")


def test_the_form_shows_every_setting(place: Place, page: Any) -> None:
    ui, _ = place
    page.goto(f"{ui}/deployments/deployment/{deployment_id(ui)}/run")
    page.get_by_text("Channel order").first.wait_for()
    shoot(page, "form")

    shown = page.inner_text("body")
    titles = [str(field.title) for field in CampaignSettings.model_fields.values()]
    assert [title for title in titles if title not in shown] == []


def test_a_run_started_from_the_form_finishes_and_its_report_shows_the_charts(
    place: Place, page: Any
) -> None:
    ui, home = place
    page.goto(f"{ui}/deployments/deployment/{deployment_id(ui)}/run")
    page.get_by_text("Channel order").first.wait_for()
    page.locator("textarea").nth(0).fill(str(home / "contacts.csv"))
    page.locator("textarea").nth(1).fill("From the form")
    page.get_by_role("button", name="Submit").click()

    run = await_end(ui, "From the form")
    assert run["state"]["type"] == "COMPLETED", run["state"]

    page.goto(f"{ui}/runs/flow-run/{run['id']}")
    page.get_by_text(run["state"]["message"]).first.wait_for()
    shoot(page, "run")
    query = {"artifacts": {"key": {"any_": ["report-from-the-form"]}}}
    page.goto(f"{ui}/artifacts/artifact/{ask(ui, '/artifacts/filter', query)[0]['id']}")
    page.locator("img[src^='data:image/svg+xml']").first.wait_for()
    widths = page.eval_on_selector_all("img[src^='data:image/svg']", "all => all.map(i => i.naturalWidth)")
    shoot(page, "report")
    assert len(widths) >= 2
    assert all(width > 0 for width in widths)
