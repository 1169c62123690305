"""Sorting a load's good rows: new people, people of earlier loads, and people whom this load had already."""

from collections.abc import Sequence

from outreach.ledger.contacts import ContactRow
from outreach.ledger.loads.entries import Entry


def sort(
    entries: Sequence[Entry], before: dict[str, ContactRow], load_id: int, met: bytearray
) -> tuple[list[Entry], list[tuple[Entry, ContactRow]], dict[int, str]]:
    """A chunk's new entries, those that come again, each with its row, and the duplicates' places, and why.

    `before` holds the rows of `contacts` that have the entries' ids, `met` the marks of the earlier loads'
    people whom this load met; they are added to.
    """
    new: list[Entry] = []
    again: list[tuple[Entry, ContactRow]] = []
    duplicates: dict[int, str] = {}
    first: dict[str, int] = {name: row.line for name, row in before.items() if row.load_id == load_id}
    for place, entry in enumerate(entries):
        name = entry.external_contact_id
        if name in first:
            duplicates[place] = f"stands on line {first[name]} already"
        elif name not in before:
            first[name] = entry.line
            new.append(entry)
        elif mark(met, before[name].id):
            again.append((entry, before[name]))
        else:
            duplicates[place] = "stands further up already"
    return new, again, duplicates


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
