"""The form, what a preview shows, and an HTML e-mail: light, dark, and as wide as a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outreach.contacts import Channel, Channels, Contact
from outreach.messages.wording import Said, Wording
from outreach.settings import CampaignSettings
from tasks.artifact_keys import artifact_key
from tests.browser.steps import LOOKS, SCREENSHOTS, ask, await_state, open_form, shoot_looks

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HTML = """<html><head><meta name="viewport" content="width=device-width"><style>
body { margin: 0; background: #f4f4f5; font-family: sans-serif; color: #18181b }
.card { max-width: 560px; margin: 24px auto; padding: 24px; background: #ffffff; border-radius: 8px }
.button { display: inline-block; padding: 12px 24px; background: #1d4ed8; color: #ffffff; border-radius: 6px }
@media (max-width: 480px) { .card { margin: 0 !important; border-radius: 0 !important } }
@media (prefers-color-scheme: dark) {
  body { background: #18181b !important; color: #f4f4f5 !important }
  .card { background: #27272a !important }
}
</style></head><body><div class="card"><h1>Hi {{ first_name|default("there") }}</h1>
<p>See you on {{ metadata.appointment|datetime }}.</p>
<p><a class="button" href="https://example.com/book?id={{ external_contact_id|url }}">Change it</a></p>
</div></body></html>"""
SETTINGS = CampaignSettings(
    language="en-GB",
    html=HTML,
    footer="You get this as a customer of Example Ltd.\n{{ opt_out_link }}",
    opt_out_link="https://example.com/stop?id={{ external_contact_id|url }}",
)
PREVIEW = "preview"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
LINK = "getComputedStyle(document.querySelector('a[href*=stop]')).color"
SPARE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_the_form_in_every_look(place: tuple[str, Path], page: Any) -> None:
    open_form(page, place[0])
    shoot_looks(page, "form", height=1800)

    assert page.get_by_text(str(CampaignSettings.model_fields["message"].title)).first.is_visible()


def test_what_a_preview_shows_in_every_look(place: tuple[str, Path], page: Any) -> None:
    ui, home = place
    people = [f"C-{n},Person {n},+1317200{n:04},p{n}@example.com,America/New_York" for n in range(20)]
    (home / "guests.csv").write_text("\n".join(["external_contact_id,name,sms,email,time_zone", *people]))
    [deployment] = ask(ui, "/deployments/filter", {"deployments": {"name": {"any_": ["campaign"]}}})
    parameters = {
        "source": str(home / "guests.csv"),
        "campaign": PREVIEW,
        "settings": {
            "dry_run": True,
            "message": "Hi {{ name }}, it is 3:30\u202fPM.",
            "sms_segment_price": 0.05,
        },
    }
    order = {"name": PREVIEW, "parameters": parameters}
    ask(ui, f"/deployments/{deployment['id']}/create_flow_run", order)
    await_state(ui, PREVIEW, "COMPLETED", "FAILED", "CRASHED")
    query = {"artifacts": {"key": {"any_": [f"forecast-{artifact_key(PREVIEW, 'default')}"]}}}
    page.goto(f"{ui}/artifacts/artifact/{ask(ui, '/artifacts/filter', query)[0]['id']}")
    page.get_by_text("segments").first.wait_for()
    shoot_looks(page, "preview", height=1900)

    shown = page.inner_text("body")
    assert "C-1" in shown
    assert "+1317200" not in shown


def test_an_html_email_in_every_look(page: Any) -> None:
    person = Contact(
        external_contact_id="C-1",
        name="Ann Lee",
        channels=Channels(email="ann@example.com"),
        time_zone="Europe/London",
        metadata={"first_name": "Ann", "appointment": "2026-12-04T15:30+00:00"},
    )
    said = Wording(SETTINGS).compose(person, Channel.EMAIL)
    assert isinstance(said, Said)
    page.set_content(said.html)
    shoot_looks(page, "email")

    seen, links = {}, {}
    for look, (width, scheme) in LOOKS.items():
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        seen[look], links[look] = page.evaluate(BACKGROUND), page.evaluate(LINK)
        assert page.evaluate(SPARE) == 0, f"it is wider than the {look} window"
    assert (seen["light"], seen["dark"]) == ("rgb(244, 244, 245)", "rgb(24, 24, 27)")
    assert (links["light"], links["dark"]) == ("rgb(24, 24, 27)", "rgb(244, 244, 245)")
    assert {f"email-{look}.png" for look in LOOKS} <= {file.name for file in SCREENSHOTS.iterdir()}
