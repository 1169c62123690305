"""Phone numbers, from how people write them to E.164.

    +49 (171) 123-4567, 0049 171 1234567, +49 0171 1234567  ->  +491711234567
    0171 1234567                                            ->  read where its country is known, else rejected
    4.9171E+11                                              ->  rejected: Excel has dropped its digits

One person must not have two spellings, so the result depends on the digits alone, never on the separators:
what phonenumbers would make of them, in the form of today (outreach/renumbering.py). Parsing costs it 20
microseconds; a number that does not begin with its country's trunk prefix comes back unchanged, so only the
others are given to it (a property test holds that).
"""

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from outreach.renumbering import is_gone, old_forms, renew
from outreach.sameness import E164
from outreach.sources.national_numbers import (
    NOBODYS,
    NOT_A_PERSON,
    NOWHERE,
    Home,
    after_exit_code,
    is_possible,
    parse_abroad,
    read_national,
)
from outreach.sources.phone_cells import PhoneCell, SeveralNumbers, apart, unwrap
from outreach.sources.rows import BadCell

_SEPARATORS = re.compile(
    "[ \t\\-.()\u00a0\u00ad\u2000-\u200f\u2010-\u2015\u202a-\u202f\u2060\u2066-\u2069\u2212\u3000\ufeff]"
)
"""Spaces, dashes, dots, parentheses, and the invisible marks that phones put around copied numbers. No slash,
comma or line break: those stand between two numbers."""

_MANGLED = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-][0-9]+\Z|#[A-Z/0]+[!?]?\Z")
"""What a spreadsheet leaves of a number: 4.9171E+11, or #NAME? of one that began with a plus."""

_NATIONAL = re.compile(r"[0-9]{2,}\Z")
_DIGITS_ONLY = re.compile(r"[0-9]{4,17}(\.0)?\Z")
_START = re.compile(r"\+[1-9][0-9]{2}\Z")
_NOTHING = re.compile(r"(?!)")
_NO_NUMBER = frozenset({"malformed_phone", "no_national_number", "phone_without_country_code"})
_MALFORMED = "malformed_phone", "is not a phone number in E.164 form, like +15551234567"
_LONGEST = 64
"""Characters that a number may take with its separators."""


def looks_mangled(cell: str) -> bool:
    """Whether a spreadsheet has turned this cell into scientific notation or an error value."""
    return _MANGLED.match(cell) is not None


class Phone(NamedTuple):
    """A number in E.164. `is_texted`: an SMS can reach it; `is_national`: written without its country."""

    number: str
    extension: str = ""
    is_texted: bool = True
    is_national: bool = False


def normalise_phone(cell: str) -> str:
    """The cell as E.164. Raises BadCell."""
    return usual_phone(cell) or _phone(cell, NOWHERE).number


def usual_phone(cell: str) -> str | None:
    """The cell where it is E.164 of today but for spaces, as nearly all are: one look, no parsing."""
    number = cell.replace(" ", "")
    return number if _of_today(number[:4]).match(number) else None


def read_phones(
    cell: str, home: Home = NOWHERE, *, is_text: bool = False, strict: bool = False
) -> list[Phone]:
    """The numbers of a cell, in its order. Raises BadCell where not each of them can be read.

    Args:
        cell: as people and programs write it.
        home: where national numbers are.
        is_text: whether an SMS goes there.
        strict: also ask that the number lies in an assigned range.
    """
    try:
        return [_phone(cell, home, is_text=is_text, strict=strict)]
    except SeveralNumbers as several:
        try:
            return [_phone(part, home, is_text=is_text, strict=strict) for part in apart(cell)]
        except BadCell:
            raise several from None


def _phone(cell: str, home: Home, *, is_text: bool = False, strict: bool = False) -> Phone:
    if looks_mangled(cell):
        raise BadCell("mangled_by_excel", "was changed by a spreadsheet; export it as text")
    if len(cell) > _LONGEST:  # cut off, it would be a shorter number, and somebody else's
        raise BadCell(*_MALFORMED)
    found = unwrap(cell)
    phone = _one_of(found, partial(_as_written, home=home, is_text=is_text))
    if not phone.is_national and home.disagrees_with(phone.number):
        raise BadCell(
            "country_contradicts_number",
            "has another country's code than its row; correct it, or map the country column to ignore",
        )
    number = _checked(renew(phone.number), strict=strict)
    return phone._replace(number=number, extension=found.extension)


def _checked(number: str, *, strict: bool) -> str:
    if is_gone(number):
        raise BadCell("outdated_number", "is in a form that its country has given up; ask for the new number")
    if not _usual(number[:4]).match(number):
        if not _is_possible(number):
            raise BadCell("impossible_number", "has more or fewer digits than any number of its country")
        if _kind(number) in NOBODYS:
            raise BadCell(*NOT_A_PERSON)
    if strict and not _is_assigned(number):
        raise BadCell("unassigned_number", "is well-formed, but no such number is assigned to anybody")
    return number


def _one_of(found: PhoneCell, read: Callable[[str], Phone]) -> Phone:
    """The cell's number; where zeros at its end may be a float's, the one reading that is a number.

    Without a country's code nothing tells which: digits that cannot be read there may be another country's.
    """
    if not found.shorter or not _may_be_one(found.shorter, read):
        return read(found.number)
    shorter = read(found.shorter)
    if shorter.is_national or _may_be_one(found.number, read):
        raise BadCell("ambiguous_number", "ends in a point and zeros: write it without them, or as text")
    return shorter


def _may_be_one(written: str, read: Callable[[str], Phone]) -> bool:
    """Whether somebody may read it as a number, though perhaps of two people or of none."""
    try:
        phone = read(written)
    except BadCell as problem:
        return problem.code not in _NO_NUMBER
    return phone.is_national or _is_possible(phone.number)


def _as_written(written: str, home: Home, *, is_text: bool) -> Phone:
    number = _without_separators(written)
    if not _NATIONAL.match(number):
        return Phone(_e164(number))
    abroad = after_exit_code(number, home)
    if abroad is not None:
        return Phone(_e164(f"+{abroad}"))
    if home.why_not:
        raise BadCell(*home.why_not)
    if not home.code:
        raise _why_not(number)
    first = re.match(r"\D*([0-9]+)", plain_digits(written))
    read = read_national(number, first[1] if first else number, home, is_text=is_text)
    return Phone(read.number, is_texted=read.is_texted, is_national=True)


def _e164(number: str) -> str:
    if not E164.match(number):
        raise _why_not(number)
    for _ in number:  # 0049 00171 has two prefixes; the result must not change when it is read again
        read = number if _usual(number[:4]).match(number) else _as_the_library_reads(number)
        if read == number:
            break
        number = read
    return number


def _without_separators(cell: str) -> str:
    return _SEPARATORS.sub("", plain_digits(cell))


def plain_digits(cell: str) -> str:
    """The cell with the digits of every script as ASCII's."""
    return cell if cell.isascii() else "".join(_plain(character) for character in cell)


def _plain(character: str) -> str:
    """Arabic, Devanagari or full-width digits and plus signs as ASCII; everything else as it is."""
    if character == "\uff0b":
        return "+"
    # Not `unicodedata.digit`: to that a superscript two is a digit.
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _why_not(number: str) -> BadCell:
    if _DIGITS_ONLY.match(number):
        return BadCell(
            "phone_without_country_code",
            "needs its country code, like +15551234567, or a country to read such numbers in",
        )
    return BadCell(*_MALFORMED)


@lru_cache(maxsize=1024)
def _of_today(start: str) -> re.Pattern[str]:
    """The same without what its country has rewritten since."""
    old = "".join(f"(?!{form})" for form in old_forms(start))
    return re.compile(old + _usual(start).pattern, re.ASCII)


@lru_cache(maxsize=1024)
def _usual(start: str) -> re.Pattern[str]:
    """E.164 without a trunk prefix, in the country that a plus and three digits begin with."""
    if not _START.match(start):
        return _NOTHING
    # No country's code begins with another's: the first that is one is the right one.
    codes = (int(start[1:end]) for end in (2, 3, 4))
    return next((_usual_in(code) for code in codes if code in COUNTRY_CODE_TO_REGION_CODE), E164)


@lru_cache(maxsize=512)
def _usual_in(country_code: int) -> re.Pattern[str]:
    """E.164 of a possible length, with nothing that phonenumbers might strip after the country code."""
    # The main country of a shared code stands first: of +1 it is the US.
    region = COUNTRY_CODE_TO_REGION_CODE[country_code][0]
    known = PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
    if known is None or known.general_desc is None:
        return E164
    digits = "|".join(f"[0-9]{{{length}}}" for length in known.general_desc.possible_length)
    trunk = known.national_prefix_for_parsing
    not_trunk = f"(?!{trunk})" if trunk else ""
    nobodys = "".join(f"(?!(?:{pattern})\\Z)" for pattern in _patterns_of_nobodys(country_code))
    # ASCII, since the library's patterns say \d, which takes Arabic digits as well.
    return re.compile(
        rf"\+(?=[1-9][0-9]{{6,14}}\Z){country_code}{not_trunk}{nobodys}(?:{digits})\Z", re.ASCII
    )


def _patterns_of_nobodys(country_code: int) -> set[str]:
    """How numbers look that may lead to no person, in any region of the code."""
    regions = (
        PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)
        for region in COUNTRY_CODE_TO_REGION_CODE[country_code]
    )
    lines = [
        line
        for known in regions
        if known
        for line in (known.premium_rate, known.shared_cost, known.voicemail, known.uan)
    ]
    return {line.national_number_pattern for line in lines if line and line.national_number_pattern}


@lru_cache(maxsize=4096)
def _as_the_library_reads(number: str) -> str:
    parsed = parse_abroad(number)
    read = phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if parsed else number
    return read if E164.match(read) else number


@lru_cache(maxsize=4096)
def _is_possible(number: str) -> bool:
    parsed = parse_abroad(number)
    return parsed is None or is_possible(parsed)  # nobody knows how long such a country's numbers are


@lru_cache(maxsize=4096)
def _kind(number: str) -> int:
    parsed = parse_abroad(number)
    return phonenumbers.number_type(parsed) if parsed else PhoneNumberType.UNKNOWN


def is_fixed_line(number: str) -> bool:
    """Whether an E.164 number surely takes no SMS."""
    return _kind(number) == PhoneNumberType.FIXED_LINE


@lru_cache(maxsize=4096)
def _is_assigned(number: str) -> bool:
    parsed = parse_abroad(number)
    return parsed is not None and phonenumbers.is_valid_number(parsed)
