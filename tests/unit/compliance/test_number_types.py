"""The kind of a number, found in one pattern, is what phonenumbers finds in many."""

import random
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType
from phonenumbers.timezone import time_zones_for_number

from outreach.compliance.number_types import find_number_type

_CODES = sorted(COUNTRY_CODE_TO_REGION_CODE)


def _ours(number: str) -> tuple[Any, ...] | None:
    found = find_number_type(number)
    if found is None:
        return None
    zones = tuple(zone for zone in found.zones if zone != "Etc/Unknown")
    return found.country_code, found.national, found.region, found.kind, zones


def _librarys(number: str) -> tuple[Any, ...] | None:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return None
    zones = tuple(zone for zone in time_zones_for_number(parsed) if zone != "Etc/Unknown")
    national = phonenumbers.national_significant_number(parsed)
    region = phonenumbers.region_code_for_number(parsed)
    return parsed.country_code, national, region, phonenumbers.number_type(parsed), zones


@given(st.sampled_from(_CODES), st.text("0123456789", min_size=1, max_size=13))
def test_any_digits_are_of_the_kind_that_the_library_says(code: int, digits: str) -> None:
    number = f"+{code}{digits}"
    assert _ours(number) == _librarys(number)


@pytest.mark.parametrize("code", _CODES)
def test_numbers_near_each_example_of_a_country_are_of_the_kind_that_the_library_says(code: int) -> None:
    chance = random.Random(code)
    for region in COUNTRY_CODE_TO_REGION_CODE[code]:
        known = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        for kind in PhoneNumberType.values():
            # Of a kind that the library has no example of, it has no pattern either.
            desc = getattr(known, phonenumbers.PhoneNumberType.to_string(kind).lower(), None)
            example = (desc and desc.example_number) or ""
            for _ in range(8 if example else 0):
                kept = chance.randrange(len(example) + 1)
                end = "".join(chance.choice("0123456789") for _ in example[kept:])
                number = f"+{code}{example[:kept]}{end}"
                assert _ours(number) == _librarys(number)
