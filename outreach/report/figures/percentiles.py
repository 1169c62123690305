"""How a measured quantity is spread: average, percentiles, histogram, worked out by the database.

Percentiles lie on a straight line between the two nearest ranks, as the
"inclusive" method of `statistics.quantiles` has it. Only a handful of numbers ever leaves the database.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, text

from outreach.report.figures.extract import TABLE

EDGES_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 60_000)
"""Upper edges of the latency histogram, in milliseconds; one bucket more holds what is above."""

Quantity = Literal["latency_ms", "duration_seconds"]
"""What is measured: columns of the extract."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `count` measured values; the others are None when there are none. In the quantity's own unit."""

    count: int
    average: float | None = None
    p50: float | None = None
    p95: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many values lie above the bucket before and at or under `up_to`; None: above all edges."""

    up_to: float | None
    count: int


def measure(connection: Connection, quantity: Quantity) -> Spread:
    """The spread of one quantity over the extract: latency in milliseconds, duration in seconds."""
    known = f"FROM {TABLE} WHERE {quantity} IS NOT NULL"
    query = f"SELECT count(*), avg({quantity}), max({quantity}) {known}"
    count, average, maximum = connection.execute(text(query)).one()
    if not count:
        return Spread(0)
    p50, p95 = (_at_rank(connection, quantity, count, share * (count - 1)) for share in (0.50, 0.95))
    return Spread(int(count), float(average), p50, p95, float(maximum))


def _at_rank(connection: Connection, quantity: Quantity, count: int, rank: float) -> float:
    # SQLite has no percentile function: the rank's two neighbours are fetched instead, counted from the
    # nearer end. It keeps in order what it skips: of 200,000, p95 takes 0.25 s from the lower end, 0.03 so.
    above = max(count - 2 - int(rank), 0)
    order = f"DESC LIMIT 2 OFFSET {above}" if above < rank else f"LIMIT 2 OFFSET {int(rank)}"
    query = f"SELECT {quantity} FROM {TABLE} WHERE {quantity} IS NOT NULL ORDER BY 1 {order}"  # noqa: S608 - our own words and numbers
    first, *rest = sorted(float(value) for (value,) in connection.execute(text(query)))
    return first + ((rest or [first])[0] - first) * (rank - int(rank))


def bucket_latency(connection: Connection) -> tuple[Bucket, ...]:
    """The histogram of the extract's latency; every bucket is there, empty ones too."""
    cases = " ".join(f"WHEN latency_ms <= {edge} THEN {place}" for place, edge in enumerate(EDGES_MS))
    query = (
        f"SELECT CASE {cases} ELSE {len(EDGES_MS)} END AS bucket, count(*)"  # noqa: S608 - our own numbers
        f" FROM {TABLE} WHERE latency_ms IS NOT NULL GROUP BY 1"
    )
    counts = {int(bucket): int(count) for bucket, count in connection.execute(text(query))}
    edges = (*EDGES_MS, None)  # in the order of the places that the CASE gives
    return tuple(Bucket(edge, counts.get(place, 0)) for place, edge in enumerate(edges))
