"""Each command of the page "From your CRM" does what the page says, on lists as the systems write them."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.support.forks import outreach

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "from-your-crm.md").read_text()
RECIPES = re.findall(r"\| `(outreach run [^`]+)` \|", PAGE)
STEPS = [block.split("\n") for block in re.findall(r"```sh\n(.*?)\n```", PAGE, flags=re.DOTALL)]
AT = ("--at", "2026-11-30T17:00:00Z", "--json")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "tests/support/lists", tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_the_page_has_a_recipe_for_each_system() -> None:
    assert len(RECIPES) == 9
    assert [len(steps) for steps in STEPS] == [3, 3]


@pytest.mark.parametrize("recipe", RECIPES)
def test_one_command_leads_from_an_export_to_a_right_dry_run(recipe: str, folder: Path) -> None:
    done = outreach(*shlex.split(recipe)[1:], *AT, cwd=folder)

    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    ada, *others = answer["decisions"]
    assert ada["verdict"] == "allowed"
    assert not any(row["verdict"] == "rejected" and "phone" in "".join(row["reasons"]) for row in others)
    bernd = others[0]["reasons"] if others and "google" not in recipe and "outlook" not in recipe else None
    if bernd is not None and "shopify" not in recipe and "hubspot" not in recipe:
        assert bernd == ["consent_refused"]
    assert any(said.startswith("Columns recognised: ") for said in answer["forecast"]["columns"])


def test_a_mapping_that_was_kept_is_used_and_said(folder: Path) -> None:
    look, keep, run = STEPS[0]

    seen = outreach(*shlex.split(look)[1:], cwd=folder)
    kept = outreach(*shlex.split(keep)[1:], cwd=folder)
    done = outreach(*shlex.split(run)[1:], *AT, cwd=folder)

    assert (seen.returncode, kept.returncode, done.returncode) == (0, 0, 0), kept.stderr + done.stderr
    assert "Mobile Phone" in seen.stdout
    assert "ada@example.com" not in seen.stdout
    mapping = json.loads((folder / "hubspot.csv.columns.json").read_text())["columns"]
    assert mapping["Contact owner"] == "metadata.owner"
    assert mapping["Phone Number"] == "voice:1, sms:2"
    assert "as saved in hubspot.csv.columns.json" in done.stderr


def test_opt_outs_of_other_systems_are_suppressed(folder: Path) -> None:
    ledger = ("--ledger", "sqlite:///l.db", "--json")

    counts = [
        json.loads(outreach(*shlex.split(step)[1:], *ledger, cwd=folder).stdout)["file"] for step in STEPS[1]
    ]

    assert [(each["rows"], each["new"] + each["known"], each["unread"]) for each in counts] == [
        (2, 2, []),
        (2, 1, []),
        (2, 4, []),
    ]


def test_what_a_header_lacks_is_said_as_options_and_exits_2(folder: Path) -> None:
    done = outreach("columns", "08-twilio-optouts.csv", "--json", cwd=folder)

    assert done.returncode == 2
    assert json.loads(done.stdout)["left_out"] == ["From", "To", "Body"]
    assert "--columns 'Your header=external_contact_id'" in done.stderr
