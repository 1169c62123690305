"""When a call may be made again, and after how long: three times at the most, a creating one never in doubt.

| It ended with | A read or convergent write | A creating call |
|---|---|---|
| NotSent (but not for TLS or a wrong URL) | again after 2, then 4 seconds | again after 2, then 4 seconds |
| RateLimited, up to PATIENCE seconds | again after `Retry-After` | again after `Retry-After` |
| Ambiguous | again after 2, then 4 seconds | never |
| NotSent, as its token of several was turned down | at once, with another | at once, with another |
| Unauthorized, but for the login itself | once more, with a new token | once more, with a new token |
| anything else | never | never |

What may be repeated is repeated in here, by `repeat`. A call that contacts somebody is repeated by whoever
makes it, who must check again before each: `pause_before_repeat` says how long to wait.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from tenacity import Retrying, retry_if_exception

from outreach.errors import Ambiguous, GenesysError, NotSent, RateLimited, Unauthorized
from outreach.genesys.http.error_mapping import LOGIN
from outreach.genesys.rate_limit.pacer import GIVEN_UP, PATIENCE

Result = TypeVar("Result")

ATTEMPTS = 3
TOKEN_ENDED = "token_ended"  # noqa: S105  a code
"""The code of NotSent where a token of several was turned down, and another may have its turn."""

LASTING = frozenset({"tls", "unsupported_protocol", "invalid_url", GIVEN_UP})
"""Codes of NotSent that another try won't mend."""


def repeat(attempt: Callable[[], Result], pause: Callable[[float], None], *, creates: bool) -> Result:
    """What the attempt gives, the first or a later one. Raises what the last one did."""
    failures: list[GenesysError] = []

    def may_repeat(error: BaseException) -> bool:
        if not isinstance(error, GenesysError):
            return False
        failures.append(error)
        return pause_before_repeat(failures, creates=creates) is not None

    retrying = Retrying(
        retry=retry_if_exception(may_repeat),
        wait=lambda _: pause_before_repeat(failures, creates=creates) or 0.0,
        sleep=pause,
        reraise=True,  # our own error, not tenacity's
    )
    return retrying(attempt)


def pause_before_repeat(failures: Sequence[GenesysError], *, creates: bool = True) -> float | None:
    """Seconds until a call that ended so, try by try, may be made again; None: it may not."""
    last = failures[-1]
    if last.code == TOKEN_ENDED:  # another token's turn; that one has no turn again
        return 0.0
    failures = [failure for failure in failures if failure.code != TOKEN_ENDED]
    if _needs_another_token(last):
        return 0.0 if sum(map(_needs_another_token, failures)) == 1 else None
    if len(failures) >= ATTEMPTS or not _may_repeat(last, creates=creates):
        return None
    return last.retry_after if isinstance(last, RateLimited) else 2.0 ** len(failures)


def _needs_another_token(error: GenesysError) -> bool:
    """Whether the token was turned down (renewed or revoked elsewhere), and not the login itself."""
    return isinstance(error, Unauthorized) and error.operation != LOGIN


def _may_repeat(error: GenesysError, *, creates: bool) -> bool:
    if isinstance(error, RateLimited):
        return error.retry_after <= PATIENCE
    if isinstance(error, NotSent):
        return error.code not in LASTING
    return isinstance(error, Ambiguous) and not creates
