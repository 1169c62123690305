"""`outreach status` needs nothing but the ledger."""

from __future__ import annotations

import errno
import json
import sys
from pathlib import Path

import pytest

from cli.console import out
from cli.main import execute
from outreach.ledger.opening import open_ledger
from tests.support.forks import outreach
from tests.support.ledgers import CALM, load, new_run, people
from tests.support.organisations import Organisation


def test_a_person_and_a_machine_see_every_campaign(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'l.db'}"
    with open_ledger(url) as ledger, new_run(ledger, Organisation(), CALM) as run:
        load(run, people(3))

    shown = outreach("status", "--ledger", url, cwd=tmp_path)
    told = json.loads(outreach("status", "--json", "--ledger", url, cwd=tmp_path).stdout)

    assert shown.returncode == 0, shown.stderr
    assert "Campaigns: 1, running: 0, in doubt: 0" in shown.stdout
    assert [(each["name"], each["waiting"]) for each in told["campaigns"]] == [("spring", 3)]
    assert told["next_runs"] is None


def test_a_full_disk_under_the_answer_is_said_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'l.db'}"
    with open_ledger(url):
        pass

    def refuse(_: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(sys.stdout, "write", refuse)
        code = execute(["status", "--ledger", url])
    out.print()  # what the disk did not take the console keeps, and says before what comes next

    assert (code, "No space left on device" in capsys.readouterr().err) == (1, True)
