"""Postal codes as people and spreadsheets write them.

    94105.0, CA 94105, San Francisco, 94105, 94105-    94105
    941051234                                          94105-1234
    2134                                               02134, where the number's country has five digits

What cannot be read stays as it is: compliance makes the place less sure for it, never more.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import phonenumbers

from outreach.sources.cells import read_line

# What pandas writes of whole numbers, once one cell of their column is empty.
_FLOAT = re.compile(r"([0-9]{3,9})\.0+\Z")
_ZIP_AT_END = re.compile(r"(?:[A-Za-z][A-Za-z .'-]*,?\s+)+([0-9]{5}(?:-[0-9]{4})?)\Z")
PLAIN_CODE = r"[0-9]{5}|(?=[0-9 ]*[A-Z])[A-Z0-9]{2,4} ?[A-Z0-9]{2,4}"
"""A code that stays as it is, whatever the rest of the row says."""
_LOOSE_END = re.compile(r"([0-9]{5})\s*-\s*\Z")
_ODD_LENGTHS = frozenset({3, 4, 8, 9})
_FIVE = 5
# No Canadian code begins with D, F, I, O, Q, U, W or Z.
_CANADIAN = re.compile(r"[ABCEGHJ-NPRSTVXYabceghj-nprstvxy][0-9][A-Za-z](?: ?-?[0-9][A-Za-z][0-9])?\Z")
_FIVE_DIGITS = frozenset({"US", "PR", "DE", "FR", "IT", "ES"})
_AMERICAN = frozenset({"US", "PR"})


def read_postal_code(cell: str) -> str:
    """A postal code, at most 32 characters."""
    if cell.isdigit() and len(cell) <= _FIVE:  # nearly every code: nothing to take off
        return cell
    text = read_line(cell.lstrip("'"), 32)
    for pattern in (_FLOAT, _ZIP_AT_END, _LOOSE_END):
        if found := pattern.match(text):
            return found[1]
    return text


def lacks_signs(code: str) -> bool:
    """Whether a code may have lost a zero or its dash."""
    return len(code) in _ODD_LENGTHS and code.isdigit()


def complete_code(code: str, country: str) -> str:
    """A code with what a spreadsheet took from it, where the country says how long it is."""
    if country in _AMERICAN and len(code) > _FIVE:
        # Of 02134-1234 a spreadsheet leaves 21341234: the dash and the zero are gone.
        return f"{code.zfill(9)[:5]}-{code[-4:]}"
    return code.zfill(_FIVE) if country in _FIVE_DIGITS and len(code) < _FIVE else code


def country_of(channels: Mapping[str, object]) -> str:
    """The country of somebody's number; "" when nobody knows. Of those with +1, one has codes of digits."""
    number = channels.get("sms") or channels.get("voice")
    return _country_of(str(number)) if number else ""


@lru_cache(maxsize=8192)
def _country_of(number: str) -> str:
    try:
        found = phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return ""
    # Where nobody has a number of that +1 area, phonenumbers names no country at all.
    return found or ("US" if number.startswith("+1") else "")


def is_in_canada(code: str, channels: Mapping[str, object]) -> bool:
    """Whether somebody's postal code, or without one their number, is Canadian."""
    return bool(_CANADIAN.match(code)) if code else country_of(channels) == "CA"
