"""Phone numbers, from how people write them to E.164.

    +49 (171) 123-4567, 0049 171 1234567, +49 0171 1234567  ->  +491711234567
    0171 1234567                                            ->  rejected: no country is ever guessed
    4.9171E+11                                              ->  rejected: Excel has dropped its digits

One person must not have two spellings, so the result depends on the digits alone, never on the separators:
what phonenumbers would make of them, in the form of today (outreach/renumbering.py). Parsing costs it 20
microseconds; a number that does not begin with its country's trunk prefix comes back unchanged, so only the
others are given to it (a property test holds that).
"""

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberParseException, PhoneMetadata, PhoneNumberFormat

from outreach.contacts import E164
from outreach.renumbering import is_gone, renew
from outreach.sources.phone_cells import unwrap
from outreach.sources.rows import BadCell

_SEPARATORS = re.compile(
    "[ \t\\-.()\u00a0\u00ad\u2000-\u200f\u2010-\u2015\u202a-\u202f\u2060\u2066-\u2069\u2212\u3000\ufeff]"
)
"""Spaces, dashes, dots, parentheses, and the invisible marks that phones put around copied numbers. No slash,
comma or line break: those stand between two numbers."""

_MANGLED = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-][0-9]+\Z|#[A-Z/0]+[!?]?\Z")
"""What a spreadsheet leaves of a number: 4.9171E+11, or #NAME? of one that began with a plus."""

_DIGITS_ONLY = re.compile(r"[0-9]{4,17}(\.0)?\Z")
_START = re.compile(r"\+[1-9][0-9]{2}\Z")
_NOTHING = re.compile(r"(?!)")
_MALFORMED = BadCell("malformed_phone", "is not a phone number in E.164 form, like +15551234567")
_LONGEST = 64
"""Characters that a number may take with its separators."""


def looks_mangled(cell: str) -> bool:
    """Whether a spreadsheet has turned this cell into scientific notation or an error value."""
    return _MANGLED.match(cell) is not None


def normalise_phone(cell: str, *, strict: bool = False) -> str:
    """The cell as E.164. `strict` also asks that the number lies in an assigned range. Raises BadCell."""
    number = cell.replace(" ", "")
    if not _usual(number[:4]).match(number):  # nearly every number is usual: one look, no parsing
        number = _read(cell)
    return _checked(renew(number), strict=strict)


def _checked(number: str, *, strict: bool) -> str:
    if is_gone(number):
        raise BadCell("outdated_number", "is in a form that its country has given up; ask for the new number")
    if not _usual(number[:4]).match(number) and not _is_possible(number):
        raise BadCell("impossible_number", "has more or fewer digits than any number of its country")
    if strict and not _is_assigned(number):
        raise BadCell("unassigned_number", "is well-formed, but no such number is assigned to anybody")
    return number


def _read(cell: str) -> str:
    if looks_mangled(cell):
        raise BadCell("mangled_by_excel", "was changed by a spreadsheet; export it as text")
    if len(cell) > _LONGEST:  # cut off, it would be a shorter number, and somebody else's
        raise _MALFORMED
    found = unwrap(cell)
    number = _e164(found.number)
    if found.shorter and _is_possible(found_shorter := _e164(found.shorter)):
        if _is_possible(number):
            raise BadCell("ambiguous_number", "ends in a point and zeros: write it without them, or as text")
        return found_shorter
    return number


def _e164(written: str) -> str:
    number = _without_separators(written)
    if number.startswith("00"):
        if number.startswith("0011"):  # Australia's prefix, or 00 and a 1 too many
            raise _MALFORMED
        number = "+" + number[2:]
    if not E164.match(number):
        raise _why_not(number)
    for _ in number:  # 0049 00171 has two prefixes; the result must not change when it is read again
        read = number if _usual(number[:4]).match(number) else _as_the_library_reads(number)
        if read == number:
            break
        number = read
    return number


def _without_separators(cell: str) -> str:
    if not cell.isascii():
        cell = "".join(_plain(character) for character in cell)
    return _SEPARATORS.sub("", cell)


def _plain(character: str) -> str:
    """Arabic, Devanagari or full-width digits and plus signs as ASCII; everything else as it is."""
    if character == "\uff0b":
        return "+"
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _why_not(number: str) -> BadCell:
    if _DIGITS_ONLY.match(number):
        return BadCell("phone_without_country_code", "needs its country code, like +15551234567")
    return _MALFORMED


@lru_cache(maxsize=1024)
def _usual(start: str) -> re.Pattern[str]:
    """E.164 without a trunk prefix, in the country that a plus and three digits begin with."""
    if not _START.match(start):
        return _NOTHING
    codes = (int(start[1:end]) for end in (2, 3, 4))
    return next((_usual_in(code) for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), E164)


@lru_cache(maxsize=512)
def _usual_in(country_code: int) -> re.Pattern[str]:
    """E.164 of a possible length, with nothing that phonenumbers might strip after the country code."""
    region = COUNTRY_CODE_TO_REGION_CODE[country_code][0]
    known = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    if known is None or known.general_desc is None:
        return E164
    digits = "|".join(f"[0-9]{{{length}}}" for length in known.general_desc.possible_length)
    trunk = known.national_prefix_for_parsing
    not_trunk = f"(?!{trunk})" if trunk else ""
    return re.compile(rf"\+(?=[1-9][0-9]{{6,14}}\Z){country_code}{not_trunk}(?:{digits})\Z")


@lru_cache(maxsize=4096)
def _as_the_library_reads(number: str) -> str:
    try:
        read = phonenumbers.format_number(phonenumbers.parse(number, None), PhoneNumberFormat.E164)
    except NumberParseException:
        return number
    return read if E164.match(read) else number


@lru_cache(maxsize=4096)
def _is_possible(number: str) -> bool:
    try:
        why = phonenumbers.is_possible_number_with_reason(phonenumbers.parse(number, None))
    except NumberParseException:  # a country code that phonenumbers does not know
        return True
    return why == phonenumbers.ValidationResult.IS_POSSIBLE


@lru_cache(maxsize=4096)
def _is_assigned(number: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, None))
    except NumberParseException:
        return False
