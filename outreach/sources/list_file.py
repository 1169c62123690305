"""A file as a list of contacts: what it holds is told by its first bytes, and only then by its ending."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from difflib import get_close_matches
from pathlib import Path
from typing import IO, TYPE_CHECKING

from outreach.errors import SourceError
from outreach.sources.choices import Choices
from outreach.sources.columns import Headings
from outreach.sources.csv_file import CsvFile
from outreach.sources.files import Location, size_of, translated
from outreach.sources.json_file import JsonFile
from outreach.sources.jsonl_file import JsonlFile
from outreach.sources.parquet_file import ParquetFile
from outreach.sources.rows import OfBytes, Record
from outreach.sources.unpacking import first_bytes, peekable, suffix_of, unpack

if TYPE_CHECKING:
    from outreach.sources.spreadsheets.book_file import BookFile

    Kind = CsvFile | JsonFile | JsonlFile | ParquetFile | BookFile

_KINDS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xls",
    ".ods": "ods",
}
FORMATS = frozenset(ending.removeprefix(".") for ending in _KINDS)
_WORKBOOKS = frozenset({"xlsx", "xls", "ods"})
# Excel 2, 3 and 4 wrote bare records, without the container that later .xls files have.
_OLD_XLS = tuple(b"\x09" + version + b"\0" for version in (b"\0\x04", b"\2\6", b"\4\6"))
_XML_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"


def _in_words(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


class ListFile(OfBytes):
    """A file anywhere."""

    may_be_empty = False

    def __init__(self, location: Location, headings: Headings, choices: Choices, country: str = "") -> None:
        if choices.format and choices.format not in FORMATS:
            raise SourceError(
                f"{choices.format!r} is no format of lists.", f"Say one of {_in_words(FORMATS)}."
            )
        self._location = location
        self._headings = headings
        self._choices = choices
        self._country = country
        self._reader: Kind | None = None
        self._is_book = False
        self._raw: IO[bytes] | None = None
        self.label = location.label

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "_raw": None}  # no open file goes to another process

    @property
    def size(self) -> int:
        """As `OfBytes` says."""
        path = Path(self._location.url)
        try:
            return path.stat().st_size if "://" not in self._location.url and path.is_file() else 0
        except OSError:  # reading it says why
            return 0

    @property
    def fixed_columns(self) -> bool:
        """Whether all records share one header; known once the first bytes are."""
        return self._reader is None or self._reader.fixed_columns

    @property
    def notes(self) -> list[str]:
        """What a person should know of how it was read, as far as reading has come."""
        return self._reader.notes if self._reader else []

    @property
    def encoding(self) -> str:
        """As `OfBytes` says."""
        return self._reader.assumed if isinstance(self._reader, CsvFile) else ""

    @property
    def share_read(self) -> float | None:
        """As `OfBytes` says."""
        if self._is_book or self._raw is None or self._raw.closed:
            return None
        size = size_of(self._raw)
        return self._raw.tell() / size if size else None

    def records(self) -> Iterator[Record]:
        """One record a row. Raises SourceError."""
        with ExitStack() as stack, translated(self.label):
            if not self._is_there():
                raise self._unknown(suffix_of(self._location.name))
            raw = stack.enter_context(self._location.opened())
            self._raw = raw
            data, name = unpack(stack, self.label, raw, self._location.name)
            data = peekable(data)
            kind = self._kind(data, suffix_of(name))
            self._is_book = kind in _WORKBOOKS
            self._reader = self._open(kind)
            yield from self._reader.records(stack, data)

    def _is_there(self) -> bool:
        """False for a path that nothing lies at and whose ending is none: a mistake in it is worth naming."""
        local = "://" not in self._location.url
        return not local or suffix_of(self._location.name) in _KINDS or Path(self._location.url).exists()

    def _open(self, kind: str) -> Kind:
        if kind == "csv":
            return CsvFile(self.label, self._headings, self._choices.encoding, self._country)
        if self._is_book:
            from outreach.sources.spreadsheets.book_file import BookFile  # noqa: PLC0415 - 0.01 s, with its XML

            return BookFile(self.label, self._headings, self._choices, kind)
        opens: dict[str, Callable[[str, Headings], Kind]] = {"json": JsonFile, "jsonl": JsonlFile}
        return opens.get(kind, ParquetFile)(self.label, self._headings)

    def _kind(self, data: IO[bytes], suffix: str) -> str:
        """What it holds. Raises SourceError."""
        head = first_bytes(data)
        said = _KINDS.get(f".{self._choices.format}" if self._choices.format else suffix, "")
        if head.startswith(b"PK"):
            with zipfile.ZipFile(data) as archive:
                kind = "ods" if "content.xml" in archive.namelist() else "xlsx"
            data.seek(0)
            return kind
        if head.startswith(b"\xd0\xcf\x11\xe0") or head.startswith(_OLD_XLS):
            return "xls"
        if head.startswith(b"PAR1"):
            return "parquet"
        # UTF-16 has a zero beside every ASCII sign: a page is one in any encoding.
        text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        self._refuse_pages(text)
        # Not where the ending says .csv: a first cell may begin with a bracket.
        if said in ("", "json") and text[:1] in (b"{", b"["):
            return "json"
        if not said:
            raise self._unknown(suffix)
        # Many systems name their text .xls, so that a click opens it in Excel.
        return "csv" if said in _WORKBOOKS else said

    def _refuse_pages(self, text: bytes) -> None:
        if _XML_2003 in text:
            raise SourceError(
                f"{self.label} is a spreadsheet of 2003 in XML.", "Open it and save it as .xlsx."
            )
        if text.startswith((b"<", b"MIME-Version:")):
            raise SourceError(
                f"{self.label} is a web page, not a list.",
                "A link may lead to a login: share the list, or export it as .csv or .xlsx.",
            )

    def _unknown(self, suffix: str) -> SourceError:
        near = get_close_matches(suffix, _KINDS, n=1)
        guess = f"Is it {near[0]}? " if near else ""
        kind = f"has the ending {suffix}" if suffix else "has no ending"
        return SourceError(
            f"{self.label} {kind}, which is no kind of contact list.",
            f"{guess}Use .csv, .xlsx, .jsonl or .parquet, or say what it is by --format.",
        )
