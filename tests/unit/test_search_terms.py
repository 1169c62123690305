"""What is looked for is found in every usual spelling; an id that happens to hold its digits is no find."""

from __future__ import annotations

import pytest

from outreach.privacy.search_terms import SearchTerm, SearchTerms

PHONE = SearchTerm("phone", "C-1", "+13173019901")
TERMS = SearchTerms([PHONE])


@pytest.mark.parametrize(
    "written",
    ["+13173019901", "13173019901", "(317) 301-9901", "001 317 301 9901", "317.301.9901", "1-317-301-9901"],
)
def test_a_number_is_found_as_people_write_it(written: str) -> None:
    assert {find.whose for find in TERMS.search(f"call {written}, please".encode())} == {"C-1"}


def test_groups_of_an_id_are_no_number() -> None:
    assert [*TERMS.search(b'"id": "019abcde-7301-9901-8c5f-0a1b2c3d4e5f"')] == []


def test_a_number_beside_an_id_is_found_at_its_place() -> None:
    content = b"019abcde-7301-9901-8c5f-0a1b2c3d4e5f (317) 301-9901"

    assert [find.offset for find in TERMS.search(content)] == [38]
