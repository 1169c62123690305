"""`outreach stop` needs nothing but the ledger, and says how far the campaign is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outreach.ledger.campaigns import find_campaign
from outreach.ledger.opening import open_ledger
from outreach.ledger.runs import read_stop
from tests.support.forks import outreach
from tests.support.ledgers import CALM, load, new_run, people
from tests.support.organisations import Organisation


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'l.db'}"
    with open_ledger(url) as ledger, new_run(ledger, Organisation(), CALM) as run:
        load(run, people(3))
    return url


def test_a_campaign_is_stopped_by_name_with_the_reason_and_by_whom(tmp_path: Path, url: str) -> None:
    done = outreach("stop", "spring", "--reason", "wrong text", "--ledger", url, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("spring is stopped. 0 contacted so far, 3 not yet. Run it again to go on: ")
    with open_ledger(url) as ledger:
        stop = read_stop(ledger, find_campaign(ledger, "spring"))
    assert stop is not None
    assert stop.reason == f"Stopped by {stop.by}: wrong text."
    assert stop.by.startswith("outreach stop (")


def test_a_machine_is_told_the_counts(tmp_path: Path, url: str) -> None:
    done = outreach("stop", "spring", "--json", "--ledger", url, cwd=tmp_path)

    assert json.loads(done.stdout) == {"campaign": "spring", "contacted": 0, "waiting": 3}


def test_a_campaign_that_nobody_knows_is_exit_2(tmp_path: Path, url: str) -> None:
    assert outreach("stop", "autumn", "--ledger", url, cwd=tmp_path).returncode == 2
