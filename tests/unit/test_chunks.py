from __future__ import annotations

import pytest

from outreach.chunks import cut


@pytest.mark.parametrize(
    ("count", "lengths"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])], ids=str
)
def test_everything_comes_once_and_in_order_in_full_chunks_but_for_the_last(
    count: int, lengths: list[int]
) -> None:
    chunks = list(cut(iter(range(count)), 3))

    assert [len(chunk) for chunk in chunks] == lengths
    assert [item for chunk in chunks for item in chunk] == list(range(count))
