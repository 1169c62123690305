"""Rounds on one database, with everything that they need started and ended."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from emulator.serving import EmulatorServer
from outreach.ledger.ledger import open_ledger
from outreach.webhook.signing import new_secret
from tests.chaos.arena import KEY, Arena, Stuck
from tests.chaos.verdict import Verdict
from tests.emulation import UNLIMITED

WORST = 3
"""After so many rounds that went wrong, the rest tells nothing new."""


def play(
    database: str, rounds: int, seed: int, progress: Callable[[int, Verdict], None] = lambda *_: None
) -> Verdict:
    """Play so many rounds on `sqlite` or `postgres`; `progress` is told of each."""
    total, random = Verdict(), Random(f"{seed}/{database}")
    with (
        tempfile.TemporaryDirectory(prefix="outreach-chaos-") as name,
        _database(database, Path(name)) as url,
        EmulatorServer(dict(UNLIMITED)) as emulator,
        open_ledger(url, keys=[KEY], actor="chaos") as ledger,
    ):
        secret = new_secret()
        arena = Arena(ledger, url, emulator, secret, Path(name), random)
        for number in range(1, rounds + 1):
            verdict = _round(arena, number)
            total.add(verdict)
            progress(number, total)
            if len(total.wrong) >= WORST:
                break
    return total


def _round(arena: Arena, number: int) -> Verdict:
    try:
        return arena.play(number)
    except Stuck as error:
        logs = [log.read_text()[-2000:] for log in sorted(arena.folder.glob(f"round-{number}-*.log"))]
        return Verdict(rounds=1, wrong=[f"round {number}: {error}", *filter(None, logs)])


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    if given := os.environ.get("OUTREACH_CHAOS_POSTGRES"):
        yield given
        return
    from tests.postgres import postgres

    with postgres() as server:
        yield server.new_database()
