"""Reading a source for a load; a process of its own does so too, and needs no more than stands here.

No ledger is opened here, and neither a contact nor a text is made that nobody asks for: without SQLAlchemy,
pydantic and Jinja2 that process starts in 0.1 s of processor time, not 1.0.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator
from functools import cache, partial
from typing import TYPE_CHECKING

from outreach.campaign.heap import set_aside
from outreach.decisions.unfilled_rows import refuse_unfilled
from outreach.ledger.loads.entries import Chunk, Taker
from outreach.sources.source import Source

if TYPE_CHECKING:
    from outreach.messages.wording import Wording


class Texts:
    """The campaign's texts: another process gets them closed, and opens them where a row may lack one."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    def __call__(self) -> Wording:
        """Themselves."""
        return self._wording

    def __reduce__(self) -> tuple[Callable[[bytes], Callable[[], Wording]], tuple[bytes]]:
        return _open_once, (pickle.dumps(self._wording),)


def _open_once(closed: bytes) -> Callable[[], Wording]:
    return cache(partial(pickle.loads, closed))


def read_chunks(
    source: Source, texts: Callable[[], Wording], taker: Taker, *, has_fields: bool
) -> Generator[Chunk, None, Source]:
    """The rows as they go into the ledger; at the end the source, which knows how it was read."""
    with set_aside():
        yield from taker.chunks(refuse_unfilled(source.rows(), texts, has_fields=has_fields))
    return source
