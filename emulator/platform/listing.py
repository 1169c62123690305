"""Pages of entities, as most list operations answer."""

from __future__ import annotations

from collections.abc import Sequence

from emulator.http.messages import JsonObject, Request, Response, answer


def page(request: Request, entities: Sequence[JsonObject]) -> Response:
    """One page of entities by `pageSize` and `pageNumber`."""
    size = request.whole_query("pageSize", 25, 1, 500)
    number = request.whole_query("pageNumber", 1, 1, 100_000)
    return answer(
        {
            "entities": entities[(number - 1) * size : number * size],
            "pageSize": size,
            "pageNumber": number,
            "total": len(entities),
            "pageCount": -(-len(entities) // size),
            "selfUri": request.path,
        }
    )
