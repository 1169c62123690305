"""`outreach run --dry-run` by hand: one decision a row, and not even a file is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import reading
from outreach.settings import CampaignSettings
from outreach.sources import open_source
from tests.support.forks import ROOT, outreach
from tests.support.workbooks import SheetXml, write_workbook

EXAMPLES = ROOT / "cli" / "contacts.csv"
SUNDAY = "2026-11-22T18:00:00Z"


@pytest.mark.parametrize("more", [(), ("--ledger", "sqlite:///new.db")], ids=["no ledger", "a new ledger"])
def test_a_dry_run_changes_nothing_on_this_machine(tmp_path: Path, more: tuple[str, ...]) -> None:
    done = outreach(
        "run", str(EXAMPLES), "--campaign", "c", "--dry-run", "--at", SUNDAY, "--json", *more, cwd=tmp_path
    )

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    verdicts = [decision["verdict"] for decision in said["decisions"]]
    assert len(verdicts) == said["forecast"]["total"] == 195
    assert {"allowed", "deferred", "blocked", "held", "rejected"} == set(verdicts)
    assert said["forecast"]["requests_per_minute"] == 300
    assert said["forecast"]["senders"] is None
    assert list(tmp_path.iterdir()) == []


def test_packs_and_the_instant_decide(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("external_contact_id,name,sms\nA-1,Ann,+12055550123\n")

    def verdict(*packs: str) -> dict[str, object]:
        done = outreach(
            *("run", "one.csv", "--campaign", "c", "--dry-run", "--at", SUNDAY, "--json", *packs),
            cwd=tmp_path,
        )
        return dict(json.loads(done.stdout)["decisions"][0])

    assert verdict()["verdict"] == "allowed"
    alabama = verdict("--rules", "us-federal,us-states")
    assert (alabama["verdict"], alabama["reasons"]) == ("deferred", ["outside_hours"])
    assert alabama["next_allowed_at"] == "2026-11-23T14:00:00+00:00"


def test_a_list_of_national_numbers_needs_its_country_and_says_by_whose_they_were_read(
    tmp_path: Path,
) -> None:
    rows = ["A-1,Ann,0171 5550101,", "A-2,Ben,(317) 555-0101,United States", "A-3,Cy,491715550102,Georgia"]
    (tmp_path / "list.csv").write_text("\n".join(["external_contact_id,name,sms,country", *rows]) + "\n")

    def rehearse(*more: str) -> dict[str, object]:
        done = outreach(
            *("run", "list.csv", "--campaign", "c", "--dry-run", "--at", SUNDAY, "--json", *more),
            cwd=tmp_path,
        )
        return dict(json.loads(done.stdout)["forecast"])

    named, unnamed = rehearse("--country", "Germany"), rehearse()
    assert named["numbers"] == {"by_default": 1, "by_row": 1}
    assert named["reasons"]["ambiguous_country"] == 1  # type: ignore[index]
    assert unnamed["numbers"] == {"by_row": 1}

    shown = outreach(
        "run", "list.csv", "--campaign", "c", "--dry-run", "--country", "DE", cwd=tmp_path
    ).stdout
    assert "1 read in their row's country, 1 read in the country of the settings" in " ".join(shown.split())
    refused = outreach(
        "run", "list.csv", "--campaign", "c", "--dry-run", "--country", "Georgia", cwd=tmp_path
    )
    assert refused.returncode == 2
    assert "write GE or US" in " ".join(refused.stderr.split())


def test_a_sheet_is_read_by_name_and_what_is_left_out_is_said(tmp_path: Path) -> None:
    header = ["external_contact_id", "name", "sms"]
    people = [[f"A-{n}", "Ann", f"+1205555012{n}"] for n in range(3)]
    sheets = {"May": SheetXml([header, people[0]]), "June": SheetXml([header, *people], hidden=[3])}
    write_workbook(tmp_path / "list.xlsx", sheets)
    asked = ("run", "list.xlsx", "--campaign", "c", "--dry-run", "--at", SUNDAY, "--json")

    question = outreach(*asked, cwd=tmp_path)
    done = outreach(*asked, "--sheet", "June", cwd=tmp_path)

    assert question.returncode == 2
    assert "'May', 'June'" in question.stderr
    assert len(json.loads(done.stdout)["decisions"]) == 2
    assert "1 hidden rows are left out" in done.stderr


def test_columns_are_shown_of_the_sheet_that_the_settings_name(tmp_path: Path) -> None:
    header = ["external_contact_id", "name", "sms"]
    sheets = {
        name: SheetXml([[*header, name], ["A-1", "Ann", "+12055550121", ""]]) for name in ("May", "June")
    }
    write_workbook(tmp_path / "list.xlsx", sheets)
    (tmp_path / "june.json").write_text('{"sheet": "June"}')

    done = outreach("columns", "list.xlsx", "--settings", "june.json", "--json", cwd=tmp_path)

    assert json.loads(done.stdout)["left_out"] == ["June"]


def test_a_long_dry_run_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    people = "".join(f"A-{n},Ann,+12055{n:06d}\n" for n in range(2000))
    (tmp_path / "list.csv").write_text("external_contact_id,name,sms\n" + people)
    monkeypatch.setattr(reading, "_QUIET_SECONDS", 0.0)
    monkeypatch.setattr(reading, "_SECONDS_BETWEEN", 0.0)
    source = open_source(tmp_path / "list.csv")

    assert len(list(reading.timed(source.rows(), source))) == 2000

    said = capsys.readouterr().err
    assert "500 rows decided, " in said
    assert "s left." in said


def test_names_are_shown_where_the_country_decided_the_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes("external_contact_id,name,sms\nA-1,Jürgen,+491715550101\n".encode("cp1252"))
    monkeypatch.setattr(reading, "open_list", lambda *_: open_source(path, country="DE"))

    reading.look_at(str(path), CampaignSettings())

    assert "is read as cp1252: Jürgen." in capsys.readouterr().err
