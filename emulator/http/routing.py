"""Which operation a request is: method and path template to name, permission and handler."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from emulator.http.messages import Request, Response
from emulator.state.organisation import Organisation

Handler = Callable[[Organisation, Request], Response]

PLATFORM = "/api/v2"


@dataclass(frozen=True)
class Operation:
    """One operation. `permissions` are any-of; none means that a token is enough."""

    name: str
    method: str
    template: str
    handler: Handler
    permissions: tuple[str, ...] = ()
    open: bool = False
    """Needs no token and isn't counted against a budget."""
    own: bool = False
    """Of the emulator itself: beyond limits and faults, and not counted."""
    guide: Operation | None = None
    """What a guide token gets instead."""
    guide_only: bool = False
    """Not an operation of the platform API."""
    creation: bool = False
    """Counts against the guide API's contact creations."""


def platform_operation(
    name: str, method: str, path: str, handler: Handler, *permissions: str, guide: Operation | None = None
) -> Operation:
    """An operation of the platform API; `path` comes after `/api/v2`."""
    return Operation(name, method, PLATFORM + path, handler, permissions, guide=guide)


def guide_operation(
    name: str, method: str, path: str, handler: Handler, *permissions: str, creation: bool = False
) -> Operation:
    """An operation of the guide's API; `creation` counts against its contact creations."""
    return Operation(name, method, PLATFORM + path, handler, permissions, guide_only=True, creation=creation)


class Router:
    """Finds the operation of a path; a literal segment wins over a parameter."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._literal: dict[tuple[str, str], Operation] = {}
        self._by_shape: dict[tuple[str, int], list[tuple[list[str], Operation]]] = {}
        for operation in operations:
            if "{" in operation.template:
                segments = operation.template.split("/")
                self._by_shape.setdefault((operation.method, len(segments)), []).append((segments, operation))
            else:
                self._literal[operation.method, operation.template] = operation
        for candidates in self._by_shape.values():
            candidates.sort(key=lambda candidate: sum(part.startswith("{") for part in candidate[0]))

    def find(self, method: str, path: str) -> tuple[Operation | None, dict[str, str]]:
        """The operation and its path parameters; None when there is no such operation."""
        operation = self._literal.get((method, path))
        if operation is not None:
            return operation, {}
        segments = path.split("/")
        for template, candidate in self._by_shape.get((method, len(segments)), ()):
            parameters = _match(template, segments)
            if parameters is not None:
                return candidate, parameters
        return None, {}


def _match(template: list[str], segments: list[str]) -> dict[str, str] | None:
    parameters = {}
    for part, segment in zip(template, segments, strict=True):
        if part.startswith("{"):
            if not segment:
                return None
            parameters[part[1:-1]] = segment
        elif part != segment:
            return None
    return parameters
