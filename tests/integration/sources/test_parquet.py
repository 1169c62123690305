"""Parquet, flat and nested, good and hostile."""

from __future__ import annotations

import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from outreach.errors import SourceError
from outreach.sources import Row, open_source

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


def rows_of(path: Path) -> list[Row]:
    return list(open_source(path).rows())


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
    write(path, [{"external_contact_id": "EXT-1", "full_name": "Anna", "sms": "+15551234567"}])

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
