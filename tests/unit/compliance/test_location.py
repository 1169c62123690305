"""Where people may be."""

from __future__ import annotations

import pytest

from outreach.compliance.location import locate


@pytest.mark.parametrize(
    ("time_zone", "postal_code", "number", "basis", "confidence", "zones"),
    [
        ("Asia/Tokyo", "10001", "+33612345678", "time_zone", "stated", ["Asia/Tokyo"]),
        (None, "94105", "+12125550123", "postal_code", "high", ["America/Los_Angeles"]),
        (None, "37301", "+12125550123", "postal_code", "ambiguous", ["America/Chicago", "America/New_York"]),
        (None, None, "+12125550123", "number", "likely", ["America/New_York"]),
        (None, None, "+18765550123", "number", "likely", ["America/Jamaica"]),
        (None, None, None, "none", "none", []),
        (None, None, "+15551234567", "none", "none", []),
        (None, None, "+9991234567", "none", "none", []),
        (None, "SW1A 1AA", None, "postal_code", "high", ["Europe/London"]),
        (None, "10001-1234", None, "postal_code", "high", ["America/New_York"]),
        (None, "10001", None, "none", "none", []),
        (None, "10001", "+18005550123", "postal_code", "high", ["America/New_York"]),
        (None, "K1A 0B1", None, "postal_code", "high", ["America/Toronto"]),
        (None, "97400", "+33612345678", "postal_code", "high", ["Indian/Reunion"]),
        (None, "D02 AF30", "+353850123456", "postal_code", "high", ["Europe/Dublin"]),
        (None, "E1W", "+442079460123", "postal_code", "high", ["Europe/London"]),
        (None, "E1W", "+15065550123", "postal_code", "high", ["America/Moncton"]),
        (None, "E1W", None, "none", "none", []),
        (None, "M5V", "+442079460123", "postal_code", "high", ["America/Toronto"]),
        (None, "GX11 1AA", "+35054012345", "postal_code", "high", ["Europe/Gibraltar"]),
        (None, "BF1 2AU", "+442079460123", "none", "none", []),
    ],
)
def test_the_best_evidence_is_used_and_named(
    time_zone: str | None,
    postal_code: str | None,
    number: str | None,
    basis: str,
    confidence: str,
    zones: list[str],
) -> None:
    place = locate(time_zone, postal_code, number)

    assert (place.basis, place.confidence) == (basis, confidence)
    assert [candidate.zone for candidate in place.candidates] == zones


def test_a_toll_free_number_may_be_in_any_of_42_zones_and_their_countries() -> None:
    place = locate(None, None, "+18005550123")

    assert len(place.candidates) == 42
    assert {"US", "CA", "JM", "BM"} <= {candidate.country for candidate in place.candidates}


@pytest.mark.parametrize(
    ("time_zone", "postal_code", "number", "country", "states"),
    [
        (None, None, "+13055550123", "US", {"FL"}),
        (None, "10001", "+13055550123", "US", {"NY"}),
        ("America/New_York", None, "+13055550123", "US", {"FL"}),
        ("America/New_York", None, "+13135550123", "US", {"MI"}),
        ("America/New_York", None, "+14165550123", "CA", {"ON"}),
        ("Pacific/Honolulu", None, "+13055550123", "US", {"HI", "AS"}),
        ("US/Eastern", "33101", None, "US", {"FL"}),
        ("Europe/Paris", None, "+3222345678", "BE", None),
        ("Europe/Paris", "67000", None, "FR", {"67"}),
        ("Europe/Paris", None, None, "FR", None),
    ],
)
def test_the_jurisdiction_is_the_postal_codes_else_the_numbers_where_zones_agree(
    time_zone: str | None, postal_code: str | None, number: str | None, country: str, states: set[str] | None
) -> None:
    [candidate] = locate(time_zone, postal_code, number).candidates

    assert (candidate.country, candidate.states) == (country, states)


def test_a_zone_without_a_known_state_keeps_every_state_that_shares_its_clock() -> None:
    [candidate] = locate("America/Los_Angeles", None, None).candidates

    assert {"CA", "NV", "OR", "WA"} <= (candidate.states or set())
    assert "NY" not in (candidate.states or set())


@pytest.mark.parametrize(
    "name", ["", "Eastern", "EST5", "america/new_york", "Etc/Unknown", "../etc/passwd", "+02:00"]
)
def test_a_stated_zone_that_iana_does_not_know_is_never_guessed(name: str) -> None:
    assert locate(name, "94105", "+12125550123").problem == "zone_invalid"
