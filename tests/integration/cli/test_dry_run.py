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
