"""`outreach suppress` tells a person everything that needs a person, and a machine by its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.forks import outreach

REPLIES = "sms,reply\n+13175550001,STOP!\n+13175550002,stpo\n+13175550003,thanks\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "replies.csv").write_text(REPLIES)
    (tmp_path / "bad.csv").write_text("sms\n+13175550001\n12\n")
    return tmp_path


def test_replies_that_may_mean_stop_are_listed(folder: Path) -> None:
    done = outreach("suppress", "--file", "replies.csv", "--new", "--ledger", "sqlite:///l.db", cwd=folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "replies.csv: 3 rows, 1 suppressed now, 0 before.",
        "  1 reply does not ask to stop",
        "  line 3 may ask to stop: read its reply, then suppress the address or not",
    ]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_row_that_cannot_be_read_is_exit_1_for_people_and_machines(
    folder: Path, more: tuple[str, ...]
) -> None:
    done = outreach("suppress", "--file", "bad.csv", "--new", "--ledger", "sqlite:///l.db", *more, cwd=folder)

    assert done.returncode == 1
    if more:
        assert json.loads(done.stdout)["file"]["unread"] == [{"line": 3, "code": "malformed_phone"}]


def test_a_mistake_is_lifted_and_what_was_not_suppressed_is_said(folder: Path) -> None:
    ledger = ("--ledger", "sqlite:///l.db")
    outreach("suppress", "+13175550001", "--new", *ledger, cwd=folder)

    done = outreach("suppress", "--lift", "+1 (317) 555-0001", "+13175550002", *ledger, cwd=folder)
    again = outreach("suppress", "--lift", "+13175550001", "--json", *ledger, cwd=folder)

    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    assert done.stdout == "1 of 2 addresses may be contacted again; number 2 was not suppressed.\n"
    assert json.loads(again.stdout) == {"given": 1, "lifted": 0, "not_suppressed": [1]}


@pytest.mark.parametrize("wrong", [(), ("12",), ("+13175550001", "--file", "replies.csv")])
def test_lifting_what_is_no_address_or_a_whole_file_is_refused(folder: Path, wrong: tuple[str, ...]) -> None:
    done = outreach("suppress", "--lift", *wrong, "--new", "--ledger", "sqlite:///l.db", cwd=folder)

    assert done.returncode == 2
    assert done.stderr.startswith("outreach: ")


def test_an_opt_out_never_begins_a_ledger_by_itself(folder: Path) -> None:
    before = sorted(folder.iterdir())

    done = outreach("suppress", "+13175550001", "--ledger", "sqlite:///typo.db", cwd=folder)

    assert done.returncode == 2
    assert "There is no ledger typo.db" in done.stderr
    assert "--new" in done.stderr
    assert sorted(folder.iterdir()) == before


def test_an_opt_out_says_which_ledger_it_stands_in(folder: Path) -> None:
    done = outreach("suppress", "+13175550001", "--new", "--ledger", "sqlite:///l.db", "--json", cwd=folder)

    assert json.loads(done.stdout)["new"] == 1
    assert done.stderr == "Ledger: l.db\n"


def test_an_opt_out_is_not_written_into_the_demos_ledger(folder: Path) -> None:
    (folder / "out/demo").mkdir(parents=True)
    url = f"sqlite:///{folder}/out/demo/ledger.db"
    outreach("suppress", "+13175550001", "--new", "--ledger", url, cwd=folder)

    done = outreach("suppress", "+13175550002", cwd=folder)

    assert done.returncode == 2
    assert "but the demo's" in done.stderr


@pytest.mark.parametrize("how", ["profile", "prefect.toml"])
def test_an_opt_out_goes_to_the_server_that_prefects_settings_name(folder: Path, how: str) -> None:
    (folder / "out").mkdir()
    outreach("suppress", "+13175550001", "--new", "--ledger", f"sqlite:///{folder}/out/ledger.db", cwd=folder)
    nobody = "http://127.0.0.1:9/api"
    home = folder / "home"
    (home / ".prefect").mkdir(parents=True)
    if how == "profile":
        profile = f'active = "mine"\n\n[profiles.mine]\nPREFECT_API_URL = "{nobody}"\n'
        (home / ".prefect/profiles.toml").write_text(profile)
    else:
        (folder / "prefect.toml").write_text(f'[api]\nurl = "{nobody}"\n')
    command = [str(Path(sys.executable).with_name("outreach")), "suppress", "+13175550002"]
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}

    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(f"outreach: The Prefect API at {nobody} does not answer")
    assert "With --ledger" in done.stderr
    assert len(done.stderr.splitlines()) == 1
