"""Whether a row, as it was read, speaks of a person: by an id, or by any spelling of an address."""

import re
from collections.abc import Collection, Iterable

from outreach.renumbering import known_as
from outreach.sameness import E164
from outreach.sources.spellings import fold_spelling

SHORTEST_NATIONAL = 8
"""Digits from which the end of a number is taken for the number without its country."""

_END = 7
"""The last digits of a number, which all its spellings have: E.164 has no shorter one."""

_IN_JSON = re.compile(r'["\\\x00-\x1f]')
"""What JSON spells in its own way."""
_NO_DIGIT = re.compile(r"[^0-9]+")
_BETWEEN = re.compile(r"[^0-9\s+().-]+")
"""What stands between two numbers of a cell, or a number and words."""


class Person:
    """Everything that a person is known by; addresses as they are compared: see outreach/sameness.py."""

    def __init__(self, addresses: Iterable[str], ids: Iterable[str] = ()) -> None:
        self.addresses = frozenset(addresses)
        self.ids = frozenset(ids)
        self._ids = {fold_spelling(name) for name in self.ids}
        words = [address for address in self.addresses if not E164.match(address)]
        self._words = [*map(fold_spelling, words)]
        self._numbers = [form[1:] for a in self.addresses if E164.match(a) for form in known_as(a)]
        ends = (r"[^0-9]*".join(end) for end in {number[-_END:] for number in self._numbers})
        # Which JSON, or a list that we did not write, may spell in other ways.
        odd = ("",) if self._words != words or any(map(_IN_JSON.search, words)) else ()
        looked_for = (*map(re.escape, (*self._words, *self._ids)), *ends, *odd)
        self._looks = [re.compile(each).search for each in looked_for]

    def stands_in(self, cells: Collection[str]) -> bool:
        """Whether a row, as it was read, speaks of this person."""
        # All cells at once first: 0.7 of the time of each by itself, and nearly no row goes on.
        is_near = self.may_stand_in(fold_spelling("\n".join(cells)))
        return is_near and any(map(self._is_named_by, map(fold_spelling, cells)))

    def may_stand_in(self, text: str) -> bool:
        """False only where, its case folded, it has no name: a quarter of the time of looking closely."""
        for look in self._looks:  # noqa: SIM110 - half the time of `any`
            if look(text):
                return True
        return False

    def _is_named_by(self, cell: str) -> bool:
        if cell in self._ids or any(word in cell for word in self._words):
            return True
        parts = {cell, *_BETWEEN.split(cell)} if self._numbers else ()
        digits = [_NO_DIGIT.sub("", part) for part in parts]
        return any(_same_number(each, number) for each in digits for number in self._numbers)


def _same_number(digits: str, number: str) -> bool:
    if len(digits) < SHORTEST_NATIONAL:
        return False
    bare = digits.lstrip("0")  # E.164 drops the trunk 0
    return number in digits or (len(bare) >= _END and number.endswith(bare))
