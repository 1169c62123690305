"""The physical lines of a CSV file, remembered while a record lasts.

A quote that is opened and never closed would swallow the rest of a file, people and all. So a record that
breaks the rules of quoting costs its first line only: the lines after it are read again, each as a record.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable
from io import StringIO
from typing import TextIO

LINE_LIMIT = 1 << 20
"""Characters in a line that is still worth taking apart."""
RECORD_LIMIT = 1 << 24
"""Characters that one record may have in all before its quotes count as never closed."""
_BLOCK = 1 << 15


class Overlong(csv.Error):
    """A line beyond LINE_LIMIT, or a record beyond RECORD_LIMIT."""


class Lines:
    """An iterator of lines for `csv.reader`, with their line ends."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._returned: deque[str] = deque()
        self.taken: list[str] = []
        """The lines of the current record."""
        self.number = 1
        """The line on which the current record starts."""
        self._size = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        # Bounded: a file without line ends would come whole into memory.
        line = self._returned.popleft() if self._returned else self._text.readline(RECORD_LIMIT)
        if not line:
            raise StopIteration
        self.taken.append(line)
        self._size += len(line)
        if len(line) > LINE_LIMIT or self._size > RECORD_LIMIT:
            if len(line) >= RECORD_LIMIT:  # perhaps only its beginning has been read
                self._skip_the_rest(line)
            raise Overlong
        return line.replace("\0", "\ufffd") if "\0" in line else line  # csv of 3.10 stops at a NUL

    def _skip_the_rest(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._text.readline(RECORD_LIMIT)

    def next_record(self) -> None:
        """Begin the next record: the current one's lines are forgotten."""
        self.number += len(self.taken)
        self.taken.clear()
        self._size = 0

    def give_back(self) -> None:
        """End the current record after its first line; the others are read again, each as a record."""
        self._returned.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]

    def finish_quotes(self) -> bool:
        """Takes lines until every quote of the record is closed; False when that never happens."""
        quotes = sum(line.count('"') for line in self.taken)
        while quotes % 2:
            try:
                line = next(self)
            except Overlong:
                line = self.taken[-1]
            except StopIteration:
                return False
            quotes += line.count('"')
            if self._size > RECORD_LIMIT:
                return False
        return True

    def take_block(self) -> list[str]:
        """Many whole lines at once, none at the end. Where one is no record, they are to be given back."""
        text = self._text.read(_BLOCK)
        if text and not text.endswith("\n"):
            text += self._text.readline(RECORD_LIMIT)
        # Not splitlines: that also ends lines where a cell holds U+2028 and the like.
        return list(StringIO(text, newline=""))

    def give(self, block: Iterable[str]) -> None:
        """Lines that are to be taken one by one."""
        self._returned.extend(block)

    @property
    def has_some_back(self) -> bool:
        """Whether lines that were given back are still there."""
        return bool(self._returned)
