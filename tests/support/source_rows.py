"""What a source gives: all of its rows, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from outreach.contacts import Contact
from outreach.sources.opening import open_source
from outreach.sources.rows import Row


def rows_of(reference: Any, **options: Any) -> list[Row]:
    """Every row, read to the end."""
    return list(open_source(reference, **options).rows())


def contacts_of(reference: Any) -> list[Contact]:
    """The contacts among them."""
    return [row.contact for row in rows_of(reference) if row.contact]


def codes(rows: Iterable[Row]) -> list[str | None]:
    """Why each was rejected; None for a contact."""
    return [row.reject.code if row.reject else None for row in rows]
