"""A table of every country code and every North American area code, and what is decided for each.

`numbers.csv`: an example number; what phonenumbers says of its region, kind and zones; the zones in which we
want it to be allowed; and why. A row fails when the library, the zone database or we change our mind.
"""

from __future__ import annotations

import csv
from pathlib import Path

import phonenumbers
from phonenumbers import PhoneNumberType
from phonenumbers import timezone as prefixes
from phonenumbers.phonenumberutil import COUNTRY_CODE_TO_REGION_CODE

from outreach.compliance.location import locate

ROWS = list(csv.DictReader((Path(__file__).parent / "numbers.csv").read_text(encoding="utf-8").splitlines()))
MANY = {"phonenumbers": 4, "decided": 12}
"""Of more zones than these only the count is written."""


def test_the_library_says_what_the_table_was_made_by() -> None:
    differing = [row["number"] for row in ROWS if _ask_library(row["number"]) != _said(row)]

    assert differing == []


def test_we_decide_what_the_table_says() -> None:
    differing = [row["number"] for row in ROWS if _decide(row["number"]) != row["decided"]]

    assert differing == []


def test_every_country_code_and_every_area_code_has_a_row() -> None:
    codes = {phonenumbers.parse(row["number"]).country_code for row in ROWS}
    area_codes = {row["number"][2:5] for row in ROWS if row["number"].startswith("+1")}

    assert codes == set(COUNTRY_CODE_TO_REGION_CODE)
    assert area_codes == {str(code) for code in range(200, 1000)}


def test_what_the_library_does_not_know_waits() -> None:
    nowhere = [row for row in ROWS if row["region"] in {"", "001"}]

    assert ({row["decided"] for row in nowhere}, len(nowhere) > 300) == ({""}, True)


def _said(row: dict[str, str]) -> tuple[str, str, str]:
    return row["region"], row["kind"], row["phonenumbers"]


def _ask_library(number: str) -> tuple[str, str, str]:
    parsed = phonenumbers.parse(number)
    kind = PhoneNumberType.to_string(phonenumbers.number_type(parsed)).lower()
    zones = prefixes.time_zones_for_number(parsed)
    return phonenumbers.region_code_for_number(parsed) or "", kind, _write(zones, MANY["phonenumbers"])


def _decide(number: str) -> str:
    place = locate(None, None, number)
    return _write([candidate.zone for candidate in place.candidates], MANY["decided"])


def _write(zones: tuple[str, ...] | list[str], most: int) -> str:
    return " ".join(zones) if len(zones) <= most else f"{len(zones)} zones"
