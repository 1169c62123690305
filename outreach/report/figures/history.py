"""A campaign's history, run by run, out of its own audit: what an earlier report said is not lost with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from outreach.ledger.audit.notes import ASKED, REPORTED
from outreach.ledger.database.packing import Packed
from outreach.ledger.database.schema import instant
from outreach.ledger.proof import Proof

MOST_RUNS = 20


@dataclass(frozen=True, slots=True)
class PastRun:
    """One run. What is None was not noted: it goes on, was killed, or an older version made it.

    `contacted` is of this run alone; `budget_used` the part of the budget that it spent.
    """

    began: datetime
    ended: datetime | None = None
    verdict: str | None = None
    contacted: int | None = None
    requests: int | None = None
    too_many: int | None = None
    budget_used: float | None = None


def note_of(proof: Proof) -> dict[str, object]:
    """What a run's end is noted with, where it asked nothing of Genesys (`PastRun` reads it)."""
    whole = "nobody contacted" if proof.nobody_contacted else "balanced"
    verdict = "red" if not proof.balanced else "stopped" if proof.stopped else whole
    return {"verdict": verdict, "contacted_so_far": proof.contacted}


def list_runs(connection: Connection, campaign_id: int) -> tuple[PastRun, ...]:
    """The last runs, in order."""
    query = """SELECT action, at, detail FROM audit WHERE campaign_id = :c AND contact_id IS NULL
               AND action IN ('run', :asked, :reported) ORDER BY n DESC LIMIT :most"""
    # A run may be reported on twice, where Prefect was away; and one more, to know what came before.
    given = {"c": campaign_id, "asked": ASKED, "reported": REPORTED, "most": 4 * (MOST_RUNS + 1)}
    rows = connection.execute(text(query).columns(detail=Packed), given).all()
    return tuple(_read(reversed(rows)))[-MOST_RUNS:]


def _read(rows: Iterator[Any]) -> Iterator[PastRun]:
    run: PastRun | None = None
    before: int | None = 0
    total: int | None = 0
    for action, at, detail in rows:
        if action == "run":
            if run:
                yield run
            run, before = PastRun(instant(at)), total
            total = None
        elif run:
            told = orjson.loads(detail)
            total = int(told.pop("contacted_so_far"))
            alone = total - before if before is not None else None
            run = PastRun(run.began, instant(at), contacted=alone, **told)
    if run:
        yield run
