"""Input as an attack: a person whose every field tries to be something else, followed to every output."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from outreach.campaign.loading import load_source
from outreach.errors import SettingsError
from outreach.ledger.runs import enter_campaign
from outreach.operations.export import export_contacts
from outreach.report import markdown, page, terminal
from outreach.report.charts import drawing
from outreach.report.figures import gather
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.ledgers import advance, new_ledger, new_run
from tests.support.organisations import Organisation

MARKUP = "<img src=x onerror=alert(1)>"
TEMPLATE = "{{7*7}}{% raw %}${7*7}"
COMMAND = "=cmd|'/c calc'!A1"
INJECTED = "\r\nX-Injected: yes\nINFO forged line"
TERMINAL = "\x1b[2J\x1b[31m\x07\u202egnp.exe"

HOSTILE: list[dict[str, object]] = [
    {
        "external_contact_id": f"H-{number}",
        "name": f"{attack}{number}",
        "sms": f"+1317555{number:04d}",
        "email": f"h{number}@example.com",
        "initial_message": f"{attack} {number}",
        "time_zone": "America/New_York",
        "metadata.note": attack,
    }
    for number, attack in enumerate(
        [MARKUP, TEMPLATE, COMMAND, INJECTED, TERMINAL, "[x](javascript:alert(1))"]
    )
]
BAD: list[dict[str, object]] = [
    {"external_contact_id": f"../{attack}", "name": attack, "sms": "+13175550999", "time_zone": attack}
    for attack in (MARKUP, TEMPLATE, COMMAND, INJECTED, TERMINAL)
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything that a run of hostile rows writes, by kind."""
    folder = tmp_path_factory.mktemp("hostile")
    settings = CampaignSettings(message="Hello", hours_bind=(), threads=2, output=str(folder / "out"))
    org = Organisation()
    with new_ledger(folder) as ledger, new_run(ledger, org, settings) as run:
        load_source(run, open_source([*HOSTILE, *BAD]), run.rejects_file)
        advance(run)
        found = gather.gather(ledger, run.campaign)
        drawn = drawing.draw_charts(found)
        page.write_page(folder / "report.html", page.render_page(found, drawn))
        export_contacts(ledger, run.campaign, ["started", "rejected"], folder / "export.csv")
        console = Console(file=io.StringIO(), force_terminal=False, width=120)
        console.print(terminal.show_report(found))
        assert isinstance(console.file, io.StringIO)
        return {
            "markdown": markdown.write_markdown(found, drawn),
            "page": (folder / "report.html").read_text(),
            "terminal": console.file.getvalue(),
            "export": (folder / "export.csv").read_bytes().decode(errors="surrogatepass"),
            "rejects": run.rejects_file.read_bytes().decode(errors="surrogatepass"),
            "contacted": str(len(org.contacted)),
        }


@pytest.mark.parametrize("kind", ["markdown", "page", "terminal"])
def test_nothing_that_a_person_is_called_reaches_a_report(outputs: dict[str, str], kind: str) -> None:
    content = outputs[kind]
    assert "onerror" not in content
    assert "X-Injected" not in content
    assert "{{7*7}}" not in content
    assert "49" not in re.findall(r">\s*(49)\s*<", content)


def test_the_terminal_is_told_nothing_but_text(outputs: dict[str, str]) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", outputs["terminal"])


@pytest.mark.parametrize("kind", ["export", "rejects"])
def test_no_cell_of_a_file_for_people_is_a_formula(outputs: dict[str, str], kind: str) -> None:
    rows = list(csv.reader(io.StringIO(outputs[kind], newline="")))
    cells = [cell for row in rows for cell in row]
    assert len(rows) > 4
    assert not [cell for cell in cells if re.match(r"\s*[=+@\t\r-]", cell)]


def test_hostile_people_are_either_contacted_or_rejected_by_name(outputs: dict[str, str]) -> None:
    rejected = len(list(csv.reader(io.StringIO(outputs["rejects"], newline="")))) - 1
    assert int(outputs["contacted"]) + rejected == len(HOSTILE) + len(BAD)


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "a\\b", "..", ".hidden", "", "a\nb", "a\x1b[31m", MARKUP, "x" * 101, "\u202eabc"]
)
def test_a_campaign_cannot_be_named_out_of_its_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with new_ledger(inside) as ledger, pytest.raises(SettingsError, match="cannot name a campaign"):
        enter_campaign(ledger, name, CampaignSettings(message="Hello"), "")
    assert [file.name for file in tmp_path.iterdir()] == ["inside"]
