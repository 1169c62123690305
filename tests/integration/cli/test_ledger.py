"""`outreach ledger`: each mistake is one sentence and exit 2, and nothing is made or lost by it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outreach.ledger.opening import open_ledger
from tests.support.forks import outreach

LEDGER = ("--ledger", "sqlite:///l.db")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_ledger(f"sqlite:///{tmp_path / 'l.db'}"):
        pass
    outreach("suppress", "+13175550001", *LEDGER, cwd=tmp_path)
    return tmp_path


def test_a_copy_knows_whom_the_ledger_leaves_alone(folder: Path) -> None:
    made = outreach("ledger", "backup", "copy.db", "--json", *LEDGER, cwd=folder)
    again = outreach("suppress", "+13175550001", "--json", "--ledger", "sqlite:///copy.db", cwd=folder)

    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout) == {"files": ["copy.db", "copy.db.key"]}
    assert json.loads(again.stdout)["new"] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backup", "l.db"), "the ledger itself"),
        (("backup", "l.db.key", "--force"), "the ledger itself"),
        (("backup", "."), "is a folder"),
        (("move", "sqlite:///other.db"), "outreach ledger backup"),
        (("move", "postgresql://me:secret@db/name"), "password on the command line"),
        (("move", "nonsense://db"), "not one that can be opened"),
    ],
)
def test_a_mistake_is_one_sentence_and_makes_nothing(folder: Path, words: tuple[str, ...], said: str) -> None:
    before = sorted(folder.iterdir())

    done = outreach("ledger", *words, *LEDGER, cwd=folder)

    assert done.returncode in {1, 2}
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before
