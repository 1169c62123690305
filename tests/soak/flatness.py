"""Whether what is measured again and again stays where it is: a straight line by least squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WARMING = 1 / 3
"""The share of the rounds, at the start, that is left out: caches fill, the allocator takes its arenas."""

SURE = 3.0
"""A slope of fewer standard errors may be chance."""


@dataclass(frozen=True)
class Line:
    """What lies under a series: where it is, how much it rises a round, and how sure that is."""

    mean: float
    slope: float
    error: float
    rounds: int

    @property
    def rise(self) -> float:
        """How much higher the line ends than it begins, as a share of the mean."""
        return self.slope * (self.rounds - 1) / self.mean if self.mean else 0.0

    def is_flat(self, tolerance: float) -> bool:
        """Whether it rises by at most this share of its mean, or by no more than chance would."""
        return self.rise <= tolerance or self.slope <= SURE * self.error


def fit(series: Sequence[float]) -> Line:
    """The line through a series, without its warming; at least three values must be left.

    Raises:
        ValueError: there are fewer.
    """
    values = series[int(len(series) * WARMING) :]
    count = len(values)
    if count < 3:
        raise ValueError(f"{len(series)} rounds are too few to draw a line through.")
    middle, mean = (count - 1) / 2, sum(values) / count
    spread = sum((number - middle) ** 2 for number in range(count))
    slope = sum((number - middle) * (value - mean) for number, value in enumerate(values)) / spread
    left = sum((value - mean - slope * (number - middle)) ** 2 for number, value in enumerate(values))
    return Line(mean, slope, math.sqrt(left / (count - 2) / spread), count)
