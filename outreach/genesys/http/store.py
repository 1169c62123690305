"""The store where exports lie, at an address that an answer named: asked without our token, and guarded."""

from __future__ import annotations

import contextlib
from ipaddress import ip_address

from outreach.clock import Clock
from outreach.errors import Invalid, NotSent, WebhookError
from outreach.genesys.http import error_mapping
from outreach.genesys.http.exchange import EXCHANGE_ERRORS, KEPT_SECONDS, Received, Transport, exchange
from outreach.http_connection import PlainRequest
from outreach.kept_connections import KeptConnections
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
    try:
        with contextlib.suppress(ValueError):  # a proxy looks names up by itself, but an address is one
            vet([str(ip_address(request.url.host.decode().strip("[]")))], allow_private=allow_private)
        with GuardedTransport(allow_private=allow_private) as way:
            return exchange(way, request, clock, most_bytes)
    except WebhookError as error:  # the guard's
        if error.code == "E_INVALID_TARGET":
            raise unsafe(operation) from error
        raise NotSent(operation, 0, "dns", "", "The export's host cannot be looked up.") from error
    except EXCHANGE_ERRORS as error:
        raise error_mapping.from_failure(operation, error) from error


class GuardedTransport(Transport):
    """The way to addresses that an answer named: the guard of webhooks holds for them.

    `allow_private` is for a store in one's own network.
    """

    def __init__(self, *, allow_private: bool) -> None:
        super().__init__()
        self._allow_private = allow_private

    def _open(self, proxy: str | None) -> KeptConnections:
        guard = PinnedBackend(resolve, self.passage, allow_private=self._allow_private, guarded=proxy is None)
        return KeptConnections(kept_seconds=KEPT_SECONDS, proxy=proxy, backend=guard)
