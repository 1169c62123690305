"""A ledger's mark as Prefect's server keeps it, where a person may write into it."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from flows.shared_mark import as_variable, from_variable
from outreach.ledger.witness import Mark

KEPT = Mark(7, "f" * 40, datetime(2026, 3, 3, tzinfo=timezone.utc), is_open=True)


def test_a_mark_is_read_as_it_was_kept() -> None:
    assert from_variable(as_variable(KEPT)) == KEPT


@pytest.mark.parametrize("change", [{"record": "seven"}, {"record": None}, {"at": "yesterday"}, {"at": 7}])
def test_what_a_person_wrote_in_its_place_is_no_mark_and_no_mistake_of_ours(
    change: dict[str, object],
) -> None:
    assert from_variable({**as_variable(KEPT), **change}) is None


@pytest.mark.parametrize("value", [None, "", 7, [], {}, {"note": "mine"}])
def test_what_is_no_mark_says_nothing(value: object) -> None:
    assert from_variable(value) is None
