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
    ranks = [share * (count - 1) for share in (0.50, 0.95)]
    # SQLite has no percentile function: the two neighbours of each rank are fetched instead.
    places = sorted({place for rank in ranks for place in (int(rank), min(int(rank) + 1, count - 1))})
    named = ", ".join(str(place + 1) for place in places)
    query = (
        f"SELECT place, value FROM (SELECT {quantity} AS value,"  # noqa: S608 - our own words and numbers
        f" row_number() OVER (ORDER BY {quantity}) AS place {known}) AS ranked WHERE place IN ({named})"
    )
    values = {int(place) - 1: float(value) for place, value in connection.execute(text(query))}
    p50, p95 = (_between(values, rank, count) for rank in ranks)
    return Spread(int(count), float(average), p50, p95, float(maximum))


def _between(values: dict[int, float], rank: float, count: int) -> float:
    low = int(rank)
    first, second = values[low], values[min(low + 1, count - 1)]
    return first + (second - first) * (rank - low)


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
