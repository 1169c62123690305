"""Rows within a list that speak of the rows below them."""

import re
from itertools import zip_longest

from outreach.sources.cells import EDGES
from outreach.sources.opt_outs import forbids_in_words
from outreach.sources.rows import Record

_NUMBERED = re.compile(r" \([0-9]+\)\Z")


def names_anew(record: Record) -> bool:
    """Whether a row is another header: below it, the cell of a no may be that of a yes."""
    names, cells = ([each.strip(EDGES).casefold() for each in row] for row in (record.headers, record.cells))
    # At its own place the second of a name is known as `Notes (2)`.
    said = [
        (cell, cell != _NUMBERED.sub("", name))
        for name, cell in zip_longest(names, cells, fillvalue="")
        if cell
    ]
    named = sum(cell in names for cell, _ in said)
    return 1 < named > len(said) // 2 and any(is_elsewhere for _, is_elsewhere in said)


def is_heading_of_no(record: Record) -> bool:
    """Whether a row is a heading within the list, such as `Do not contact:`, and speaks of those below."""
    said = [cell.strip() for cell in record.cells if cell.strip()]
    return len(said) == 1 < len(record.headers) and forbids_in_words(said[0].rstrip(":"))
