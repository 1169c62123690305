"""When a call may be made again, and after how long: three times at the most, a creating one never in doubt.

| It ended with | A read or convergent write | A creating call |
|---|---|---|
| NotSent (but not for TLS or a wrong URL) | again after 2, then 4 seconds | again after 2, then 4 seconds |
| RateLimited, up to PATIENCE seconds | again after `Retry-After` | again after `Retry-After` |
| Ambiguous | again after 2, then 4 seconds | never |
| NotSent, as its token of several was turned down | at once, with another | at once, with another |
| Unauthorized, but for the login itself | once more, with a new token | once more, with a new token |
| anything else | never | never |

What may be repeated is repeated in here, by `retry`. A call that contacts somebody is repeated by whoever
makes it, who must check again before each: `pause_before_repeat` says how long to wait.
"""

import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from outreach.errors import Ambiguous, GenesysError, NotSent, RateLimited, Unauthorized
from outreach.genesys.http.error_mapping import LOGIN
from outreach.genesys.rate_limit.pacer import GIVEN_UP, PATIENCE

Result = TypeVar("Result")

ATTEMPTS = 3
TOKEN_ENDED = "token_ended"  # noqa: S105  a code
"""The code of NotSent where a token of several was turned down, and another may have its turn."""

LASTING = frozenset({"tls", "unsupported_protocol", "invalid_url", GIVEN_UP})
"""Codes of NotSent that another try won't mend."""


def policy(sleep: Callable[[float], None], *, creates: bool) -> Retrying:
    """The policy for one kind of call; safe to share between threads."""
    return Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=_wait,
        retry=retry_if_exception(functools.partial(may_repeat, creates=creates)),
        sleep=sleep,
        reraise=True,  # our own error, not tenacity's
    )


def retry(retrying: Retrying, attempt: Callable[[], Result]) -> Result:
    """What the attempt gives, the first or a later one.

    The policy is only asked after a failure: to ask it before costs as much as a tenth of the call.
    """
    try:
        return attempt()
    except GenesysError as error:
        failures = [error]

    def again() -> Result:
        if failures:
            raise failures.pop()  # the first attempt, as the policy sees it
        return attempt()

    return retrying(again)


def may_repeat(error: BaseException, *, creates: bool) -> bool:
    """Whether the call that ended so may be made again at once."""
    if isinstance(error, RateLimited):
        return error.retry_after <= PATIENCE
    if isinstance(error, NotSent):
        return error.code not in LASTING
    return isinstance(error, Ambiguous) and not creates


def needs_another_token(error: GenesysError) -> bool:
    """Whether the token was turned down (renewed or revoked elsewhere), and not the login itself."""
    return isinstance(error, Unauthorized) and error.operation != LOGIN


def pause_before_repeat(failures: Sequence[GenesysError]) -> float | None:
    """Seconds until a creating call that ended so, try by try, may be made again; None: it may not."""
    last = failures[-1]
    if last.code == TOKEN_ENDED:  # another token's turn; that one has no turn again
        return 0.0
    failures = [failure for failure in failures if failure.code != TOKEN_ENDED]
    if needs_another_token(last):
        return 0.0 if sum(map(needs_another_token, failures)) == 1 else None
    if len(failures) >= ATTEMPTS or not may_repeat(last, creates=True):
        return None
    return _pause(last, len(failures))


def _wait(state: RetryCallState) -> float:
    return _pause(state.outcome.exception() if state.outcome else None, state.attempt_number)


def _pause(error: BaseException | None, tries: int) -> float:
    return error.retry_after if isinstance(error, RateLimited) else 2.0**tries
