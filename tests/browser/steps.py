"""What a person does in the Prefect UI, and its pictures: they are kept in `out/screenshots`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from outreach.settings import CampaignSettings

SCREENSHOTS = Path("out/screenshots")
WAIT_SECONDS = 180.0
LOOKS = {"light": (1360, "light"), "dark": (1360, "dark"), "phone": (390, "light")}
"""How wide the window is, and what the person's machine asks for."""
TURN = (
    "scheme => { const on = document.documentElement.classList; on.remove('light', 'dark'); on.add(scheme) }"
)
"""What Prefect's own switch does: its pages are dark, whatever the machine asks for."""


def ask(ui: str, path: str, query: dict[str, Any]) -> Any:
    return httpx.post(f"{ui}/api{path}", json=query, trust_env=False).raise_for_status().json()


def shoot(page: Any, name: str, height: int = 900, width: int = 1360) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)  # the layout follows
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def open_form(page: Any, ui: str, deployment: str = "campaign") -> None:
    """As a person gets there: the list, the deployment, the button."""
    page.goto(f"{ui}/deployments")
    page.get_by_role("link", name=deployment, exact=True).click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_text("Custom run").click()
    field(page, "Channel order").wait_for()


def field(page: Any, title: str) -> Any:
    """What belongs to one setting of the form."""
    return page.locator(".schema-form-property").filter(has_text=title).last


def setting(page: Any, name: str) -> Any:
    """The same, found by the words the form takes from the model, whatever they are today."""
    return field(page, str(CampaignSettings.model_fields[name].description))


def fill(page: Any, source: Path, campaign: str) -> None:
    field(page, "Path or URL").locator("textarea").fill(str(source))
    field(page, "the same name is the same campaign").locator("textarea").fill(campaign)


def await_state(ui: str, campaign: str, *wanted: str) -> dict[str, Any]:
    """The run of that name, once it is in a state of one of these types."""
    until = time.monotonic() + WAIT_SECONDS
    runs: list[dict[str, Any]] = []
    while time.monotonic() < until:
        runs = ask(ui, "/flow_runs/filter", {"flow_runs": {"name": {"any_": [campaign]}}})
        if runs and runs[0]["state"]["type"] in wanted:
            return runs[0]
        time.sleep(0.3)
    pytest.fail(f"no run is {wanted}: {[run['state'] for run in runs]}")


def shoot_looks(page: Any, name: str, height: int = 900) -> None:
    """One picture for each look."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for look, (width, scheme) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)
        page.evaluate(TURN, scheme)
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)  # the layout follows
        page.screenshot(path=SCREENSHOTS / f"{name}-{look}.png")
