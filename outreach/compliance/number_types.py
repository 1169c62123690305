"""A number's country, region, kind and zones as phonenumbers has them, in a tenth of its time.

To it, each kind is a pattern of its own, looked for through five functions, and its parser, its regions and
its zones each look anew: 60 microseconds of a decision's 130. Here a region's patterns are one, in its order
(a property test holds that every answer is the library's).
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc, PhoneNumberType
from phonenumbers.phonenumberutil import is_number_type_geographical
from phonenumbers.tzdata import TIMEZONE_DATA


class NumberType(NamedTuple):
    """`national` is what stands behind the country's code; `kind` one of PhoneNumberType."""

    country_code: int
    national: str
    region: str | None
    kind: int

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that the library knows of its prefix, or of its country where that is no area's."""
        if self.kind == PhoneNumberType.UNKNOWN:
            return ()
        is_local = is_number_type_geographical(self.kind, self.country_code)
        digits = f"{self.country_code}{self.national if is_local else ''}"
        return next(
            (TIMEZONE_DATA[digits[:n]] for n in range(len(digits), 0, -1) if digits[:n] in TIMEZONE_DATA), ()
        )


def find_number_type(number: str) -> NumberType | None:
    """What the library makes of an E.164 number; None where it cannot be read."""
    code, usual = _usual(number[1:4])
    if usual.match(number):
        national = number[1 + len(str(code)) :]
    else:
        try:
            parsed = phonenumbers.parse(number)
        except phonenumbers.NumberParseException:
            return None
        code, national = parsed.country_code or 0, phonenumbers.national_significant_number(parsed)
    region, kind = _find_region(code, national)
    return NumberType(code, national, region, kind)


def _find_region(code: int, national: str) -> tuple[str | None, int]:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code, ())
    for region in regions:
        leading, kinds = _patterns(code, region)
        if len(regions) == 1 or leading:
            if leading is None or len(regions) == 1 or leading.match(national):
                return region, _kind(kinds, national)
        elif (kind := _kind(kinds, national)) != PhoneNumberType.UNKNOWN:
            return region, kind
    return None, PhoneNumberType.UNKNOWN


def _kind(kinds: re.Pattern[str], national: str) -> int:
    found = kinds.match(national)
    return int(found.lastgroup[1:]) if found and found.lastgroup else PhoneNumberType.UNKNOWN


@lru_cache(maxsize=1024)
def _usual(start: str) -> tuple[int, re.Pattern[str]]:
    """Numbers that its parser leaves as they are, by their first three digits, and the country's code."""
    # No country's code begins with another's.
    code = next(
        (
            start[:n]
            for n in (1, 2, 3)
            if start[:n].isdecimal() and int(start[:n]) in COUNTRY_CODE_TO_REGION_CODE
        ),
        "",
    )
    known = _metadata(int(code), COUNTRY_CODE_TO_REGION_CODE[int(code)][0]) if code else None
    if known is None:
        return 0, re.compile(r"(?!)")
    trunk = f"(?!{known.national_prefix_for_parsing})" if known.national_prefix_for_parsing else ""
    return int(code), re.compile(rf"\+{code}{trunk}[1-9][0-9]{{4,13}}\Z", re.ASCII)


def _metadata(code: int, region: str) -> PhoneMetadata | None:
    return PhoneMetadata.metadata_for_region_or_calling_code(code, region)


@lru_cache(maxsize=512)
def _patterns(code: int, region: str) -> tuple[re.Pattern[str] | None, re.Pattern[str]]:
    """The digits by which a region is known among others of its code, and its kinds, as groups."""
    known = _metadata(code, region)
    if known is None:
        return None, re.compile(r"(?!)")
    fixed, mobile, kind = _whole(known.fixed_line), _whole(known.mobile), PhoneNumberType
    if known.same_mobile_and_fixed_line_pattern:
        lines = [(kind.FIXED_LINE_OR_MOBILE, fixed)]
    else:
        lines = [
            (kind.FIXED_LINE_OR_MOBILE, f"(?={mobile}){fixed}"),
            (kind.FIXED_LINE, fixed),
            (kind.MOBILE, mobile),
        ]
    others = (
        (kind.PREMIUM_RATE, known.premium_rate),
        (kind.TOLL_FREE, known.toll_free),
        (kind.SHARED_COST, known.shared_cost),
        (kind.VOIP, known.voip),
        (kind.PERSONAL_NUMBER, known.personal_number),
        (kind.PAGER, known.pager),
        (kind.UAN, known.uan),
        (kind.VOICEMAIL, known.voicemail),
    )
    groups = "|".join(
        f"(?P<_{value}>{pattern})" for value, pattern in [*((v, _whole(d)) for v, d in others), *lines]
    )
    leading = re.compile(known.leading_digits) if known.leading_digits else None
    return leading, re.compile(f"(?={_whole(known.general_desc)})(?:{groups})", re.ASCII)


def _whole(desc: PhoneNumberDesc | None) -> str:
    """What a whole number of a kind looks like."""
    if desc is None or not desc.national_number_pattern:
        return "(?!)"
    lengths = "|".join(f"[0-9]{{{length}}}" for length in desc.possible_length)
    return (rf"(?=(?:{lengths})\Z)" if lengths else "") + rf"(?:{desc.national_number_pattern})\Z"
