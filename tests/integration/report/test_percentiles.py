from __future__ import annotations

import statistics
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, text

from outreach.report.figures.extract import TABLE
from outreach.report.figures.percentiles import EDGES_MS, bucket_latency, measure

VALUES = st.lists(st.floats(0, 100_000, allow_nan=False), min_size=2, max_size=60)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with engine.connect() as opened:
        opened.execute(text(f"CREATE TABLE {TABLE} (latency_ms FLOAT)"))
        yield opened
    engine.dispose()


def store(connection: Connection, values: list[float]) -> None:
    connection.execute(text(f"DELETE FROM {TABLE}"))
    rows = [{"value": value} for value in [*values, None, None]]
    connection.execute(text(f"INSERT INTO {TABLE} VALUES (:value)"), rows)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=VALUES)
def test_percentiles_are_those_of_the_statistics_module(connection: Connection, values: list[float]) -> None:
    store(connection, values)
    spread = measure(connection, "latency_ms")
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    assert spread.p50 == pytest.approx(cuts[49], abs=1e-6)
    assert spread.p95 == pytest.approx(cuts[94], abs=1e-6)
    assert spread.average == pytest.approx(statistics.fmean(values), abs=1e-6)
    assert (spread.count, spread.maximum) == (len(values), max(values))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(values=VALUES)
def test_each_value_lies_in_the_bucket_up_to_the_next_edge(
    connection: Connection, values: list[float]
) -> None:
    store(connection, values)
    edges = [0.0, *EDGES_MS, float("inf")]
    expected = [
        sum(low < value <= high or (value == low == 0) for value in values) for low, high in pairwise(edges)
    ]
    assert [bucket.count for bucket in bucket_latency(connection)] == expected


def test_one_value_is_its_own_percentiles(connection: Connection) -> None:
    store(connection, [12.5])
    spread = measure(connection, "latency_ms")
    assert (spread.average, spread.p50, spread.p95, spread.maximum) == (12.5, 12.5, 12.5, 12.5)


def test_nothing_measured_has_no_percentiles(connection: Connection) -> None:
    store(connection, [])
    assert measure(connection, "latency_ms").p95 is None
