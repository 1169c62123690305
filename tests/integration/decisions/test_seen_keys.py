"""What a dry run has seen, wherever the memory of it lies by now."""

from __future__ import annotations

from contextlib import closing

import pytest

from outreach.decisions import seen_keys
from outreach.decisions.seen_keys import SeenKeys


@pytest.mark.parametrize("kept", [1, 3, 1000])
def test_who_was_seen_stays_seen_when_keys_go_into_the_database(
    kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen_keys, "_RECENT", kept)
    numbers = [f"+1317555{number:04d}" for number in range(10)]
    with closing(SeenKeys()) as seen:
        assert not any(seen.see(number, said) for said, number in enumerate(numbers, 1))
        for number in [*numbers, numbers[0]]:
            seen.take(number)

        assert [seen.see(number, 99) for number in numbers] == [*range(1, 11)]
        assert [seen.times(number) for number in numbers] == [2, *[1] * 9]


def test_an_id_is_not_taken_for_an_address_of_the_same_letters() -> None:
    with closing(SeenKeys()) as seen:
        seen.see("ann", 1)

        assert seen.times("ann") == 0
