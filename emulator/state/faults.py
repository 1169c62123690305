"""Faults: which rule fires for which call, decided by count or by a seeded probability.

before the effect                      after the effect (it happened, the caller can't know)
  reset_before          no answer        error_after_effect   5xx
  error_before_effect   5xx, 4xx         act_then_hang        never an answer
  rate_limited          429              act_then_reset       connection reset, no byte
  unauthorized          401              reset_after_headers  headers, then reset
                                         truncated_json       half a body, then closed
either                                   wrong_content_type   a gateway's HTML, status kept
  latency               waits            empty_body           no body, status kept
  entity_error          one entity       slow_drip            a few bytes at a time
                        of a bulk fails
"""

import random
import time
from email.utils import formatdate
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import Strict, model_validator

from emulator.errors import ApiError
from emulator.state.values import Document, Positive, Seconds, Share, Status, Whole

KINDS = (
    *("reset_before", "error_before_effect", "rate_limited", "unauthorized"),
    *("error_after_effect", "act_then_hang", "act_then_reset", "reset_after_headers"),
    *("truncated_json", "wrong_content_type", "empty_body", "slow_drip"),
    *("latency", "entity_error"),
)
ALIASES = {
    "act_then_drop": "act_then_reset",
    "drop_before": "reset_before",
    "5xx_after_effect": "error_after_effect",
}
OPERATIONS: set[str] = set()
"""Names of operations that faults may be about, put in where each is declared: where none is, none runs."""
_OWN_DEFAULTS: dict[str, dict[str, int]] = {
    "rate_limited": {"retry_after": 1},
    "entity_error": {"status": 503},
}
ABSURD_SECONDS = 86_400
_CODES = {
    500: "internal.server.error",
    503: "service.unavailable",
    504: "request.timeout",
    408: "client.timeout",
}


class Fault(Document):
    """One rule. It counts the calls that match `operation` and fires on those that its limits name.

    `operation` is a name (`messages.agentless`), a pattern (`contacts.*`), or `METHOD /path` with `*`.
    `nth` names calls by number (from 1), `every` each n-th, `after` skips the first n, `times` ends after
    n firings, `for_seconds` after that much real time; `probability` is drawn last, from the seed.
    """

    kind: str
    operation: str = "*"
    probability: Share = 1.0
    nth: Annotated[tuple[Whole, ...], Strict(strict=False)] = ()
    every: Positive = 1
    after: Whole = 0
    times: Whole | None = None
    for_seconds: Seconds | None = None
    status: Status = 500
    retry_after: int | Literal["date", "absurd", "none"] | None = None
    retryable: bool = True
    seconds: Seconds = 0.0
    most_seconds: Seconds | None = None
    sigma: Seconds | None = None

    @model_validator(mode="before")
    @classmethod
    def _complete(cls, values: object) -> object:
        """Take the kind's other names, one number for `nth`, and what a kind has as its own default."""
        if not isinstance(values, dict):
            return values
        kind = str(values.get("kind", "")).replace("-", "_")
        kind = ALIASES.get(kind, kind)
        if kind not in KINDS:
            raise ValueError(f"a fault needs a kind, one of {', '.join(KINDS)}")
        nth = values.get("nth", ())
        own = _OWN_DEFAULTS.get(kind, {})
        return {**own, **values, "kind": kind, "nth": (nth,) if isinstance(nth, int) else nth}

    @model_validator(mode="after")
    def _is_about_something(self) -> "Fault":
        """A rule that fits nothing would never fire, and whoever tests with it believe that all went well."""
        is_known = not OPERATIONS or "/" in self.operation
        if not is_known and not any(fnmatchcase(name, self.operation) for name in OPERATIONS):
            raise ValueError(f"no operation is called {self.operation!r}; the names are in docs/emulator.md")
        return self

    def matches(self, operation: str, method: str, path: str) -> bool:
        """Whether this rule is about this call."""
        return (
            self.operation in ("*", operation)
            or fnmatchcase(operation, self.operation)
            or fnmatchcase(f"{method} {path}", self.operation)
        )

    def retry_after_header(self, now: float) -> list[tuple[str, str]]:
        """`Retry-After` as seconds, as an HTTP date, absurdly long, or not at all."""
        if self.retry_after is None or self.retry_after == "none":
            return []
        if self.retry_after == "date":
            return [("Retry-After", formatdate(now + max(self.seconds, 1.0), usegmt=True))]
        seconds = ABSURD_SECONDS if self.retry_after == "absurd" else self.retry_after
        return [("Retry-After", str(seconds))]

    def error(self, now: float) -> ApiError:
        """The answer of a fault that speaks: 429, 401 or a status of one's choice."""
        headers = self.retry_after_header(now)
        if self.kind == "rate_limited":
            code = "too.many.requests.retry.after" if headers else "too.many.requests"
            return ApiError(429, code, "Rate limit exceeded the maximum", headers=headers)
        if self.kind == "unauthorized":
            return ApiError(401, "bad.credentials", "Invalid login credentials.")
        code = _CODES.get(self.status, "internal.server.error")
        return ApiError(
            self.status, code, "The request could not be completed by the server", headers=headers
        )


class _Rule:
    """A fault with its own count and its own chance."""

    __slots__ = ("chance", "fault", "fired", "seen", "until")

    def __init__(self, fault: Fault, seed: str) -> None:
        self.fault = fault
        self.chance = random.Random(seed)
        self.seen = 0
        self.fired = 0
        self.until = None if fault.for_seconds is None else time.monotonic() + fault.for_seconds

    def fires(self) -> bool:
        fault = self.fault
        self.seen += 1
        count = self.seen - fault.after
        if count < 1 or count % fault.every or (fault.nth and self.seen not in fault.nth):
            return False
        if fault.times is not None and self.fired >= fault.times:
            return False
        if self.until is not None and time.monotonic() > self.until:
            return False
        if fault.probability < 1 and self.chance.random() >= fault.probability:
            return False
        self.fired += 1
        return True

    def delay(self) -> float:
        """Seconds: fixed, uniform up to `most_seconds`, or log-normal around `seconds` with `sigma`."""
        fault = self.fault
        if fault.sigma is not None:
            drawn = fault.seconds * self.chance.lognormvariate(0.0, fault.sigma)
            return min(drawn, fault.most_seconds or drawn)
        if fault.most_seconds is not None:
            return self.chance.uniform(fault.seconds, fault.most_seconds)
        return fault.seconds


class FaultBook:
    """The rules in force. The same seed and the same calls give the same faults."""

    def __init__(self, faults: tuple[Fault, ...], seed: int) -> None:
        self._rules = [_Rule(fault, f"{seed}/{number}") for number, fault in enumerate(faults)]

    def decide(self, operation: str, method: str, path: str) -> tuple[Fault | None, float]:
        """The fault of this call, if any, and the seconds that its answer waits."""
        chosen: Fault | None = None
        delay = 0.0
        for rule in self._rules:
            kind = rule.fault.kind
            if kind == "entity_error" or not rule.fault.matches(operation, method, path):
                continue
            if kind != "latency" and chosen is not None:
                continue
            if rule.fires():
                if kind == "latency":
                    delay += rule.delay()
                else:
                    chosen = rule.fault
        return chosen, delay

    def entity_error(self, operation: str) -> Fault | None:
        """The fault of one entity of a bulk call, if any."""
        for rule in self._rules:
            if rule.fault.kind == "entity_error" and rule.fault.matches(operation, "", "") and rule.fires():
                return rule.fault
        return None

    def fired(self) -> list[dict[str, Any]]:
        """Each rule with its counts, for the page and for tests."""
        return [
            rule.fault.model_dump(mode="json", exclude_defaults=True)
            | {"seen": rule.seen, "fired": rule.fired}
            for rule in self._rules
        ]
