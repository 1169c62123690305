"""The leak scan: no data and no secret may stand anywhere but in the ledger, its exports and on the wire.

    file ──> its bytes, in overlapping windows ──┐
    SQLite file ──> also every row, joined ──────┼──> as they are, and what is base64 or compressed in them
    an API's answers ──> their text ─────────────┘

SQLite spreads a long value over pages, and keeps deleted ones: so both the rows and the raw bytes, with the
write-ahead log, are searched.
"""

import base64
import binascii
import contextlib
import gzip
import re
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from outreach.contacts import Channel, Contact
from outreach.ledger.campaigns import list_campaigns
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.person_search import read_known
from outreach.ledger.rejects import read_rejects
from outreach.privacy.search_terms import SearchTerm, SearchTerms
from outreach.sources.columns import Headings
from outreach.sources.emails import normalise_email
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell

WINDOW = 8 * 1024 * 1024
OVERLAP = 4096
DEEPEST = 3
ROWS_AT_ONCE = 500

_ENCODED = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_SQLITE = b"SQLite format 3\0"
_COMPRESSED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


class Leak(NamedTuple):
    """Something that stands where it must not: what, whose, and where. Never the thing itself."""

    kind: str
    whose: str
    where: str


@dataclass
class Scan:
    """What was looked for, where, and what was found."""

    needles: int
    skipped: int
    places: int = 0
    bytes: int = 0
    leaks: list[Leak] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "clean": not self.leaks,
            "needles": self.needles,
            "too_short_to_tell": self.skipped,
            "places": self.places,
            "bytes": self.bytes,
            "leaks": [leak._asdict() for leak in self.leaks],
        }


def scan(needles: Iterable[SearchTerm], places: Iterable[tuple[str, Iterable[bytes]]]) -> Scan:
    """Look for all needles in all places; each leak is told once a place."""
    sought = SearchTerms(needles)
    result = Scan(len(sought), sought.skipped)
    for where, contents in places:
        found: set[tuple[str, str]] = set()
        result.places += 1
        for content in contents:
            result.bytes += len(content)
            layers = (content, *_decoded(content))
            found |= {(find.kind, find.whose) for layer in layers for find in sought.search(layer)}
        result.leaks += [Leak(kind, whose, where) for kind, whose in sorted(found)]
    return result


def _decoded(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """What stands in a content in base64, or compressed."""
    if depth >= DEEPEST:
        return
    for inner in (*_from_base64(content), *_unpacked(content)):
        yield inner
        yield from _decoded(inner, depth + 1)


def _from_base64(content: bytes) -> Iterator[bytes]:
    joined = bytearray()
    for match in _ENCODED.finditer(content.replace(b"\\n", b"")):
        text = match[0].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        with contextlib.suppress(binascii.Error):
            # What looks like base64 may begin anywhere: a last sign that stands alone is dropped, padding
            # never lacks.
            decoded = base64.b64decode(text[: len(text) - (len(text) % 4 == 1)] + b"===")
            if decoded.startswith(_COMPRESSED):
                yield decoded
            joined += decoded + b"\n"  # one search in place of thousands
    if joined:
        yield bytes(joined)


def _unpacked(content: bytes) -> Iterator[bytes]:
    if content.startswith(_COMPRESSED):
        with contextlib.suppress(OSError, zlib.error, EOFError):
            yield gzip.decompress(content) if content.startswith(b"\x1f\x8b") else zlib.decompress(content)


def files_below(paths: Iterable[Path], leave_out: Collection[Path]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Every file at or below the paths but those left out, each as its contents."""
    out = {path.resolve() for path in leave_out}
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not file.is_symlink() and file.resolve() not in out:
                yield str(file), _contents(file)


def _contents(file: Path) -> Iterator[bytes]:
    with contextlib.suppress(FileNotFoundError), file.open("rb") as stream:  # it may go while we look
        first = stream.read(len(_SQLITE))
        stream.seek(0)
        before = b""
        while window := stream.read(WINDOW):
            yield before + window
            before = window[-OVERLAP:]  # nothing hides across the border of two windows
        if first == _SQLITE:
            yield from _rows(file)


def _rows(file: Path) -> Iterator[bytes]:
    """Every row of every table as one text, whatever pages it is spread over."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as database:
        database.text_factory = bytes
        names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            table = name.decode().replace('"', '""')
            with contextlib.suppress(sqlite3.Error):  # a virtual table of a module that we lack
                rows = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - its own name, quoted
                while some := rows.fetchmany(ROWS_AT_ONCE):
                    yield b"\n".join(_as_bytes(cell) for row in some for cell in row)


def _as_bytes(cell: bytes | float | None) -> bytes:
    return cell if isinstance(cell, bytes) else str(cell).encode()


def search_terms_of(ledger: Ledger) -> Iterator[SearchTerm]:
    """Everything personal that a ledger holds."""
    campaigns = {campaign.id: campaign for campaign in list_campaigns(ledger)}
    # What a campaign says to everybody stands in its settings, and is nobody's secret.
    said = {text for campaign in campaigns.values() for text in campaign.settings.texts().values()}
    for known in read_known(ledger):
        if known.contact:
            yield from (
                needle for needle in search_terms_of_contact(known.contact) if needle.value not in said
            )
    headings = {c.id: Headings.of(c.name, c.settings.columns) for c in campaigns.values()}
    for row in read_rejects(ledger):
        yield from _search_terms_of_row(headings[row.campaign_id], row.line, row.raw)


def search_terms_of_contact(contact: Contact) -> Iterator[SearchTerm]:
    """Everything personal about one contact."""
    whose = contact.external_contact_id
    for channel, address in contact.channels.addresses().items():
        yield SearchTerm(channel.traits.kind.value, whose, address)
    yield SearchTerm("name", whose, contact.name)
    if contact.initial_message:
        yield SearchTerm("message", whose, contact.initial_message)
    yield from (SearchTerm("metadata", whose, value) for value in contact.metadata.values() if " " in value)
    for key in contact.metadata:
        yield from _search_terms_of_header(whose, key)


def _search_terms_of_header(whose: str, header: str) -> Iterator[SearchTerm]:
    """A file without headers, or one that was turned on its side, has people's addresses for names."""
    with contextlib.suppress(BadCell):
        if "@" in header:
            yield SearchTerm("email", whose, normalise_email(header.strip()))
        elif header[:1] in "+0" and header:
            yield SearchTerm("phone", whose, normalise_phone(header.strip()))


def _search_terms_of_row(headings: Headings, line: int, cells: Mapping[str, str]) -> Iterator[SearchTerm]:
    kinds = {channel.value: channel.traits.kind.value for channel in Channel}
    kinds |= {"name": "name", "initial_message": "message"}
    for header, cell in cells.items():
        yield from _search_terms_of_header(f"line {line}", header)
        kind = kinds.get(headings.column(header) or "")
        if kind and cell.strip():
            yield SearchTerm(kind, f"line {line}", cell.strip())
