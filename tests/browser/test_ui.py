"""What a person does in the Prefect UI: fills in the form, is refused nonsense, approves, reads the report.

The screenshots are kept in `out/screenshots`; two of them stand in the README.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outreach.settings import CampaignSettings
from tasks.artifact_keys import artifact_key
from tests.browser.steps import SCREENSHOTS, ask, await_state, field, fill, open_form, setting, shoot

pytestmark = [pytest.mark.browser, pytest.mark.slow]

Place = tuple[str, Path]

CAMPAIGN = "Autumn reminder"
CHOICES = ("Same address", "Consent", "When an outcome cannot be found", "dispatch")
CHARTS = (
    "From rows to interactions",
    "Outcomes by channel and reason",
    "Requests a minute against the budget",
)


def test_the_form_shows_every_setting_with_its_description_and_choices_as_lists(
    place: Place, page: Any
) -> None:
    open_form(page, place[0])
    shoot(page, "form", height=4700)

    shown = page.inner_text("body").replace("\n", " ")
    settings = CampaignSettings.model_fields.values()
    assert [each.title for each in settings if str(each.title) not in shown] == []
    assert [each.title for each in settings if str(each.description) not in shown] == []
    assert [title for title in CHOICES if not field(page, title).locator(".p-select").count()] == []
    assert setting(page, "message").locator("textarea").input_value() == ""


def test_blocks_are_chosen_from_lists_and_one_contact_has_a_field_for_each_column(
    place: Place, page: Any
) -> None:
    open_form(page, place[0], "contact")
    shoot(page, "form-contact", height=1900)

    for name in ("credentials", "senders", "CRM webhook", "ledger"):
        assert field(page, f"Name of the {name} block").locator(".p-select").inner_text() == "default"
    columns = ("A mobile number", "An address.", "Like America/New_York")
    assert [words for words in columns if not field(page, words).locator("textarea").count()] == []


def test_nonsense_is_refused_before_a_run_starts(place: Place, page: Any) -> None:
    ui, home = place
    of_campaigns = {"deployments": {"name": {"any_": ["campaign"]}}}
    before = ask(ui, "/flow_runs/count", of_campaigns)
    open_form(page, ui)
    fill(page, home / "people.csv", "Nonsense")
    setting(page, "batch_size").locator("input").fill("0")
    page.get_by_role("button", name="Submit").click()

    page.get_by_text("0 is less than the minimum of 1").first.wait_for()
    shoot(page, "nonsense")
    assert ask(ui, "/flow_runs/count", of_campaigns) == before


def approve(page: Any) -> Any:
    """What the server answers to the form of a run that waits."""
    page.get_by_role("button", name="Resume").click()
    form = page.locator(".p-modal")
    form.get_by_text("would take up").wait_for()
    form.get_by_role("switch").click()
    form.locator("textarea").first.fill("Ada")
    shoot(page, "approval")
    with page.expect_response(lambda answer: answer.url.endswith("/resume")) as answered:
        form.get_by_role("button", name="Submit").click()
    return answered.value


def test_a_run_from_the_form_waits_for_approval_finishes_and_its_report_shows_the_charts(
    place: Place, page: Any
) -> None:
    ui, home = place
    open_form(page, ui)
    fill(page, home / "people.csv", CAMPAIGN)
    setting(page, "approve_above").locator("input").fill("10")
    setting(page, "output").locator("textarea").fill(str(home / "out"))
    page.get_by_role("button", name="Submit").click()
    page.get_by_text("scheduled to start").first.wait_for()

    paused = await_state(ui, CAMPAIGN, "PAUSED", "FAILED", "CRASHED")
    page.goto(f"{ui}/runs/flow-run/{paused['id']}")
    for _ in range(5):
        if approve(page).ok:
            break
        page.reload()  # a busy server answers 503, and the UI says so: whoever sees it tries again

    run = await_state(ui, CAMPAIGN, "COMPLETED", "FAILED", "CRASHED")
    assert run["state"]["type"] == "COMPLETED", run["state"]
    assert run["state"]["message"].endswith("8 rejected, 0 unknown")
    page.reload()
    page.get_by_text("Completed").first.wait_for()
    page.wait_for_timeout(3_000)  # the timeline moves to its place
    shoot(page, "run")
    query = {"artifacts": {"key": {"any_": [f"report-{artifact_key(CAMPAIGN, 'default')}"]}}}
    page.goto(f"{ui}/artifacts/artifact/{ask(ui, '/artifacts/filter', query)[0]['id']}")
    page.locator("img[src^='data:image/svg+xml']").nth(2).wait_for()
    shoot(page, "report", height=1900)
    widths = page.eval_on_selector_all("img[src^='data:image/svg']", "all => all.map(i => i.naturalWidth)")
    assert all(width > 0 for width in widths)
    shown = page.inner_text("body")
    assert [title for title in CHARTS if title not in shown] == []
    page.goto(f"{ui}/artifacts")
    page.get_by_text(query["artifacts"]["key"]["any_"][0]).first.wait_for()
    shoot(page, "artifacts")


def test_the_same_report_as_one_file_asks_no_host_for_anything(place: Place, page: Any) -> None:
    file = place[1] / "out" / f"{CAMPAIGN}-report.html"
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(file.as_uri())
    shoot(page, "report-file", height=1900)
    shoot(page, "report-phone", height=844, width=390)
    page.pdf(path=SCREENSHOTS / "report-print.pdf", format="A4")
    page.emulate_media(media="print")
    shoot(page, "report-print", height=1123, width=794)
    page.emulate_media(color_scheme="dark", media="screen")
    shoot(page, "report-dark", height=1900)

    assert asked == [file.as_uri()]
    assert page.locator("svg").count() >= len(CHARTS)
    assert CAMPAIGN in page.inner_text("h1")
