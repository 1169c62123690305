"""Parquet, flat and nested, good and hostile."""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from outreach.errors import SourceError
from outreach.sources import open_source
from tests.support.source_rows import rows_of

pyarrow: Any = pytest.importorskip("pyarrow")
parquet: Any = pytest.importorskip("pyarrow.parquet")

FLAT = {
    "external_contact_id": "EXT-1",
    "name": "Anna",
    "sms": "+15551234567",
    "interaction_duration_seconds": 600,
    "consent.sms": True,
    "metadata.tier": 1.0,
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "contacts.parquet"


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    parquet.write_table(pyarrow.Table.from_pylist(rows), path, row_group_size=500)


def test_values_of_any_type_become_the_cells_of_a_csv(path: Path) -> None:
    write(path, [FLAT])

    (row,) = rows_of(path)

    cells = [{**FLAT, "interaction_duration_seconds": "600", "consent.sms": "yes", "metadata.tier": "1"}]
    assert row.contact == next(open_source(cells).rows()).contact


def test_nested_columns_are_read_as_in_json(path: Path) -> None:
    write(
        path,
        [{"externalContactId": "EXT-1", "name": "Anna", "channels": {"sms": "+15551234567", "email": None}}],
    )

    (row,) = rows_of(path)

    assert row.contact
    assert row.contact.channels.sms == "+15551234567"


def test_a_row_without_a_nested_value_is_one_reject(path: Path) -> None:
    person = {"externalContactId": "EXT-1", "name": "Anna"}
    write(path, [{**person, "channels": None}, {**person, "channels": {"sms": "+15551234567"}}])

    assert [row.reject.code if row.reject else "" for row in rows_of(path)] == ["no_channel", ""]


def test_a_column_of_lists_is_one_clear_sentence(path: Path) -> None:
    write(path, [{**FLAT, "sms": ["+15551234567"]}])

    with pytest.raises(SourceError, match="sms holds lists"):
        rows_of(path)


def test_rows_are_numbered_over_all_row_groups(path: Path) -> None:
    write(path, [FLAT, {**FLAT, "sms": "0171"}] * 1000)

    rows = rows_of(path)

    assert [row.line for row in rows] == list(range(1, 2001))
    assert [row.reject.code if row.reject else "" for row in rows[:2]] == ["", "phone_without_country_code"]


def test_an_empty_parquet_holds_no_contacts(path: Path) -> None:
    parquet.write_table(pyarrow.Table.from_pylist([FLAT]).slice(0, 0), path)

    with pytest.raises(SourceError, match="holds no contacts"):
        rows_of(path)


def test_a_missing_column_is_one_clear_sentence(path: Path) -> None:
    write(path, [{"external_contact_id": "EXT-1", "remark": "Anna", "sms": "+15551234567"}])

    with pytest.raises(SourceError, match="has no column name"):
        rows_of(path)


@pytest.mark.parametrize("content", [b"", b"PAR1nonsensePAR1", b"hello"])
def test_an_unreadable_parquet_is_one_clear_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(SourceError, match="not a readable Parquet file"):
        rows_of(path)


def test_a_parquet_with_a_damaged_middle_is_one_clear_sentence(path: Path) -> None:
    write(path, [{**FLAT, "name": f"Anna {number}"} for number in range(1000)])
    content = bytearray(path.read_bytes())
    content[50:2000] = b"\xff" * 1950
    path.write_bytes(content)

    with pytest.raises(SourceError):
        rows_of(path)


def test_a_parquet_that_unfolds_absurdly_is_refused(path: Path) -> None:
    bomb = pyarrow.table({"external_contact_id": ["E"], "name": ["N"], "sms": ["0" * (20 << 20)]})
    parquet.write_table(bomb, path, compression="zstd", use_dictionary=False, write_statistics=False)

    with pytest.raises(SourceError, match="grows more than 200 times"):
        rows_of(path)


@pytest.mark.parametrize("kind", ["string", "large_string", "binary"])
def test_a_dictionary_unfolds_a_few_rows_at_a_time(path: Path, kind: str) -> None:
    """One long value that all rows name takes a megabyte in the file, and one for each row unfolded."""
    names = [f"E-{number}" for number in range(200)]
    long = pyarrow.array([b"x" * (1 << 20)] * len(names), getattr(pyarrow, kind)())
    table = {"external_contact_id": names, "name": names, "sms": ["+13175550001"] * len(names)}
    parquet.write_table(pyarrow.table({**table, "initial_message": long}), path)

    tracemalloc.start()
    try:
        found = [row.reject.code for row in islice(open_source(path).rows(), 100) if row.reject]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found == ["too_long"] * 100
    assert peak < 128 << 20


def metadata_of(path: Path, column: Any) -> str | None:
    """The cell of a column; None where its row is a reject."""
    table = pyarrow.table({"external_contact_id": ["EXT-1"], "name": ["Anna"], "sms": ["+15551234567"]})
    parquet.write_table(table.append_column("metadata.x", column), path)
    (row,) = rows_of(path)
    return row.contact.metadata.get("x", "") if row.contact else None


@pytest.mark.parametrize(
    ("values", "kind", "cell"),
    [
        ([7], "int8", "7"),
        ([2**64 - 1], "uint64", str(2**64 - 1)),
        ([491715550101.0], "float64", "491715550101"),
        ([2.0**53], "float64", None),
        ([491715550101.0], "float32", None),
        ([7.5], "float32", "7.5"),
        ([Decimal("491715550101.00")], pyarrow.decimal128(38, 2), "491715550101"),
        (["+491"], pyarrow.large_string(), "+491"),
        (["+491"], pyarrow.string_view(), "+491"),
        ([b"+491"], "binary", "+491"),
        ([[1, 2]], pyarrow.list_(pyarrow.int8()), "[1,2]"),
        ([1764331200000000001], pyarrow.timestamp("ns"), "2025-11-28T12:00:00"),
        ([1], pyarrow.time64("ns"), "00:00:00"),
        ([2**62], pyarrow.timestamp("us"), None),
    ],
)
def test_each_type_is_the_cell_that_people_see_or_not_known(
    path: Path, values: list[Any], kind: Any, cell: str
) -> None:
    assert metadata_of(path, pyarrow.array(values, kind)) == cell


def test_a_dictionary_is_its_text(path: Path) -> None:
    assert metadata_of(path, pyarrow.array(["+491"]).dictionary_encode()) == "+491"


def test_a_nanosecond_that_nobody_reads_refuses_no_file(path: Path) -> None:
    table = pyarrow.Table.from_pylist([FLAT])
    for kind in (pyarrow.timestamp("ns"), pyarrow.time64("ns"), pyarrow.duration("ns")):
        table = table.append_column(str(kind), pyarrow.array([1], kind))
    parquet.write_table(table, path)

    assert [row.contact is not None for row in rows_of(path)] == [True]


def test_a_day_that_means_for_ever_stays_that_day(path: Path) -> None:
    table = pyarrow.Table.from_pylist([{**FLAT, "metadata.x": datetime(9999, 12, 31)}])  # noqa: DTZ001 - as Spark has it
    parquet.write_table(table, path, use_deprecated_int96_timestamps=True)

    assert rows_of(path)[0].contact.metadata["x"].startswith("9999-12-31")  # type: ignore[union-attr]
