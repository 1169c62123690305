"""The shipped table of area codes says what libphonenumber says."""

from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import geocoder

from outreach.compliance.postal_areas import find_prefix

SAMPLES = {
    "Florida": "FL", "New York, NY": "NY", "New Jersey": "NJ", "Texas": "TX", "Ontario": "ON",
    "Alabama": "AL",
    "Los Angeles, CA": "CA", "Rhode Island": "RI", "Pennsylvania": "PA", "Oklahoma": "OK", "Kentucky": "KY",
}  # fmt: skip


@pytest.mark.parametrize("area_code", [str(code) for code in range(201, 990)])
def test_a_geographic_area_code_has_the_state_of_its_description(area_code: str) -> None:
    number = phonenumbers.parse(f"+1{area_code}5550123")
    state = SAMPLES.get(geocoder.description_for_number(number, "en"))
    found = find_prefix(f"+1{area_code}5550123")

    assert state is None or (found is not None and found.states == frozenset({state}))
    assert found is None or found.country == phonenumbers.region_code_for_number(number)
