"""The one door: from a reference to a source."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from importlib.metadata import version
from types import MappingProxyType

from outreach.errors import SourceError
from outreach.sources.columns import Headings
from outreach.sources.csv_file import CsvFile
from outreach.sources.files import Location
from outreach.sources.jsonl_file import JsonlFile
from outreach.sources.mappings import Mappings
from outreach.sources.parquet_file import ParquetFile
from outreach.sources.query import Query
from outreach.sources.reference import parse_reference
from outreach.sources.rows import Reader
from outreach.sources.source import Source

VERSION = version("genesys-outreach")
"""Another version may read the same file otherwise."""

_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})

_FILES: dict[str, Callable[[Location, Headings], Reader]] = {
    ".csv": CsvFile,
    ".tsv": CsvFile,
    ".txt": CsvFile,
    ".jsonl": JsonlFile,
    ".ndjson": JsonlFile,
    ".parquet": ParquetFile,
}
_ADVICE = {
    ".xlsx": "In Excel, save it as 'CSV UTF-8 (comma delimited)'.",
    ".xls": "In Excel, save it as 'CSV UTF-8 (comma delimited)'.",
    ".ods": "Save it as CSV in UTF-8.",
    ".json": "Write one JSON object a line and name it .jsonl.",
}


def open_source(
    reference: str | os.PathLike[str] | Sequence[Mapping[str, object]],
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    country: str | None = None,
    strict_numbers: bool = False,
) -> Source:
    """A source of contacts; nothing is read yet.

    Args:
        reference: a path or URL of `.csv`, `.jsonl` or `.parquet` (also `.gz`), a database URL with a query
            (`URL#SELECT ...`), or a list of mappings. docs/sources.md describes each.
        columns: the input's headers to our columns, like `{"Mobile": "sms"}`.
        country: ISO 3166-1, where numbers without a country's code are, unless their row names its own.
        strict_numbers: also reject numbers that are well-formed but assigned to nobody.

    Raises:
        SourceError: the reference, or the mapping, cannot be right.
    """
    if not isinstance(reference, (str, os.PathLike)):
        headings = Headings.of("The list", columns)
        return Source(
            Mappings(reference, headings), headings, country=country or "", strict_numbers=strict_numbers
        )
    parsed = parse_reference(os.fspath(reference))
    headings = Headings.of(parsed.label, columns)
    if not isinstance(parsed, Location):
        return Source(Query(parsed, headings), headings, country=country or "", strict_numbers=strict_numbers)
    # Under another mapping the same bytes are other rows: all of it makes the fingerprint.
    meaning = f"{VERSION}/{list(columns.items())}/{country}/{strict_numbers}"
    look = partial(_fingerprint, parsed, meaning)
    return Source(
        _file(parsed, headings), headings, country=country or "", strict_numbers=strict_numbers, look=look
    )


def _fingerprint(location: Location, meaning: str) -> str:
    of_file = location.fingerprint()
    return hashlib.sha256(f"{of_file}\0{meaning}".encode()).hexdigest()[:40] if of_file else ""


def _file(location: Location, headings: Headings) -> Reader:
    opens = _FILES.get(location.suffix)
    if opens:
        return opens(location, headings)
    if os.path.isdir(location.url):  # noqa: PTH112 - the URL of another filesystem is no path
        raise SourceError(f"{location.label} is a folder.", "Name one file in it.")
    near = get_close_matches(location.suffix, _FILES, n=1)
    guess = f"Is it {near[0]}?" if near else "Use .csv, .jsonl or .parquet."
    kind = f"has the ending {location.suffix}" if location.suffix else "has no ending"
    advice = _ADVICE.get(location.suffix, guess)
    raise SourceError(f"{location.label} {kind}, which is no kind of contact list.", advice)
