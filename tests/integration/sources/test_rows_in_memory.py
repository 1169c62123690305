"""Rows from memory: mappings and data frames, each the same contacts as their CSV would be."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from outreach.channels import Channel
from outreach.errors import SourceError
from outreach.sources.opening import open_source

ROWS: list[dict[str, Any]] = [
    {"external_contact_id": "C-1", "name": "Ada", "sms": "+13172000001", "metadata.plan": 3},
    {"external_contact_id": "C-2", "name": "Bo", "sms": "+13172000002", "metadata.plan": None},
]

PEOPLE = {"external_contact_id": ["C-1", "C-2"], "name": ["Ada", "Bo"]}

TWICE = {
    "external_contact_id": "C-1",
    "name": "Ada",
    "sms": "+12025550101",
    "opt_out": "yes",
    "opt_out ": "no",
}


def pandas_frame() -> Any:
    return pytest.importorskip("pandas").DataFrame(ROWS)


def polars_frame() -> Any:
    return pytest.importorskip("polars").DataFrame(ROWS)


@pytest.mark.parametrize(
    "make",
    [lambda: ROWS, lambda: tuple(ROWS), lambda: pa.Table.from_pylist(ROWS), pandas_frame, polars_frame],
    ids=["list", "tuple", "arrow", "pandas", "polars"],
)
def test_rows_are_contacts_whatever_they_come_in(make: Any) -> None:
    contacts = [row.contact for row in open_source(make()).rows()]

    assert [contact and contact.external_contact_id for contact in contacts] == ["C-1", "C-2"]
    assert [contact and contact.metadata for contact in contacts] == [{"plan": "3"}, {}]


@pytest.mark.parametrize("nonsense", [7, {"a": 1}, object()], ids=["number", "mapping", "object"])
def test_what_holds_no_rows_is_refused_in_a_sentence(nonsense: Any) -> None:
    with pytest.raises(SourceError, match="Give a path, a URL, a list of mappings, or a data frame"):
        open_source(nonsense)


def narrow_arrow(phones: list[float]) -> Any:
    return pa.table({**PEOPLE, "sms": pa.array(phones, pa.float32())})


def narrow_pandas(phones: list[float], kind: str = "float32") -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame({**PEOPLE, "sms": pandas.Series(phones, dtype=kind)})


def narrow_polars(phones: list[float]) -> Any:
    polars = pytest.importorskip("polars")
    return polars.DataFrame({**PEOPLE, "sms": polars.Series(phones, dtype=polars.Float32)})


def narrow_numpy(phones: list[float]) -> Any:
    numpy = pytest.importorskip("numpy")
    return [{**row, "sms": numpy.float32(phone)} for row, phone in zip(ROWS, phones, strict=True)]


def narrow_dictionary(phones: list[float]) -> Any:
    return pa.table({**PEOPLE, "sms": pa.array(phones, pa.float32()).dictionary_encode()})


def narrow_categories(phones: list[float]) -> Any:
    frame = narrow_pandas(phones)
    return frame.assign(sms=frame.sms.astype("category"))


def narrow_list(phones: list[float]) -> Any:
    kind = pa.list_(pa.struct([("value", pa.float32()), ("label", pa.string())]))
    return pa.table(
        {**PEOPLE, "sms": pa.array([[{"value": each, "label": "mobile"}] for each in phones], kind)}
    )


@pytest.mark.parametrize(
    "make",
    [
        narrow_arrow,
        narrow_dictionary,
        narrow_list,
        narrow_pandas,
        lambda phones: narrow_pandas(phones, "Float32"),
        lambda phones: narrow_pandas(phones, "float[pyarrow]"),
        narrow_categories,
        narrow_polars,
        narrow_numpy,
    ],
    ids=[
        *("arrow", "arrow-dictionary", "arrow-list"),
        *("pandas", "pandas-nullable", "pandas-arrow", "pandas-categories", "polars", "numpy"),
    ],
)
def test_a_phone_in_a_float_of_four_bytes_is_nobodys_as_in_a_parquet_file(make: Any) -> None:
    rows = list(open_source(make([2025550101.0, 2025550102.0]), country="US").rows())

    # Both would be +12025550080.
    assert [row.reject and row.reject.code for row in rows] == ["malformed_phone"] * 2


def test_a_float_of_four_bytes_that_lost_no_digit_is_what_it_was() -> None:
    table = pa.Table.from_pylist(ROWS).append_column(
        "metadata.score", pa.array([7.5, 16777215.0], pa.float32())
    )

    contacts = [row.contact for row in open_source(table).rows()]

    assert [contact and contact.metadata["score"] for contact in contacts] == ["7.5", "16777215"]


def twice_in_pandas() -> Any:
    return pytest.importorskip("pandas").DataFrame([TWICE.values()], columns=[name.strip() for name in TWICE])


def twice_in_arrow() -> Any:
    return pa.table([[value] for value in TWICE.values()], names=[name.strip() for name in TWICE])


@pytest.mark.parametrize(
    "make",
    [twice_in_pandas, twice_in_arrow, lambda: twice_in_arrow().to_batches()[0]],
    ids=["pandas", "arrow", "arrow-batch"],
)
def test_of_two_columns_of_one_name_in_a_frame_neither_is_lost(make: Any) -> None:
    (row,) = open_source(make()).rows()

    assert row.contact
    assert not any(consent.given for consent in row.contact.consent.values())
    assert set(row.contact.consent) == set(Channel)
