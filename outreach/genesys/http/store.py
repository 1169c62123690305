"""The store where exports lie, at an address that an answer named: asked without our token, and guarded."""

from __future__ import annotations

import contextlib
from ipaddress import ip_address

from outreach.clock import Clock
from outreach.connections import Passage
from outreach.errors import Invalid, NotSent, WebhookError
from outreach.genesys.http import error_mapping
from outreach.genesys.http.exchange import EXCHANGE_ERRORS, Received, Transport, exchange
from outreach.http_connection import PlainRequest
from outreach.webhook.addresses import resolve, vet
from outreach.webhook.connection import PinnedBackend

_UNSAFE = (
    "Genesys named an address for the file that is not https, or leads to a network of our own; it was not "
    "asked. For a store in your own network set allow_private in the credentials block."
)


def unsafe(operation: str) -> Invalid:
    """What is raised for an address that may not be asked."""
    return Invalid(operation, 0, "unsafe_address", "", _UNSAFE)


def fetch(
    operation: str, request: PlainRequest, most_bytes: int, clock: Clock, *, allow_private: bool
) -> Received:
    """What the store answers. Raises GenesysError where it leads to a network of our own, or is away."""

    def guard(passage: Passage, proxy: str | None) -> PinnedBackend:
        return PinnedBackend(resolve, passage, allow_private=allow_private, guarded=proxy is None)

    try:
        with contextlib.suppress(ValueError):  # a proxy looks names up by itself, but an address is one
            vet([str(ip_address(request.url.host.decode().strip("[]")))], allow_private=allow_private)
        with Transport(guard) as way:
            return exchange(way, request, clock, most_bytes)
    except WebhookError as error:  # the guard's
        if error.code == "E_INVALID_TARGET":
            raise unsafe(operation) from error
        raise NotSent(operation, 0, "dns", "", "The export's host cannot be looked up.") from error
    except EXCHANGE_ERRORS as error:
        raise error_mapping.from_failure(operation, error) from error
