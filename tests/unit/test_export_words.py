"""What an export tells a person to do, beside the code."""

from __future__ import annotations

import pytest

from outreach.operations.export import _to_do


@pytest.mark.parametrize(
    ("codes", "state", "said"),
    [
        (["zone_unknown"], "held", ["Fill in time_zone, like Europe/Paris, or postal_code."]),
        (["poison"], "held", ["A person decides: outreach resolve."]),
        (["suppressed"], "blocked", []),
    ],
)
def test_a_held_contact_says_what_to_fill_in_or_who_decides(
    codes: list[str], state: str, said: list[str]
) -> None:
    assert _to_do(codes, state) == said
