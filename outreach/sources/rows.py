"""What a source gives: rows, each a contact or a reject; and the records that readers make them from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from outreach.sources.refusal import Refusal, refusal_in, refusal_of

if TYPE_CHECKING:
    from outreach.contacts import Contact


class Reject(NamedTuple):
    """Why a row is no contact.

    `code` is stable and for machines (docs/sources.md lists them), `reason` is for the person who mends the
    row: it names the column and never quotes the cell. `retryable` says that the same row may pass later.
    """

    code: str
    reason: str
    retryable: bool = False


class Record(NamedTuple):
    """What a reader found at one place: cells under headers, or already a reason why it cannot be read.

    `line` is the physical line on which the record starts, or the row's number (from 1) where there are no
    lines.
    """

    line: int
    headers: tuple[str, ...]
    cells: Sequence[str]
    reject: Reject | None = None


class Row:
    """One row of a source: exactly one of `contact` and `reject` is set.

    `said` are a plain row's values. Its contact is made when it is asked for, which a load never does: that
    and the raw row were 8 of the 25 microseconds that reading takes. `named` is whom a reject speaks of,
    `refusal` to what it says no, though the rest cannot be read.
    """

    __slots__ = ("_contact", "_named", "_refusal", "record", "reject", "said")

    def __init__(
        self,
        record: Record,
        contact: Contact | None = None,
        reject: Reject | None = None,
        said: Mapping[str, Any] | None = None,
        named: str = "",
        refusal: Refusal | None = None,
    ) -> None:
        self.record = record
        self.reject = reject
        self.said = said
        self._contact = contact
        self._named = named
        self._refusal = refusal

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return (self.record, self.contact, self.reject) == (other.record, other.contact, other.reject)

    __hash__ = None  # type: ignore[assignment]  # as of what holds lists

    @property
    def line(self) -> int:
        """Where it stands: see Record."""
        return self.record.line

    @property
    def raw(self) -> dict[str, str]:
        """The input's own columns, as they were, for the rejects file."""
        return dict(zip(self.record.headers, self.record.cells, strict=False))

    @property
    def contact(self) -> Contact | None:
        """Whom it describes."""
        if self._contact is None and self.said is not None:
            self._contact = _contact_class().of_checked(self.said)
        return self._contact

    @property
    def external_contact_id(self) -> str:
        """Of the contact, or of whom a reject speaks; "" where that cannot be read."""
        if self.said is not None:
            return str(self.said["external_contact_id"])
        return self._contact.external_contact_id if self._contact else self._named

    @property
    def refusal(self) -> Refusal | None:
        """To what it says no; None where to nothing."""
        if self.said is not None:
            return refusal_in(self.said)
        return refusal_of(self._contact) if self._contact else self._refusal

    @property
    def message(self) -> str:
        """The person's own message, "" for none."""
        if self.said is not None:
            return str(self.said.get("initial_message", ""))
        return (self._contact and self._contact.initial_message) or ""


@cache  # an import within a function takes a microsecond each time
def _contact_class() -> type[Contact]:
    from outreach.contacts import Contact  # noqa: PLC0415 - see `outreach.channels`

    return Contact


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


class OfBytes(ABC):
    """A reader of bytes that lie somewhere, of which much may be known before a row is read."""

    @property
    @abstractmethod
    def size(self) -> int:
        """The bytes of a file on this machine, 0 elsewhere, and where that cannot be known."""

    @property
    @abstractmethod
    def encoding(self) -> str:
        """The encoding that was taken by the country; "" when the file or a person says it."""

    @property
    @abstractmethod
    def share_read(self) -> float | None:
        """How much of a file on this machine has been read; None elsewhere, and in a workbook."""


class BadCell(ValueError):  # noqa: N818 - it names a thing, not a failure
    """A cell that cannot be read: `code` and `reason`, as in Reject, without the column's name."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
