"""Numbers of spreadsheets as people see them: dates, leading zeros, and no more digits than there are.

2134 under 00000        02134               46354 under a date's format    2026-11-28
491715550101.0, 4.9E11  491715550101        16 digits and more             not known: a spreadsheet keeps 15
"""

import re
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from outreach.sources.cells import DIGITS_LOST, NOT_COMPUTED

_EXACT = 10**15
"""From here on a spreadsheet has put zeros for digits."""
_BUILT_IN_DATES = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_LAST_DAY = 2_958_466
"""After 9999-12-31 no number is a date, whatever its format: a phone number under one stays itself."""
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_BRACKET = re.compile(r"\[(?!(?:h+|m+|s+)\])[^\]]*\]", re.IGNORECASE)
_ZEROS = re.compile(r"(?=.*0.*0)[0\-() ./]+\Z")
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet has no zone
_NO_LEAP_DAY_1900 = 61


class Style(NamedTuple):
    """How a cell is shown. `zeros`: a format such as 00000 or 00000-0000."""

    is_date: bool = False
    zeros: str = ""
    struck: bool = False


PLAIN = Style()


def style_of(number: int, code: str | None, *, struck: bool = False) -> Style:
    """The style of a number format, by its number and its code where the file has one."""
    if code is None:
        return Style(is_date=number in _BUILT_IN_DATES, struck=struck)
    section = code.partition(";")[0]
    shown = _BRACKET.sub("", _LITERAL.sub(lambda match: match[0][1:] if match[0][0] == "\\" else "", section))
    if _ZEROS.match(shown) and '"' not in section:
        return Style(zeros=shown, struck=struck)
    bare = _BRACKET.sub("", _LITERAL.sub("", section)).lower().replace("general", "")
    return Style(is_date=any(sign in bare for sign in "ymdhs"), struck=struck)


def show_number(raw: str, style: Style, *, is_1904: bool = False) -> str:
    """The number as text."""
    if style is PLAIN and raw.isdigit() and len(raw) <= 15 and raw.isascii():
        return raw if raw[0] != "0" else str(int(raw))
    try:
        value = Decimal(raw)
    except InvalidOperation:
        return DIGITS_LOST
    if not value.is_finite() or abs(value) >= _EXACT:
        return DIGITS_LOST
    if style.is_date and value < _LAST_DAY:
        return _show_date(float(value), is_1904=is_1904)
    if value != value.to_integral_value():
        return format(Decimal(repr(float(value))), "f")
    whole = int(value)
    return _fill(style.zeros, whole) if style.zeros and whole >= 0 else str(whole)


def _show_date(value: float, *, is_1904: bool) -> str:
    if value <= 0:  # a look-up that found nothing
        return NOT_COMPUTED
    days, seconds = divmod(round(value * 86400), 86400)
    if value < 1:
        return str(timedelta(seconds=seconds)).rjust(8, "0")
    if not is_1904 and days < _NO_LEAP_DAY_1900:
        days += 1  # spreadsheets believe in a 29 February 1900
    try:
        found = (_EPOCH_1904 if is_1904 else _EPOCH) + timedelta(days=days, seconds=seconds)
    except OverflowError:
        return NOT_COMPUTED
    return found.isoformat() if seconds else found.date().isoformat()


def _fill(pattern: str, whole: int) -> str:
    """The digits in the places of a pattern's zeros, from the right."""
    digits = list(str(whole).rjust(pattern.count("0"), "0"))
    shown = [digits.pop() if sign == "0" else sign for sign in reversed(pattern)]
    return "".join(digits) + "".join(reversed(shown))
