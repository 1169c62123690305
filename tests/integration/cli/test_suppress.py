"""`outreach suppress` tells a person everything that needs a person, and a machine by its exit code."""

from __future__ import annotations

import json
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
    done = outreach("suppress", "--file", "replies.csv", "--ledger", "sqlite:///l.db", cwd=folder)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "replies.csv: 3 rows, 1 suppressed now, 0 before.",
        "  1 replies do not ask to stop",
        "  line 3 may ask to stop: read its reply, then suppress the address or not",
    ]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_row_that_cannot_be_read_is_exit_1_for_people_and_machines(
    folder: Path, more: tuple[str, ...]
) -> None:
    done = outreach("suppress", "--file", "bad.csv", "--ledger", "sqlite:///l.db", *more, cwd=folder)

    assert done.returncode == 1
    if more:
        assert json.loads(done.stdout)["file"]["unread"] == [{"line": 3, "code": "malformed_phone"}]


def test_a_mistake_is_lifted_and_what_was_not_suppressed_is_said(folder: Path) -> None:
    ledger = ("--ledger", "sqlite:///l.db")
    outreach("suppress", "+13175550001", *ledger, cwd=folder)

    done = outreach("suppress", "--lift", "+1 (317) 555-0001", "+13175550002", *ledger, cwd=folder)
    again = outreach("suppress", "--lift", "+13175550001", "--json", *ledger, cwd=folder)

    assert (done.returncode, again.returncode) == (0, 0), done.stderr
    assert done.stdout == "1 of 2 addresses may be contacted again; number 2 was not suppressed.\n"
    assert json.loads(again.stdout) == {"given": 1, "lifted": 0, "not_suppressed": [1]}


@pytest.mark.parametrize("wrong", [(), ("12",), ("+13175550001", "--file", "replies.csv")])
def test_lifting_what_is_no_address_or_a_whole_file_is_refused(folder: Path, wrong: tuple[str, ...]) -> None:
    done = outreach("suppress", "--lift", *wrong, "--ledger", "sqlite:///l.db", cwd=folder)

    assert done.returncode == 2
    assert done.stderr.startswith("outreach: ")
