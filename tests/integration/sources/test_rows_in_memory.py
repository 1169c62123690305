"""Rows from memory: mappings and data frames, each the same contacts as their CSV would be."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from outreach.errors import SourceError
from outreach.sources.opening import open_source

ROWS: list[dict[str, Any]] = [
    {"external_contact_id": "C-1", "name": "Ada", "sms": "+13172000001", "metadata.plan": 3},
    {"external_contact_id": "C-2", "name": "Bo", "sms": "+13172000002", "metadata.plan": None},
]


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
