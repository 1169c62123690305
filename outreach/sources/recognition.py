"""What the headers of CRMs, address books and spreadsheets mean, by the words of headers.json.

A header means a phone or an e-mail where one of its words names it and all others may stand beside that:
`Mobile Phone Number` and `E-mail 2 - Value` do, `Company Main Phone` and `Phone 1 - Label` do not. Other
columns are known by their whole name; the earlier it stands in the table, the better. All of it is a guess:
it fills only what no header says by our names, and no mapping by hand.
"""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from outreach.sources.opt_outs import words_of

FIRST, LAST = "first name", "last name"
FIRST_NAME = "metadata.first_name"
"""Where a column of first names is kept for texts that name it; part of the name it is anyway."""
REPEATED = re.compile(r" \([0-9]+\)\Z")
"""How readers tell a second column of one name from the first."""
_PREFIX = re.compile(r"(?:properties|attributes|fields)\.")
"""In what APIs of CRMs wrap the fields of a person."""
_PHONES = ("mobile", "phone", "fixed", "last")


class Guess(NamedTuple):
    """What one header seems to mean: the table's word for it, and its place in the table's order."""

    means: str
    rank: int


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, frozenset[str]]]:
    file = resources.files("outreach.sources") / "headers.json"
    read = json.loads(file.read_text(encoding="utf-8"))
    return {
        kind: {part: frozenset(words.split()) for part, words in read[kind].items()}
        for kind in ("phone", "email")
    }


@lru_cache(maxsize=1)
def list_plain_words() -> frozenset[str]:
    """Words of which headers are made, and no person's name."""
    file = resources.files("outreach.sources") / "headers.json"
    return frozenset(json.loads(file.read_text(encoding="utf-8"))["plain"].split())


@lru_cache(maxsize=1)
def _names() -> dict[str, tuple[Guess, ...]]:
    """What each whole name means; `nom` is a last name, or a whole one."""
    file = resources.files("outreach.sources") / "headers.json"
    found: dict[str, tuple[Guess, ...]] = {}
    for column, names in json.loads(file.read_text(encoding="utf-8"))["columns"].items():
        for rank, name in enumerate(names.split()):
            found[name] = (*found.get(name, ()), Guess(column, rank))
    return found


@lru_cache(maxsize=4096)
def read_words(header: str) -> tuple[Guess, ...]:
    """What a header seems to mean, by itself; nothing where nobody can tell."""
    # To `words_of`, E-Mail is two words.
    words = re.sub(r"\be mail", "email", words_of(_PREFIX.sub("", REPEATED.sub("", header))))
    if named := _names().get(words.replace(" ", "")):
        return named
    found = _as_phone(words.split()) or _as_email(words.split())
    return (found,) if found else ()


def _as_phone(words: Sequence[str]) -> Guess | None:
    table = _table()["phone"]
    known = frozenset().union(*table.values())
    # Together, too: a "contact number" is one, though neither word says so.
    names_one = not (table["nouns"] | table["mobile"]).isdisjoint((*words, "".join(words)))
    if not (names_one and all(word in known for word in words)):
        return None
    kind = next((kind for kind in ("mobile", "last", "fixed") if not table[kind].isdisjoint(words)), "phone")
    return Guess(kind, _PHONES.index(kind))


def _as_email(words: Sequence[str]) -> Guess | None:
    table = _table()["email"]
    named = not table["nouns"].isdisjoint(words)
    return (
        Guess("email", 0) if named and all(word in table["nouns"] | table["also"] for word in words) else None
    )


def recognise(headers: Sequence[str], positions: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Where columns of ours seem to stand among these positions, each in the order in which it is asked."""
    found: dict[str, list[tuple[int, int]]] = {}
    for position in positions:
        for means, rank in read_words(headers[position]):
            found.setdefault(means, []).append((rank, position))
    best = {means: tuple(position for _, position in sorted(places)) for means, places in found.items()}
    ours = {
        means: places[:1] for means, places in best.items() if means not in {*_PHONES, "email", FIRST, LAST}
    }
    ours[FIRST_NAME] = best.get(FIRST, ())[:1]
    return {
        column: places
        for column, places in {**ours, **_names_among(best), **_channels(best)}.items()
        if places
    }


def _names_among(best: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    first, last = best.get(FIRST, ())[:1], best.get(LAST, ())[:1]
    if first and last and first != last:
        return {"name": first + last}
    return {"name": best.get("name", ())[:1] or first or last}


def _channels(best: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    mobile, phone, fixed, last = (best.get(kind, ()) for kind in _PHONES)
    # A phone at home or at work takes no SMS; an address's is somebody's only where there is no other.
    calls = (*sorted(mobile + phone + fixed), *last)
    return {"voice": calls, "sms": mobile + phone, "email": tuple(sorted(best.get("email", ())))}
