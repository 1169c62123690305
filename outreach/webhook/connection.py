"""Connections that go only where the guard looked, and that end when their time is up.

The name is resolved here, its addresses are vetted here, and the socket is opened to one of exactly these
addresses: there is no second look-up that could answer differently. TLS is still checked against the name.
The deadline belongs to the thread that makes the request, so no receiver can stretch it by answering slowly.
"""

from __future__ import annotations

import queue
import ssl
import threading
from collections.abc import Iterable
from ipaddress import ip_address

import httpcore

from outreach.connections import Passage, WholeStream
from outreach.errors import WebhookError
from outreach.webhook.addresses import Resolver, vet

CONNECT_SECONDS = 5.0
"""The limit for looking the name up, and for each address that is tried."""


class BoundStream(WholeStream):
    """A socket whose every wait ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Passage) -> None:
        super().__init__(stream, deadline)
        self._deadline = deadline

    def limit(self, timeout: float | None) -> float:
        """What is left; httpcore.ReadTimeout when nothing is."""
        del timeout
        # httpcore's own limits begin anew at each read: a byte every 14 seconds would last for ever.
        return self._deadline.remaining()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> BoundStream:
        """The same, encrypted; a handshake that fails is a WebhookError E_TLS."""
        try:
            stream = self._stream.start_tls(ssl_context, server_hostname, self.limit(timeout))
        except httpcore.ConnectError as error:
            reason = getattr(error.__cause__, "verify_message", "") or "the handshake failed"
            raise WebhookError("E_TLS", f"The webhook's host could not prove itself: {reason}.") from error
        return BoundStream(stream, self._deadline)


class PinnedBackend(httpcore.NetworkBackend):
    """Opens sockets to vetted addresses only."""

    def __init__(
        self, resolve: Resolver, deadline: Passage, *, allow_private: bool, guarded: bool = True
    ) -> None:
        self._resolve = resolve
        self._deadline = deadline
        self._allow_private = allow_private
        self._guarded = guarded
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> BoundStream:
        """The first of the host's vetted addresses that answers."""
        del timeout
        failure: httpcore.NetworkError | httpcore.TimeoutException | None = None
        for address in self._addresses(host, port):
            seconds = min(CONNECT_SECONDS, self._deadline.remaining())
            try:
                stream = self._sockets.connect_tcp(address, port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return BoundStream(stream, self._deadline)
        raise failure or httpcore.ConnectError("no address")

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = [str(ip_address(host))]  # needs no look-up, but the guard as well
        except ValueError:
            found = self._looked_up(host, port)
        return vet(found, allow_private=self._allow_private) if self._guarded else found

    def _looked_up(self, host: str, port: int) -> list[str]:
        """The system's look-up cannot be interrupted, so it runs beside us and may be left behind."""
        answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                answer.put(list(self._resolve(host, port)))
            except Exception as error:  # noqa: BLE001 - it is handed to the thread that waits
                answer.put(error)

        threading.Thread(target=look_up, name="webhook-dns", daemon=True).start()
        try:
            found = answer.get(timeout=min(CONNECT_SECONDS, self._deadline.remaining()))
        except queue.Empty:
            found = TimeoutError()
        if isinstance(found, Exception):
            raise WebhookError("E_DNS", "The webhook's host could not be looked up.") from found
        return found
