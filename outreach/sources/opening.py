"""The one door: from a reference to a source."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from functools import partial
from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from outreach.settings import CampaignSettings
from outreach.sources.choices import Choices
from outreach.sources.columns import Headings
from outreach.sources.frames import Frame, Rows, rows_in
from outreach.sources.mappings import Mappings
from outreach.sources.source import Source

if TYPE_CHECKING:
    from outreach.sources.files import Location

Reference: TypeAlias = str | os.PathLike[str] | Rows | Frame
"""Where contacts are: a text or path that names the place, or the rows themselves."""

VERSION = version("genesys-outreach")
"""Another version may read the same file otherwise."""

_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})

_AS_IT_SAYS = Choices()


def open_source(
    reference: Reference,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    country: str | None = None,
    strict_numbers: bool = False,
    choices: Choices = _AS_IT_SAYS,
    told: Collection[str] = (),
) -> Source:
    """A source of contacts; nothing is read yet.

    Args:
        reference: a path or URL of a list (`.csv`, `.xlsx`, `.jsonl`, `.parquet` ..., also packed), a
            database URL with a query (`URL#SELECT ...`), a list of mappings, or a data frame of pandas,
            Polars or Arrow (docs/sources.md).
        columns: the input's headers to our columns, like `{"Mobile": "sms"}`.
        country: ISO 3166-1, where numbers without a country's code are, unless their row names its own; and
            whose code page a text has that is not UTF-8.
        strict_numbers: also reject numbers that are well-formed but assigned to nobody.
        choices: what the list does not say of itself: a sheet, an encoding, a format.
        told: columns of metadata that texts and senders name, which a list may have under plain names.

    Raises:
        SourceError: the reference, or the mapping, cannot be right.
    """
    country = country or ""
    make = partial(Source, country=country, strict_numbers=strict_numbers)
    if not isinstance(reference, (str, os.PathLike)):
        headings = Headings.of("The list", columns, told=told)
        return make(Mappings(rows_in(reference), headings), headings)
    # Whoever gives the rows themselves, one contact by Prefect's API, waits for no reader of files: 0.01 s.
    from outreach.sources.list_file import ListFile  # noqa: PLC0415 - as above
    from outreach.sources.query import Query  # noqa: PLC0415 - as above
    from outreach.sources.reference import QueryReference, parse_reference  # noqa: PLC0415 - as above

    parsed = parse_reference(os.fspath(reference))
    headings = Headings.of(parsed.label, columns, told=told)
    if isinstance(parsed, QueryReference):
        return make(Query(parsed, headings), headings)
    # Under another mapping the same bytes are other rows: all of it makes the fingerprint.
    meaning = f"{VERSION}/{list(columns.items())}/{strict_numbers}/{choices}/{country}/{sorted(told)}"
    look = partial(_fingerprint, parsed, meaning)
    return make(ListFile(parsed, headings, choices, country), headings, look=look)


def _fingerprint(location: Location, meaning: str) -> str:
    of_file = location.fingerprint()
    return hashlib.sha256(f"{of_file}\0{meaning}".encode()).hexdigest()[:40] if of_file else ""


def open_list(reference: Reference, settings: CampaignSettings, asked: Collection[str] = ()) -> Source:
    """The same, read as a campaign's settings say; `asked`: columns of metadata that its senders go by."""
    choices = Choices(
        sheet=settings.sheet or "",
        encoding=settings.encoding or "",
        format=settings.format or "",
        hidden_rows=settings.hidden_rows,
    )
    return open_source(
        reference,
        columns=settings.columns,
        country=settings.country,
        strict_numbers=settings.strict_numbers,
        choices=choices,
        told={*settings.told_columns, *asked},
    )
