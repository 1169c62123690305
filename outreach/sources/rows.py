"""What a source gives: rows, each a contact or a reject; and the records that readers make them from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from outreach.contacts import Contact


class Reject(NamedTuple):
    """Why a row is no contact.

    `code` is stable and for machines (docs/sources.md lists them), `reason` is for the person who mends the
    row: it names the column and never quotes the cell. `retryable` says that the same row may pass later.
    """

    code: str
    reason: str
    retryable: bool = False


class Row(NamedTuple):
    """One row of a source: exactly one of `contact` and `reject` is set.

    `line` is the physical line on which the record starts, or the row's number (from 1) where there are no
    lines. `raw` holds the input's own columns, as they were, for the rejects file.
    """

    line: int
    raw: Mapping[str, str]
    contact: Contact | None = None
    reject: Reject | None = None


class Record(NamedTuple):
    """What a reader found at one place: cells under headers, or already a reason why it cannot be read."""

    line: int
    headers: tuple[str, ...]
    cells: Sequence[str]
    reject: Reject | None = None


class Reader(Protocol):
    """One kind of source. `label` is safe to log: no credentials, no query text."""

    label: str
    may_be_empty: bool
    """True when no rows at all is a usual answer (a query), not a mistake."""

    @property
    def fixed_columns(self) -> bool:
        """True when all records share one header; False when each record names its own (JSON, mappings)."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What a person should know of how it was read: what was passed over or assumed."""
        ...

    def records(self) -> Iterator[Record]:
        """Each record once, streaming. Raises SourceError."""
        ...


class BadCell(ValueError):  # noqa: N818 - it names a thing, not a failure
    """A cell that cannot be read: `code` and `reason`, as in Reject, without the column's name."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
