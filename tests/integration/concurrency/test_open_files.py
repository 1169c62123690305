"""A process that may open few files makes fewer calls at once, after asking for more; nobody is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.ledgers import CALM, new_ledger, new_run
from tests.support.organisations import Organisation

resource = pytest.importorskip("resource")

ASK = """
import json, logging, resource, sys
logging.basicConfig(level="WARNING")
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[2])))
from outreach.concurrency.open_files import find_room
print(json.dumps([find_room(128), resource.getrlimit(resource.RLIMIT_NOFILE)[0]]))
"""


def ask(soft: int, hard: int) -> tuple[int, int, str]:
    """How many of 128 threads find room, how many files may be open then, and what was said."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(soft), str(hard)], check=True, capture_output=True, text=True
    )
    room, files = json.loads(done.stdout)
    return room, files, done.stderr


def test_where_the_system_gives_more_files_they_are_asked_for() -> None:
    room, files, said = ask(256, 1024)
    assert (room, said) == (128, "")
    assert files >= 128 * 4


def test_where_it_gives_no_more_there_are_fewer_calls_and_a_sentence_says_so() -> None:
    room, files, said = ask(256, 256)
    assert (room, files) == (48, 256)
    assert "may open 256 files only: 48 calls at once instead of 128" in said


def test_one_call_at_a_time_finds_room_anywhere() -> None:
    assert ask(48, 48)[0] == 1


def test_a_run_asks_for_the_files_that_its_calls_need(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    by_itself = CALM.model_copy(update={"threads": 0})
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        with new_ledger(tmp_path) as ledger, new_run(ledger, Organisation(), by_itself) as run:
            assert run.threads == 128
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= 128 * 4
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
