"""What crosses the wire, parsed: one request, one response."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from emulator.errors import ApiError, bad_request
from emulator.http.fields import Fields

JsonObject = dict[str, Any]


class Request:
    """One HTTP request. `path` is decoded, header names are lower case."""

    __slots__ = ("body", "headers", "method", "parameters", "path", "query_string", "token")

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> None:
        path, _, self.query_string = target.partition("?")
        self.method = method
        self.path = unquote(path) if "%" in path else path
        self.headers = headers
        self.body = body
        self.parameters: dict[str, str] = {}
        self.token: str | None = None

    def query(self, name: str, default: str = "") -> str:
        """The first value of a query parameter."""
        return self.queries(name, default)[0]

    def queries(self, name: str, default: str = "") -> list[str]:
        """Every value of a query parameter; at least the default."""
        if not self.query_string:
            return [default]
        return parse_qs(self.query_string, keep_blank_values=True, max_num_fields=200).get(name, [default])

    def whole_query(self, name: str, default: int, lowest: int, highest: int) -> int:
        """A query parameter as a whole number within bounds; raises ApiError 400."""
        text = self.query(name, str(default))
        if text.isascii() and text.isdigit() and len(text) < 10 and lowest <= int(text) <= highest:
            return int(text)
        raise bad_request(f"The query parameter {name} must be a number from {lowest} to {highest}")

    def flag_query(self, name: str) -> bool:
        """A query parameter that is `true`."""
        return self.query(name).lower() == "true"

    def json(self) -> object:
        """The body as JSON; raises ApiError 400 (malformed) or 415 (another content type)."""
        content_type = self.headers.get("content-type", "application/json")
        if not content_type.lower().startswith("application/json"):
            raise ApiError(415, "unsupported.media.type", "The body must be application/json")
        try:
            return orjson.loads(self.body)
        except (orjson.JSONDecodeError, RecursionError) as error:
            raise bad_request("The body is not well-formed JSON") from error

    def fields(self, allowed: Iterable[str] | None = None) -> Fields:
        """The body as a JSON object; raises ApiError 400 or 415, also for fields that are not allowed."""
        body = Fields(self.json())
        if allowed is not None:
            body.allow(allowed)
        return body

    def form(self) -> dict[str, str]:
        """The body as form fields, the first value of each."""
        try:
            fields = parse_qs(self.body.decode("utf-8", "replace"), max_num_fields=50)
        except ValueError:
            return {}
        return {name: values[0] for name, values in fields.items()}


@dataclass(slots=True)
class Response:
    """One HTTP response; `body` is bytes as they go out. Status 0 is no answer at all."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)
    delay: float = 0.0


def known(**fields: object) -> JsonObject:
    """A document of the fields that are not None: the platform leaves out what it doesn't know."""
    return {name: value for name, value in fields.items() if value is not None}


def answer(document: object, status: int = 200) -> Response:
    """A response with this document as JSON."""
    return Response(status, orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))


def nothing(status: int = 204) -> Response:
    """A response without a body."""
    return Response(status)
