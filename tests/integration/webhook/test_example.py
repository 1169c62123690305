"""The receiver in examples/ does what the documentation says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest

from outreach.webhook import Endpoint, Message, new_secret

NOW = datetime.now(timezone.utc)
MESSAGE = Message("msg_1", "ping", "", b'{"event":"ping"}', 0, NOW)
SECRET = new_secret()


@pytest.fixture
def example() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    script = Path(__file__).parents[3] / "examples" / "receiver.py"
    with subprocess.Popen(
        [sys.executable, str(script), "0"],
        env=os.environ | {"WEBHOOK_SECRET": SECRET},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        yield process.stdout.readline().split()[-1], process
        process.kill()


def test_it_takes_each_of_our_messages_once_and_nothing_else(
    example: tuple[str, subprocess.Popen[str]],
) -> None:
    url, process = example
    stranger = new_secret()
    with (
        Endpoint(url, SECRET, allow_private=True) as ours,
        Endpoint(url, stranger, allow_private=True) as other,
    ):
        assert other.post(MESSAGE, datetime.now(timezone.utc)).status == 401
        answers = [ours.post(MESSAGE, datetime.now(timezone.utc)).status for _ in range(3)]
    assert answers == [204, 204, 204]
    process.terminate()
    assert process.stdout
    assert process.stdout.read().split() == ["ping"]
