"""Pages of entities, as most list operations answer."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from emulator.http.messages import JsonObject, Request, Response, answer

T = TypeVar("T")


def page(request: Request, entities: Sequence[object], size: int = 25) -> Response:
    """One page of entities by `pageSize` (`size` if it isn't given) and `pageNumber`."""
    size = request.whole_query("pageSize", size, 1, 500)
    number = request.whole_query("pageNumber", 1, 1, 100_000)
    return answer(numbered(entities, size, number, lambda each: each) | {"selfUri": request.path})


def numbered(entities: Sequence[T], size: int, number: int, write: Callable[[T], object]) -> JsonObject:
    """The page of this number; only what is on it is written out."""
    return {
        "entities": [write(each) for each in entities[(number - 1) * size : number * size]],
        "pageSize": size,
        "pageNumber": number,
        "total": len(entities),
        "pageCount": -(-len(entities) // size),
    }
