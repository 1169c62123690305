"""Rounds on one database, with everything that they need started and ended."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from outreach.genesys.opening import Account, fetch_token
from outreach.ledger.database.schema import outbox
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.webhook.delivery import Courier
from outreach.webhook.endpoint import Endpoint
from outreach.webhook.signing import new_secret
from tests.chaos.arena import KEY, Arena, Stuck
from tests.chaos.crowd import MIX
from tests.chaos.verdict import Verdict
from tests.chaos.worker import PER_MINUTE
from tests.support.emulation import UNLIMITED
from tests.support.emulator_server import EmulatorServer

LEASES_SECONDS = 180.0
WORST = 3
"""After so many rounds that went wrong, the rest tells nothing new."""


def play(
    database: str,
    rounds: int,
    seed: int,
    progress: Callable[[int, Verdict], None] = lambda *_: None,
    *,
    tokens: int = 4,
    email_reference: str = "none",
    channels: Sequence[str] = tuple(MIX),
    to_the_last_webhook: bool = True,
) -> Verdict:
    """Play so many rounds on `sqlite` or `postgres`; `progress` is told of each."""
    total, random = Verdict(), Random(f"{seed}/{database}")
    with (
        tempfile.TemporaryDirectory(prefix="outreach-chaos-") as name,
        _database(database, Path(name)) as url,
        EmulatorServer(UNLIMITED | {"requests_per_minute": PER_MINUTE}) as emulator,
        open_ledger(url, keys=[KEY], actor="chaos") as ledger,
    ):
        secret = new_secret()
        account = Account(client_id="demo", client_secret="demo", api_url=emulator.url)
        sealed = fetch_token(account, tokens=tokens).text
        arena = Arena(ledger, url, emulator, secret, Path(name), random, sealed)
        arena.email_reference, arena.channels = email_reference, tuple(channels)
        for number in range(1, rounds + 1):
            verdict = _round(arena, number)
            total.add(verdict)
            progress(number, total)
            if len(total.wrong) >= WORST:
                break
        total.over_limit = emulator.metrics()["over_limit"]
        if to_the_last_webhook:
            total.webhooks_lost = drain(arena)
    return total


def drain(arena: Arena) -> int:
    """Deliver what killed couriers had in their hands, once their leases ran out; how many never came."""
    receiver = f"{arena.emulator.url}/_emulator/webhooks?secret={arena.secret}"
    deadline = time.monotonic() + LEASES_SECONDS
    with Endpoint(receiver, arena.secret, allow_private=True) as endpoint:
        courier = Courier(LedgerOutbox(arena.ledger, "crm"), endpoint)
        while (left := _undelivered(arena)) and time.monotonic() < deadline:
            courier.deliver(ignore_schedule=True)
            time.sleep(0.5)
    return left


def _undelivered(arena: Arena) -> int:
    with arena.ledger.db.read() as connection:
        undelivered = select(func.count()).select_from(outbox).where(outbox.c.state != "delivered")
        return int(connection.execute(undelivered).scalar_one())


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
    from tests.support.postgres import postgres

    with postgres() as server:
        yield server.new_database()
