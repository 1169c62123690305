"""Addresses as people spell them: one form for all spellings, and those that stand in any cell."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress

from outreach.sources.emails import UNSEEN, normalise_email, read_emails
from outreach.sources.phones import normalise_phone, plain_digits
from outreach.sources.rows import BadCell

_ENCODED = re.compile(r"xn--([a-z0-9-]+)")


def normalise_address(text: str) -> str:
    """An e-mail address or an international number in the form that contacts have. Raises BadCell."""
    return normalise_email(text) if "@" in text else normalise_phone(text)


def fold_spelling(cell: str) -> str:
    """A cell without what only tells spellings apart: case, wide letters, signs that nobody sees."""
    if cell.isascii() and "xn--" not in cell:  # nearly every cell
        return cell.strip().casefold()
    seen = UNSEEN.sub("", unicodedata.normalize("NFKC", cell)).strip().casefold()
    return plain_digits(_ENCODED.sub(_decoded, seen))


def _decoded(label: re.Match[str]) -> str:
    try:
        return label[1].encode().decode("punycode")
    except UnicodeError:
        return label[0]


def find_addresses(cells: Iterable[str]) -> Iterator[str]:
    """Those that can be read by themselves, in whatever column."""
    for cell in map(str.strip, cells):
        with suppress(BadCell):
            if "@" in cell:
                yield from read_emails(cell)
            elif "+" in cell or cell.startswith("00"):
                yield normalise_phone(cell)
