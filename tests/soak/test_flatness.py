"""The arithmetic of `make soak`."""

from __future__ import annotations

import pytest

from tests.soak.flatness import fit


def test_a_straight_line_is_found_as_it_is() -> None:
    line = fit([100 + 2 * number for number in range(45)])

    assert [line.slope, line.error] == pytest.approx([2, 0])
    assert line.rounds == 30


def test_what_never_changes_is_flat() -> None:
    assert fit([17.0] * 20).is_flat(0.0)


def test_what_fills_up_at_the_start_and_then_stays_is_flat() -> None:
    assert fit([10.0, 40, 70, 90, 100] + [100.0] * 15).is_flat(0.0)


def test_a_leak_that_adds_up_to_more_than_the_tolerance_is_not_flat() -> None:
    leaking = [100 + 0.1 * number + (number % 3) for number in range(200)]

    assert not fit(leaking).is_flat(0.05)


def test_noise_without_a_direction_is_flat_however_loud() -> None:
    assert fit([100 + 40 * (-1) ** number for number in range(41)]).is_flat(0.0)


def test_what_falls_is_flat() -> None:
    assert fit([100 - number for number in range(50)]).is_flat(0.0)


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        fit([1.0, 2.0])
