"""Errors of the platform in its envelope (platform fact sheet 2.1).

ApiError (status, code, message)
|- bad_request      400  bad.request
|- missing          404  not.found, contact.not.found, ...
|- forbidden        403  missing.permissions
`- conflict         409  conflict
"""

import re
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

T = TypeVar("T")


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that says no. Becomes the error envelope; never leaves the emulator as anything else."""

    status: int
    code: str
    message: str
    parameters: dict[str, str] = field(default_factory=dict)
    details: list[dict[str, str]] = field(default_factory=list)
    headers: list[tuple[str, str]] = field(default_factory=list)

    def envelope(self, context_id: str) -> dict[str, Any]:
        """The error as the platform writes it; `{name}` in the message stands for a parameter."""
        text = re.sub(r"\{(\w+)\}", lambda m: self.parameters.get(m[1], m[0]), self.message)
        body: dict[str, Any] = {"message": text, "code": self.code, "status": self.status}
        if self.parameters:
            body |= {"messageWithParams": self.message, "messageParams": self.parameters}
        return body | {"contextId": context_id, "details": self.details, "errors": []}

    def encode(self, context_id: str) -> bytes:
        """The envelope as bytes."""
        return orjson.dumps(self.envelope(context_id))


def bad_request(message: str, field_name: str = "", code: str = "bad.request") -> ApiError:
    """400, with the field that is wrong in the details."""
    details = [{"errorCode": code, "fieldName": field_name}] if field_name else []
    return ApiError(400, code, message, details=details)


def missing(what: str, code: str = "not.found") -> ApiError:
    """404 for something that this organisation doesn't have."""
    return ApiError(404, code, f"The requested {what} was not found")


def present(value: T | None, what: str, code: str = "not.found") -> T:
    """The value; raises the 404 when there is none."""
    if value is None:
        raise missing(what, code)
    return value


def conflict(message: str) -> ApiError:
    """409, which says nothing about duplicates by itself (platform fact sheet 2.1)."""
    return ApiError(409, "conflict", message)


def forbidden(permissions: tuple[str, ...]) -> ApiError:
    """403, naming the permission that is missing (any of several, if there are several)."""
    code = "missing.permissions" if len(permissions) == 1 else "missing.any.permissions"
    which = "permission(s)" if len(permissions) == 1 else "any of the permission(s)"
    message = (
        f"Unable to perform the requested action. You are missing the following {which}: {{permissions}}"
    )
    return ApiError(403, code, message, {"permissions": ", ".join(permissions)})
