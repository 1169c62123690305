"""A mapping of columns as a person pastes it into a shell, and reads it back."""

import csv
import io
import re
import shlex
from collections.abc import Iterator, Mapping

from outreach.errors import SettingsError

_DATA = re.compile(r"@|\d{4}|[^\w\s/().,:'&*#!?+-]|[\r\n]")
"""What may be somebody's data where a file has no header."""
_LONGEST = 60


def show_header(header: str) -> str:
    """A header for a message; what may be somebody's data is not shown."""
    return repr(header) if len(header) <= _LONGEST and not _DATA.search(header) else "HEADER"


def as_option(columns: Mapping[str, str]) -> str:
    """The mapping as the option of `outreach run`, to be pasted."""
    text = io.StringIO()
    items = [
        f"{_shown(header)}={column}" for header, targets in columns.items() for column in targets.split(", ")
    ]
    csv.writer(text, lineterminator="").writerow(items)
    return f"--columns {shlex.quote(text.getvalue())}"


def _shown(header: str) -> str:
    return header if show_header(header) != "HEADER" else "HEADER"


def read_option(text: str) -> dict[str, str]:
    """What such an option says: our columns by the header, one header's several with a comma.

    Raises:
        SettingsError: a part has no equals sign.
    """
    found: dict[str, str] = {}
    for header, column in _pairs(text):
        found[header] = f"{found[header]}, {column}" if header in found else column
    return found


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for item in next(csv.reader([text], skipinitialspace=True), []):
        # At the last one: a header may hold an equals sign, our columns never do.
        header, equals, column = item.rpartition("=")
        if item.strip() and not equals:
            raise SettingsError(
                f"--columns does not understand {item!r}.", "Write your header, =, our column."
            )
        if item.strip():
            yield header.strip(), column.strip()
