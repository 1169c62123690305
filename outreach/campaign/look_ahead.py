"""Whom of a batch to take up next, so that every sender has somebody to contact while the list has any.

    the list      a a a a b a a c a a a ...        a, b, c: lines, of senders with rates of their own
    lines         a: 1 2 3 4 6 7   b: 5   c: 8     people by what binds their call, in the list's order
    taken up      two seconds' worth of each

In the list's order alone, a sender would wait behind the people of another. Nobody is leased for it: somebody
who is gone, or changed, when their turn comes is not claimed.
"""

import math
from collections import Counter, deque
from collections.abc import Iterable

from outreach.campaign.run import Run
from outreach.ledger.claims import BatchRef, list_claimable
from outreach.ledger.intents import Intent

AT_ONCE = 500
"""So many people are looked at before some are taken up: a batch, as a budget has it."""

REFILL_SECONDS = 0.5
"""After so long at the most those who landed make room for others of their line."""

AT_LEAST = 4
"""So many of a line in the air: one waits for its turn while a busy ledger writes down who landed."""

_SECONDS = 2.0


class LookAhead:
    """The people of a batch by line, and how many of each line are in the air. For one thread."""

    def __init__(self, run: Run, batch: BatchRef) -> None:
        self._run, self._batch = run, batch
        self._lines: dict[str, deque[int]] = {}
        self._in_air: Counter[str] = Counter()
        self._after = batch.first - 1
        self._is_read = not run.genesys.narrow_budgets  # the list's order serves the tokens' budget alone
        self.patience = REFILL_SECONDS if run.genesys.narrow_budgets else math.inf
        """Seconds to wait for a group to land."""

    def choose(self, size: int) -> list[int] | None:
        """Up to so many people whose lines have room, perhaps none; None: whoever is left, in any order."""
        if not self._is_read:
            self._read_on()
        if not self._lines:
            return None
        chosen: list[int] = []
        taken: Counter[str] = Counter()
        while len(chosen) < size and (line := self._emptiest(taken)) is not None:
            chosen.append(self._lines[line].popleft())
            taken[line] += 1
        self._lines = {line: people for line, people in self._lines.items() if people}
        return chosen

    def line_of(self, intent: Intent) -> str:
        """Which line its call is in."""
        return self._run.genesys.narrow_budget_of(intent.claimed.contact, intent.channel)

    def took_off(self, intents: Iterable[Intent]) -> None:
        """Their calls are in the air."""
        self._in_air.update(map(self.line_of, intents))

    def landed(self, intents: Iterable[Intent]) -> None:
        """Their calls are not any more."""
        self._in_air.subtract(map(self.line_of, intents))

    def _read_on(self) -> None:
        free = AT_ONCE - sum(map(len, self._lines.values()))
        if free < AT_ONCE // 2:
            return
        found = list_claimable(
            self._run.ledger,
            self._run.campaign.id,
            self._batch,
            after=self._after,
            limit=free,
            channels=self._run.called_channels,
        )
        self._is_read = len(found) < free
        for person in found:
            line = (
                self._run.genesys.narrow_budget_of(person.contact, person.channel) if person.channel else ""
            )
            self._lines.setdefault(line, deque()).append(person.id)
        self._after = found[-1].id if found else self._after

    def _emptiest(self, taken: Counter[str]) -> str | None:
        """The line that has people, and of its share the least in the air; None when none has room."""
        shares = {
            line: (self._in_air[line] + taken[line]) / self._room(line)
            for line, people in self._lines.items()
            if people
        }
        return min(
            (line for line, share in shares.items() if share < 1), key=shares.__getitem__, default=None
        )

    def _room(self, line: str) -> int:
        rate = self._run.genesys.narrow_budgets.get(line, self._run.requests_per_second or math.inf)
        return max(AT_LEAST, math.ceil(min(rate, 1000.0) * _SECONDS))
