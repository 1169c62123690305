"""A workbook's file: opened by its kind, and what goes wrong in it said in a sentence."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import IO
from xml.etree.ElementTree import ParseError

from outreach.errors import SourceError
from outreach.sources.choices import Choices
from outreach.sources.columns import Headings
from outreach.sources.rows import Record
from outreach.sources.spreadsheets.file import Contacts
from outreach.sources.spreadsheets.markup import UnusualMarkup
from outreach.sources.spreadsheets.ods import Ods
from outreach.sources.spreadsheets.sheets import Book
from outreach.sources.spreadsheets.strings import TooMuch
from outreach.sources.spreadsheets.xlsx import Xlsx
from outreach.sources.unpacking import seekable


def _open_xls(label: str, data: IO[bytes]) -> Book:
    try:
        from outreach.sources.spreadsheets.xls import Xls  # noqa: PLC0415 - its library is needed for nothing else
    except ImportError as error:
        raise SourceError(
            f"{label} is an .xls workbook, and xlrd is not installed.",
            "Save it as .xlsx, or install the extra: pip install 'genesys-outreach[spreadsheets]'.",
        ) from error
    return Xls(label, data)


_BOOKS: Mapping[str, Callable[[str, IO[bytes]], Book]] = {"xlsx": Xlsx, "xls": _open_xls, "ods": Ods}


class BookFile:
    """A workbook anywhere."""

    fixed_columns = True

    def __init__(self, label: str, headings: Headings, choices: Choices, kind: str) -> None:
        self._label = label
        self._headings = headings
        self._choices = choices
        self._kind = kind
        self._contacts: Contacts | None = None

    @property
    def notes(self) -> list[str]:
        """What was passed over, and what else a person should know."""
        return self._contacts.notes() if self._contacts else []

    def records(self, stack: ExitStack, data: IO[bytes]) -> Iterator[Record]:
        """One record a row; the row's number stands for its line. Raises SourceError."""
        try:
            book = _BOOKS[self._kind](self._label, seekable(stack, data))
            chosen = self._choices
            self._contacts = Contacts(
                self._label, book, self._headings, chosen.sheet, hidden_rows=chosen.hidden_rows
            )
            yield from self._contacts.records()
        except TooMuch as e:
            raise SourceError(f"{self._label} holds more than a list can.", "Export it as .csv.") from e
        except zipfile.BadZipFile:
            raise
        except (UnusualMarkup, ParseError, LookupError, ValueError, RuntimeError) as e:
            # RuntimeError: zipfile's for a password.
            raise SourceError(
                f"{self._label} is a workbook that cannot be read ({type(e).__name__}).",
                "Open it in a spreadsheet, save it as .xlsx and try that.",
            ) from e
