"""Cutting what is long into chunks, each of which is one statement, transaction or request."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def cut(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """The items in order, `size` at a time; the last chunk may be shorter, and none is empty."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
