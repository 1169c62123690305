"""Which operation a request is: method and path template to name, permission and handler."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from emulator.http.messages import Request, Response
from emulator.state.faults import OPERATIONS
from emulator.state.organisation import Organisation

Handler = Callable[[Organisation, Request], Response]


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
    guide: bool = False
    """Of the guide's API."""
    creation: bool = False
    """Counts against the guide API's contact creations."""


class Operations(list[Operation]):
    """The operations under one prefix of the path; decorating a handler with it adds one."""

    def __init__(self, prefix: str, *, open: bool = False, own: bool = False, guide: bool = False) -> None:  # noqa: A002  as the field
        super().__init__()
        self._prefix = prefix
        self._kind = {"open": open, "own": own, "guide": guide}

    def __call__(
        self, name: str, method: str, path: str, *permissions: str, creation: bool = False
    ) -> Callable[[Handler], Handler]:
        """Let the handler answer one operation more."""

        def add(handler: Handler) -> Handler:
            template = self._prefix + path
            OPERATIONS.add(name)
            self.append(
                Operation(name, method, template, handler, permissions, creation=creation, **self._kind)
            )
            return handler

        return add


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
