"""Sorting a load's good rows: new people, people of earlier loads, and people whom this load had already."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from outreach.ledger.loads.entries import Entry


class Sorted(NamedTuple):
    """A chunk's entries; `again` pairs each with its row of `contacts`.

    `duplicates` are told by their places in the chunk, and why.
    """

    new: list[Entry]
    again: list[tuple[Entry, Any]]
    duplicates: dict[int, str]


def sort(entries: Sequence[Entry], before: dict[str, Any], load_id: int, again: bytearray) -> Sorted:
    """Sort a chunk out.

    `before` holds the rows of `contacts` that have the entries' ids, `again` the marks of the earlier loads'
    people whom this load met; they are added to.
    """
    result = Sorted([], [], {})
    first: dict[str, int] = {name: row.line for name, row in before.items() if row.load_id == load_id}
    for place, entry in enumerate(entries):
        name = entry.external_contact_id
        if name in first:
            result.duplicates[place] = f"stands on line {first[name]} already"
        elif name not in before:
            first[name] = entry.line
            result.new.append(entry)
        elif mark(again, before[name].id):
            result.again.append((entry, before[name]))
        else:
            result.duplicates[place] = "stands further up already"
    return result


def is_marked(seen: bytearray, contact_id: int) -> bool:
    """Whether a contact was marked."""
    place = contact_id >> 3
    return place < len(seen) and bool(seen[place] & 1 << (contact_id & 7))


def mark(seen: bytearray, contact_id: int) -> bool:
    """Mark a contact; whether it was not marked yet: one bit each, so that a load of millions stays small."""
    place, bit = contact_id >> 3, 1 << (contact_id & 7)
    if place >= len(seen):
        seen.extend(bytes(place + 4096 - len(seen)))
    is_new = not seen[place] & bit
    seen[place] |= bit
    return is_new
