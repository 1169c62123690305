"""Reading many rows in bounded memory, page by page, each page a look of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger

PAGE = 500


def read_pages(ledger: Ledger, query: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
    """The rows of a query whose first column is an id, page by page."""
    number = query.selected_columns[0]
    last = 0
    while True:
        with ledger.db.read() as connection:
            page = connection.execute(query.where(number > last).order_by(number).limit(PAGE)).all()
        if not page:
            return
        last = page[-1].id
        yield page
