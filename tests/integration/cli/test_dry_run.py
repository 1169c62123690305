"""`outreach run --dry-run` by hand: one decision a row, and not even a file is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.forks import ROOT, outreach

EXAMPLES = ROOT / "examples" / "contacts.csv"
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
