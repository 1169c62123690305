"""A number without its country's code, read in the country that its row or the settings name, or refused.

    DE 0171 5550199       ->  +491715550199
    US 011 49 30 2312..   ->  +49302312...     what is dialled in that country to call abroad
    DE 491715550101       ->  refused          its plus may be lost, and +49 491715550101 is a number, too
    DE 23125012           ->  refused          without its area code; with one, a fixed line has its 0
    DE 0900 1234567       ->  refused          a paid line; nor do shared-cost, voicemail and company numbers
                                               lead to a person

The default country speaks of a list, not of a row: there, digits alone that are another country's number
without its plus are refused, too. Nothing tells a national number of a wrong default from a right one; only
a row's own country does, so it wins.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from outreach.countries import NotACountry, read_country
from outreach.sources.rows import BadCell

TEXTED = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_ANSWERED = TEXTED | {PhoneNumberType.FIXED_LINE, PhoneNumberType.VOIP}
NOBODYS = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.UAN,
    }
)
"""Lines that cost the caller, or lead to no person."""
NOT_A_PERSON = "not_a_person", "is a paid, shared-cost, voicemail or company number, not a person's"
_AMBIGUOUS = (
    "ambiguous_number",
    "may be another number whose plus was lost; write + and the country's code, or name the row's country",
)
_OVERSEAS = {"FR": ("GP", "MQ", "GF", "RE", "YT", "PM")}
"""They dial as France does, under codes of their own: FR 0690 12 34 56 is +590 690 12 34 56."""
_SHORT_MOBILE = 9
"""An Italian mobile of so many digits may be a fixed line whose zero a spreadsheet ate."""


class Home(NamedTuple):
    """Where a row's national numbers are: its own country (`of_row`), or the settings'.

    `why_not`: the row names one, and nobody can tell which.
    """

    code: str = ""
    of_row: bool = False
    why_not: tuple[str, str] | None = None

    def disagrees_with(self, number: str) -> bool:
        """Whether the row names a country to which an E.164 number does not belong."""
        return self.of_row and not number.startswith(_plus(self.code))


NOWHERE = Home()


@lru_cache(maxsize=1024)
def home_of(cell: str, default: str) -> Home:
    """Where the national numbers of a row with this cell of a country are."""
    if not cell:
        return Home(default)
    try:
        return Home(read_country(cell), of_row=True)
    except NotACountry as problem:
        code = "ambiguous_country" if problem.is_ambiguous else "unknown_country"
        return Home(why_not=(code, f"needs its row's country, which {problem.sentence}"))


def after_exit_code(digits: str, home: Home) -> str | None:
    """What follows 00 or 011, where that is dialled to call abroad; None for a national number."""
    known = _metadata(home.code) if home.code else None
    prefix = re.match(known.international_prefix or r"(?!)" if known else "00", digits)
    if prefix is None:
        return None
    if prefix[0] == "00" and digits.startswith("0011"):  # Australia's prefix, or 00 and a 1 too many
        raise BadCell("malformed_phone", "begins with 0011; write + and the country's code")
    return digits[prefix.end() :]


class National(NamedTuple):
    """What a national number is, in E.164."""

    number: str
    is_texted: bool


def read_national(digits: str, first: str, home: Home, *, is_text: bool) -> National:
    """A national number by its digits. Raises BadCell.

    Args:
        digits: all of them.
        first: those before the first separator.
        home: where it is; its code is known.
        is_text: whether an SMS goes there: then other readings of the cell must be able to take one, too.
    """
    read = _parse(digits, home.code)
    kind = phonenumbers.number_type(read)
    number = phonenumbers.format_number(read, PhoneNumberFormat.E164)
    has_prefix = digits.startswith("0") or digits == f"{_trunk(home.code)}{_significant(read)}"
    if kind in NOBODYS:
        raise BadCell(*NOT_A_PERSON)
    if kind not in _ANSWERED and not (has_prefix and _is_unassigned(read, kind, digits, home.code)):
        raise BadCell(
            "no_national_number", f"is no person's number in {home.code}; write it with + and its code"
        )
    if not digits.startswith("0"):
        _refuse_if_foreign(digits, first, read, home, is_text=is_text)
    if not has_prefix and digits != f"{read.country_code}{_significant(read)}":
        _refuse_if_incomplete(digits, read, kind, home)
    return National(number, kind in TEXTED or kind == PhoneNumberType.UNKNOWN)


def _refuse_if_foreign(digits: str, first: str, read: PhoneNumber, home: Home, *, is_text: bool) -> None:
    """Raise BadCell where the digits are another number, too, if their plus was lost."""
    other = parse_abroad(f"+{digits}")
    if (
        not other
        or other == read
        or phonenumbers.number_type(other) not in (TEXTED if is_text else _ANSWERED)
    ):
        return
    is_split_elsewhere = first not in {digits, str(other.country_code)}
    if other.country_code == read.country_code or not (home.of_row or is_split_elsewhere):
        raise BadCell(*_AMBIGUOUS)


def _refuse_if_incomplete(digits: str, read: PhoneNumber, kind: int, home: Home) -> None:
    """Raise BadCell where an area code or a zero may be missing."""
    if kind not in TEXTED and re.match(r"\W*0", phonenumbers.format_number(read, PhoneNumberFormat.NATIONAL)):
        raise BadCell(
            "no_leading_zero", "needs its area code with the leading 0, or + and the country's code"
        )
    if home.code == "IT" and len(digits) <= _SHORT_MOBILE:
        raise BadCell("ambiguous_number", "may be a fixed line without its 0; write the 0, or +39 before it")


def _is_unassigned(read: PhoneNumber, kind: int, digits: str, country: str) -> bool:
    """Whether its form is right, and it is nobody's: not in the country, and not in one that dials alike.

    Where numbers have several lengths, nothing tells a form that is right.
    """
    known = _metadata(country)
    one_length = known is not None and known.general_desc and len(known.general_desc.possible_length) == 1
    if not one_length or kind != PhoneNumberType.UNKNOWN or not is_possible(read):
        return False
    return not any(
        phonenumbers.is_valid_number(_parse(digits, other)) for other in _OVERSEAS.get(country, ())
    )


def is_possible(number: PhoneNumber) -> bool:
    """Whether it has as many digits as numbers of its country have."""
    why = phonenumbers.is_possible_number_with_reason(number)
    return why == phonenumbers.ValidationResult.IS_POSSIBLE


def _parse(digits: str, country: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(digits, country)
    except NumberParseException as e:
        raise BadCell("malformed_phone", "is not a phone number") from e


def parse_abroad(number: str) -> PhoneNumber | None:
    """A number with its plus; None where phonenumbers knows no such country's code."""
    try:
        return phonenumbers.parse(number, None)
    except NumberParseException:
        return None


def _significant(number: PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)


@lru_cache(maxsize=256)
def _trunk(code: str) -> str:
    """What only a national number begins with, beside a 0: Russia's 8, America's 1."""
    return phonenumbers.ndd_prefix_for_region(code, True) or "0"


@lru_cache(maxsize=256)
def _plus(code: str) -> str:
    return f"+{phonenumbers.country_code_for_region(code)}"


def _metadata(code: str) -> PhoneMetadata | None:
    return PhoneMetadata.metadata_for_region(code)
