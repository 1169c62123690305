"""The tokens of one client, each with a lane of the budget; one that is refused or ended is left out a while.

login refused, the login host away    left out, as long as another token is there
401 of a token that was good          renewed, as with one token; the call has another's turn meanwhile
401 after a login of another one      that login ended it: left out, or the two would end each other by turns

They log in one after another, so that it is known which login came last when one is turned down.
"""

import copy
import logging
import threading
from collections.abc import Sequence

from outreach.clock import Clock
from outreach.errors import GenesysError, NotSent, RateLimited, WrongClient
from outreach.genesys.http.auth import Token
from outreach.genesys.http.retries import TOKEN_ENDED
from outreach.genesys.rate_limit.pacer import Pacer, Turn

REFUSED_SECONDS, ENDED_SECONDS, AWAY_SECONDS = 600.0, 3600.0, 30.0
"""How long it is left out whose login was refused, that another's login ended, or that could not log in."""

_ENDED = "A later login ended the token: lower `tokens` in the credentials block to what lives at once."

log = logging.getLogger(__name__)


class TokenPool:
    """Safe for threads. `tokens`: one for each lane of the budget, in its order."""

    def __init__(self, tokens: Sequence[Token], pacer: Pacer, clock: Clock) -> None:
        self._tokens = tokens
        self._pacer = pacer
        self._clock = clock
        self._good_at = [float("-inf")] * len(tokens)
        self._out_until = [float("-inf")] * len(tokens)
        self._turned_down = [False] * len(tokens)
        self._failures: dict[int, tuple[float, GenesysError]] = {}
        self._lock = threading.RLock()

    def __len__(self) -> int:
        return len(self._tokens)

    def bearer(self, lane: int) -> str:
        """What goes behind `Bearer`; "" when there is none, and the turn of another token must be waited for.

        Raises Unauthorized, RateLimited or NotSent when there is no other.
        """
        if known := self._tokens[lane].known():
            return known.value
        asked = self._clock.monotonic()
        with self._lock:
            if self._is_out(lane):  # since it had its turn
                return ""
            failed_at, error = self._failures.get(lane, (asked, None))
            # Each of 128 threads tried in turn: where a host keeps silent for 30 s the last heard in an hour.
            if error is not None and failed_at > asked:
                raise copy.copy(error)
            return self._log_in(lane)

    def _log_in(self, lane: int) -> str:
        try:
            return self._tokens[lane].bearer()
        except GenesysError as error:
            self._failures[lane] = self._clock.monotonic(), error
            seconds = AWAY_SECONDS
            if isinstance(error, (RateLimited, WrongClient)):
                seconds = error.retry_after if isinstance(error, RateLimited) else REFUSED_SECONDS
            if not self._leave_out(lane, seconds, f"could not log in ({error.code})"):
                raise
            return ""

    def turn_at_once(self) -> tuple[Turn, str]:
        """A token for what is not paced, and its turn."""
        for lane in range(len(self._tokens)):
            if bearer := self.bearer(lane):
                return Turn(lane, self._clock.monotonic(), 0.0, ""), bearer
        with self._lock:
            bearer = self._tokens[0].bearer()
        return Turn(0, self._clock.monotonic(), 0.0, ""), bearer

    def accepted(self, lane: int, sent_at: float) -> None:
        """An answer says that the token was good when the request left."""
        self._good_at[lane] = max(self._good_at[lane], sent_at)
        self._turned_down[lane] = False

    def turned_down(self, lane: int, bearer: str, error: GenesysError) -> GenesysError:
        """What a 401 means: NotSent where another token may have its turn, else its error.

        However many were ended or revoked together: each of several is turned down once before that.
        """
        with self._lock:
            again = self._turned_down[lane]
            current = self._tokens[lane].renew(bearer)  # another thread may have a newer by now
            self._turned_down[lane] |= current
            if current and self._was_ended(lane):
                self._leave_out(lane, ENDED_SECONDS, "was ended by the login of another")
            if not self._is_out(lane) and (again or len(self) == 1):
                return error
        return NotSent(error.operation, error.status, TOKEN_ENDED, error.correlation_id, _ENDED)

    def _was_ended(self, lane: int) -> bool:
        good_at = max(self._good_at[lane], self._tokens[lane].fetched_at)
        return any(token.fetched_at > good_at for token in self._tokens if token is not self._tokens[lane])

    def _is_out(self, lane: int) -> bool:
        return self._out_until[lane] > self._clock.monotonic()

    def _leave_out(self, lane: int, seconds: float, why: str) -> bool:
        now = self._clock.monotonic()
        left = sum(until <= now for number, until in enumerate(self._out_until) if number != lane)
        if left:
            self._out_until[lane] = now + seconds
            self._pacer.leave_out(lane, seconds)
            log.warning("Token %d of %d %s: going on with %d", lane + 1, len(self), why, left)
        return bool(left)
