"""How far a run is: contacts done, rate, time left and budget used, from counts taken now and then."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from outreach.clock import Clock
from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.states import RESTING, State
from outreach.report.wording import duration, number, percent

WINDOW_SECONDS = 30.0
"""The rate is that of so many last seconds."""

SHOWN = (State.STARTED, State.DEFERRED, State.BLOCKED, State.FAILED, State.HELD, State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Progress:
    """One look at a run.

    `done` contacts rest, or wait for an unknown outcome to be looked up. `per_second` and `seconds_left` are
    None until they can be told; `budget_used` is the part of the budget spent over the window, None without.
    """

    total: int
    done: int
    states: Mapping[str, int]
    per_second: float | None = None
    seconds_left: float | None = None
    budget_used: float | None = None

    @property
    def percent(self) -> float:
        """0 to 100, for a progress artifact; 0 while nothing is loaded."""
        return 100 * self.done / self.total if self.total else 0.0

    @property
    def sentence(self) -> str:
        """Like "1,240 of 2,000 contacts, 48 a second, 15 s left, 97.0 % of the budget used"."""
        words = [f"{number(self.done)} of {number(self.total)} contacts", *self.pace]
        return ", ".join(words)

    @property
    def pace(self) -> tuple[str, ...]:
        """Rate, time left and budget, as far as they are known."""
        words = []
        if self.per_second is not None:
            words.append(f"{self.per_second:.{0 if self.per_second >= 10 else 1}f} a second")
        if self.seconds_left is not None:
            words.append(f"{duration(round(self.seconds_left))} left")
        if self.budget_used is not None:
            words.append(f"{percent(self.budget_used)} of the budget used")
        return tuple(words)

    @property
    def outcomes(self) -> str:
        """Like "1,000 started, 9 deferred, 760 under way"; ended interactions count as started."""
        counts = dict(self.states)
        counts[State.STARTED] = counts.get(State.STARTED, 0) + counts.pop(State.ENDED, 0)
        words = [f"{number(counts[state])} {state}" for state in SHOWN if counts.get(state)]
        left = self.total - self.done
        return ", ".join([*words, f"{number(left)} under way"] if left or not words else words)


class ProgressMeter:
    """Turns counts into Progress. For one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looks: deque[tuple[float, int, int | None]] = deque()

    def look(self, states: Mapping[str, int], usage: UsageSnapshot | None = None) -> Progress:
        """Turn contacts by state (`count_states`) and what the client has spent into progress."""
        total = sum(states.values())
        done = sum(states.get(state, 0) for state in (*RESTING, State.UNKNOWN))
        now = self._clock.monotonic()
        self._looks.append((now, done, usage.requests if usage else None))
        # One look from before the window stays: the rate is that of the whole window.
        while len(self._looks) > 2 and self._looks[1][0] < now - WINDOW_SECONDS:
            self._looks.popleft()
        then, done_then, requests_then = self._looks[0]
        span = now - then
        rate = (done - done_then) / span if span > 0 and done > done_then else None  # 0 tells no time left
        left = (total - done) / rate if rate and done < total else None
        used = None
        if usage and usage.budget_per_minute and requests_then is not None and span > 0:
            used = (usage.requests - requests_then) / (usage.budget_per_minute * span / 60)
        return Progress(total, done, dict(states), rate, left, used)
