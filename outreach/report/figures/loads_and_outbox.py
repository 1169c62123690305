"""What came in and what went out: each reading of a source, and the webhooks of the outbox."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

import orjson
from sqlalchemy import Connection, text

from outreach.ledger.database.schema import instant

MOST_LOADS = 20
MOST_ANSWERS = 50


@dataclass(frozen=True, slots=True)
class Intake:
    """One reading of one source. `known` rows came with an earlier load; `rejected` is by code.

    `finished_at` is None when the reading did not come to its end. `numbers` counts phone numbers that were
    written without their country's code, by how they were read.
    """

    source: str
    started_at: datetime
    finished_at: datetime | None
    rows_read: int
    known: int
    duplicates: int
    rejected: dict[str, int]
    numbers: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """Webhooks alike in state, our code and the receiver's last HTTP status (0: none)."""

    state: str
    code: str
    status: int
    count: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """Webhooks by where they stand; `attempts` over all of them, `oldest_pending` when one waits."""

    delivered: int
    pending: int
    dead: int
    attempts: int
    oldest_pending: datetime | None
    answers: tuple[Answer, ...]


def list_loads(connection: Connection, campaign_id: int) -> tuple[tuple[Intake, ...], int]:
    """The last loads in order, and how many older ones are left out."""
    asked = {"c": campaign_id, "most": MOST_LOADS}
    query = """SELECT id, source, started_at, finished_at, rows_read, known, numbers FROM loads
               WHERE campaign_id = :c ORDER BY id DESC LIMIT :most"""
    rows = connection.execute(text(query), asked).all()
    total = connection.execute(text("SELECT count(*) FROM loads WHERE campaign_id = :c"), {"c": campaign_id})
    rejected, duplicates = _rejects_by_load(connection, campaign_id, min((row.id for row in rows), default=0))
    loads = tuple(
        Intake(
            source=row.source,
            started_at=instant(row.started_at),
            finished_at=instant(row.finished_at) if row.finished_at is not None else None,
            rows_read=int(row.rows_read),
            known=int(row.known),
            duplicates=duplicates[row.id],
            rejected=dict(rejected[row.id]),
            numbers=orjson.loads(row.numbers) if row.numbers else {},
        )
        for row in reversed(rows)  # the query took the newest first, to have the last ones
    )
    return loads, int(total.scalar_one()) - len(loads)


def _rejects_by_load(
    connection: Connection, campaign_id: int, first: int
) -> tuple[defaultdict[int, dict[str, int]], defaultdict[int, int]]:
    rejected: defaultdict[int, dict[str, int]] = defaultdict(dict)
    duplicates: defaultdict[int, int] = defaultdict(int)
    query = """SELECT load_id, duplicate, code, count(*) FROM rejects
               WHERE campaign_id = :c AND load_id >= :first GROUP BY 1, 2, 3 ORDER BY 4 DESC, 3"""
    for load, duplicate, code, count in connection.execute(text(query), {"c": campaign_id, "first": first}):
        if duplicate:
            duplicates[load] += int(count)
        else:
            rejected[load][code] = int(count)
    return rejected, duplicates


def read_outbox(connection: Connection, campaign_id: int) -> Outbox:
    """The campaign's webhooks, summed up."""
    query = """SELECT state, code, status, count(*), sum(attempts), min(created_at) FROM outbox
               WHERE campaign_id = :c GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3"""
    counts: defaultdict[str, int] = defaultdict(int)
    answers: list[Answer] = []
    attempts, oldest = 0, None
    for state, code, status, count, tried, first in connection.execute(text(query), {"c": campaign_id}):
        counts[state] += int(count)
        attempts += int(tried)
        if state == "pending":
            oldest = int(first) if oldest is None else min(oldest, int(first))
        if len(answers) < MOST_ANSWERS:  # the sums above count the others, too
            answers.append(Answer(state, code, int(status), int(count)))
    waiting = instant(oldest) if oldest is not None else None
    return Outbox(counts["delivered"], counts["pending"], counts["dead"], attempts, waiting, tuple(answers))
