"""`outreach export` ends in a command that can be pasted, and then contacts whom it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.ledger.opening import open_ledger
from outreach.settings import CampaignSettings
from tests.support.forks import outreach
from tests.support.ledgers import load, new_run, people
from tests.support.organisations import Organisation


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"message": "Hi {{ name }}"},
            "back: outreach run {} --campaign spring --message 'Hi {{{{ name }}}}'\n",
        ),
        ({}, "back: outreach run {} --campaign spring\n"),
        (
            {"message": {"en": "Hi"}, "country": "DE"},
            "back, with the settings of its run: outreach run {} --campaign spring\n",
        ),
    ],
)
def test_the_command_to_feed_the_file_back_says_what_the_run_before_said(
    tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    (tmp_path / "out").mkdir()
    url, file = f"sqlite:///{tmp_path / 'out/ledger.db'}", tmp_path / "mend.csv"
    given = CampaignSettings.model_validate(settings)
    with open_ledger(url) as ledger, new_run(ledger, Organisation(), given) as run:
        load(run, people(2))

    done = outreach("export", "spring", "--state", "accepted", "--to", str(file), cwd=tmp_path)

    assert done.stdout.endswith(said.format(file)), done.stdout
