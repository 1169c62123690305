"""From request to reply: token, budget, faults, permission, handler, and how the bytes shall go out.

route -> token (401) -> budget (429) -> fault before the effect -> permission (403) -> handler
-> fault after the effect -> reply
"""

from __future__ import annotations

import sys
import time
import traceback
import uuid
from dataclasses import dataclass
from typing import NoReturn

from emulator.catalogue import GUIDE_OPERATIONS, OPERATIONS
from emulator.errors import ApiError, forbidden, present
from emulator.http.messages import Request, Response
from emulator.http.routing import Operation, Router
from emulator.outbound.engine import catch_up
from emulator.state.faults import Fault
from emulator.state.limits import RateWindow, too_many
from emulator.state.organisation import Organisation
from emulator.state.tokens import Token

_ROUTER = Router(OPERATIONS)
_REFUSALS = {"error_before_effect", "rate_limited", "unauthorized"}
LONGEST_BODY = 512_000


@dataclass(slots=True)
class Reply:
    """A response and how it travels: after `delay` seconds, and whole unless `manner` names a fault."""

    response: Response | None
    delay: float = 0.0
    manner: str = ""
    drip_seconds: float = 0.0


class Application:
    """Answers every request to one organisation. Never raises."""

    def __init__(self, org: Organisation) -> None:
        self.org = org

    def answer(self, request: Request) -> Reply:
        """The reply to one request, after its effect (if any) has happened."""
        self.org.settle()
        operation, request.parameters = _ROUTER.find(request.method, request.path)
        if operation is not None and operation.own:
            return self._own(operation, request)
        return self._foreign(operation, request)

    def broken(self, status: int, code: str, message: str) -> Response:
        """The response to bytes that are no HTTP request."""
        return _refusal(ApiError(status, code, message), _correlation())

    def _own(self, operation: Operation, request: Request) -> Reply:
        """The emulator's own pages: no token, no budget, no faults."""
        response = self._handle(operation, request, _correlation())
        return Reply(response, response.delay, "" if response.status else "act_then_hang")

    def _foreign(self, operation: Operation | None, request: Request) -> Reply:
        correlation = _correlation()
        call = _Call(self.org, operation, request)
        fault: Fault | None = None
        delay = self.org.settings.latency_ms / 1000
        try:
            call.admit()
            fault, waits = self.org.faults.decide(call.name, request.method, request.path)
            delay += waits
            response = self._act(call, fault, correlation)
        except ApiError as error:
            response = _refusal(error, correlation)
        reply = _mangled(response, fault, delay, self.org, correlation)
        self._finish(call, reply, correlation)
        return reply

    def _act(self, call: _Call, fault: Fault | None, correlation: str) -> Response:
        if fault is not None and fault.kind in _REFUSALS:
            if fault.kind == "unauthorized" and call.token is not None:
                self.org.tokens.revoke(call.token.value)
            raise fault.error(self.org.clock.shown())
        if fault is not None and fault.kind == "reset_before":
            return Response(0)
        call.allow()
        return self._handle(call.operation, call.request, correlation)

    def _handle(self, operation: Operation, request: Request, correlation: str) -> Response:
        try:
            catch_up(self.org)
            return operation.handler(self.org, request)
        except ApiError as error:
            return _refusal(error, correlation)
        except Exception:  # noqa: BLE001  a mistake of ours must be seen, and must not stop the server
            traceback.print_exc(file=sys.stderr)
            failure = ApiError(500, "internal.server.error", "The emulator failed; see its standard error")
            return _refusal(failure, correlation)

    def _finish(self, call: _Call, reply: Reply, correlation: str) -> None:
        status = reply.response.status if reply.response is not None else 0
        token = call.token.value if call.token is not None else None
        self.org.metrics.count(call.name, status, token, call.token.client_id if call.token else "")
        if reply.response is not None:
            reply.response.headers += [("ININ-Correlation-Id", correlation), *call.limit_headers]


class _Call:
    """One request on its way through the checks."""

    def __init__(self, org: Organisation, operation: Operation | None, request: Request) -> None:
        self.org = org
        self.request = request
        self._found = operation
        self.name = operation.name if operation is not None else "unknown"
        self.token: Token | None = None
        self.limit_headers: list[tuple[str, str]] = []
        self._left: int | None = None

    @property
    def operation(self) -> Operation:
        """The operation; raises ApiError 404 when there is none."""
        return present(self._found, "resource")

    def admit(self) -> None:
        """Check the body's size, the token and its budget; raises ApiError 401, 404, 413 or 429."""
        if len(self.request.body) > LONGEST_BODY:
            raise ApiError(413, "request.entity.too.large", "The request is larger than 512000 bytes")
        if self._found is not None and self._found.open:
            return
        self.token = self.org.tokens.holder(self.request.headers.get("authorization", ""), self.org.now())
        self.request.token = self.token.value
        self._speak_its_language(self.token)
        self._spend(self.token)

    def allow(self) -> None:
        """Check the permission; raises ApiError 403 or 404."""
        operation = self.operation
        if self.token is None or not operation.permissions:
            return
        denied = self.org.settings.permissions_denied
        if not denied:
            return
        gone = {*denied.get(self.token.client_id, ()), *denied.get("*", ())}
        if gone.issuperset(operation.permissions):
            raise forbidden(operation.permissions)

    def _speak_its_language(self, token: Token) -> None:
        if self._found is None:
            return
        if token.api == "guide":
            self._found = GUIDE_OPERATIONS.get((self._found.method, self._found.template), self._found)
            self.name = self._found.name
        elif self._found.guide:
            self._found = None
            self.name = "unknown"

    def _spend(self, token: Token) -> None:
        settings, now = self.org.settings, time.monotonic()
        budgets = [
            (token.budget, settings.requests_per_minute),
            (self.org.tokens.client_budgets[token.client_id], settings.client_requests_per_minute),
            (self.org.tokens.organisation_budget, settings.organisation_requests_per_minute),
        ]
        taken: list[RateWindow] = []
        for budget, allowed in budgets:
            if allowed is None:
                continue
            fits, used, wait = budget.take(now, allowed, settings.window_seconds, settings.window)
            self._tell(used, allowed, wait)
            if not fits:
                for other in taken:
                    other.give_back()
                self._refuse(wait)
            taken.append(budget)
        if self._found is not None and self._found.creation and settings.creations_per_minute is not None:
            fits, _, wait = self.org.creations.take(
                now, settings.creations_per_minute, settings.window_seconds, settings.window
            )
            if not fits:
                self._refuse(wait)

    def _tell(self, used: int, allowed: int, wait: int) -> None:
        """In the headers: of the token's budget, or of the one with the fewest requests left."""
        if self.limit_headers and self.org.settings.headers_of == "token":
            return
        left = allowed - used
        if self._left is None or left < self._left:
            self._left = left
            names = ("count", "allowed", "reset")
            values = zip(names, (used, allowed, wait), strict=True)
            self.limit_headers = [(f"inin-ratelimit-{name}", str(value)) for name, value in values]

    def _refuse(self, wait: int) -> NoReturn:
        self.org.metrics.over_limit += 1
        raise too_many(wait)


def _mangled(
    response: Response, fault: Fault | None, delay: float, org: Organisation, correlation: str
) -> Reply:
    """The reply as the fault lets it out."""
    if fault is None or fault.kind in _REFUSALS:
        return Reply(response, delay)
    if fault.kind == "error_after_effect":
        return Reply(_refusal(fault.error(org.clock.shown()), correlation), delay)
    if fault.kind == "wrong_content_type":
        page = b"<html><body><h1>Welcome to the gateway</h1></body></html>"
        return Reply(Response(response.status, page, "text/html"), delay)
    if fault.kind == "empty_body":
        return Reply(Response(response.status, b"", response.content_type), delay)
    return Reply(response, delay, fault.kind, fault.seconds)


def _refusal(error: ApiError, correlation: str) -> Response:
    return Response(error.status, error.encode(correlation), headers=list(error.headers))


def _correlation() -> str:
    return str(uuid.uuid4())
