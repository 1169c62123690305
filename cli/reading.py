"""What a person sees of how their list is read, before the first run and during a long dry run."""

import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from cli.console import err
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list
from outreach.sources.source import Source

Each = TypeVar("Each")

_NAMES_SHOWN = 3
_ROWS_LOOKED_AT = 100_000
_ROWS_BETWEEN = 500
_QUIET_SECONDS, _SECONDS_BETWEEN = 5.0, 10.0


def look_at(source: str, settings: CampaignSettings) -> None:
    """Read the first row, so that a wrong path or column is said before anything is started.

    Where the encoding was taken by the country, show some names: only a person sees whether they are right.

    Raises:
        SourceError: the source cannot be read.
    """
    contacts = open_list(source, settings)
    rows = contacts.rows()
    first = next(rows, None)
    if contacts.assumed_encoding and first:
        looked_at = chain([first], islice(rows, _ROWS_LOOKED_AT))
        names = (row.contact.name for row in looked_at if row.contact and not row.contact.name.isascii())
        shown = ", ".join(islice(names, _NAMES_SHOWN)) or "no name with other than English letters"
        err.print(
            f"{contacts.label} is not UTF-8 and is read as {contacts.assumed_encoding}: {shown}. "
            "Where that is wrong, say --encoding.",
            soft_wrap=True,
        )


def tell_notes(contacts: Source) -> None:
    """Say what was passed over or assumed."""
    for note in contacts.notes:
        err.print(f"{contacts.label}: {note}.", soft_wrap=True, markup=False)


def timed(rows: Iterable[Each], contacts: Source) -> Iterator[Each]:
    """The same rows; while they take long, how far it is and how long it will take."""
    began = time.monotonic()
    due = began + _QUIET_SECONDS
    for count, row in enumerate(rows, 1):
        yield row
        if count % _ROWS_BETWEEN == 0 and (now := time.monotonic()) >= due:
            due = now + _SECONDS_BETWEEN
            err.print(_progress(count, now - began, contacts.share_read), soft_wrap=True)


def _progress(rows: int, seconds: float, share: float | None) -> str:
    said = f"{rows:,} rows decided"
    if not share:
        return f"{said} in {seconds:.0f} s."
    left = seconds * (1 - share) / share
    return f"{said}, {share:.0%} of the list, about {left:.0f} s left."
