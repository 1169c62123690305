"""One campaign's stop, between this process and all others that work on it, which meet in the ledger.

outreach stop, another process ──> ledger ── looked at every second ──> our steps begin nothing new
too much went wrong here ────────> ledger ──> the others
the run ends early ──────────────> our steps, and nobody else's
"""

import contextlib
import threading
from collections.abc import Iterator

from outreach.campaign.auto_stop import AutoStop
from outreach.clock import LOOK_SECONDS
from outreach.errors import LedgerError
from outreach.genesys.interface import Genesys
from outreach.ledger.campaigns import Campaign
from outreach.ledger.ledger import Ledger
from outreach.ledger.runs import read_stop, stop_campaign

ENDED = "The run ended before its work was done."
"""What a call is told that was not begun any more."""

LAST_CALLS_SECONDS = 10.0
"""So long a run that ends early waits for calls in the air; what then becomes of them is looked for later."""


class StopWatch:
    """Carries stops to and fro while steps are at work. Safe for threads."""

    def __init__(self, ledger: Ledger, campaign: Campaign, genesys: Genesys, auto_stop: AutoStop) -> None:
        self._ledger, self._campaign, self._genesys = ledger, campaign, genesys
        self._auto_stop = auto_stop
        self._steps = 0
        self._is_told = False
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def heeding(self) -> Iterator[None]:
        """Look every second for the length of the block, in one thread for all blocks; first at once."""
        self.look()
        with self._changed:
            self._steps += 1
            if self._steps == 1:
                threading.Thread(target=self._run, name="stop-watch", daemon=True).start()
        try:
            yield
        finally:
            try:
                self.look()
            finally:
                with self._changed:
                    self._steps -= 1
                    self._changed.notify_all()

    def look(self) -> None:
        """Take over a stop from the ledger, and write ours there. Raises LedgerError."""
        if stop := read_stop(self._ledger, self._campaign):
            (self._auto_stop.call_off if stop.by else self._auto_stop.stop)(stop.reason)
            self._is_told = True
        if self._auto_stop.is_called_off:
            self._genesys.give_up()
        elif self._auto_stop.reason and not self._is_told:
            stop_campaign(self._ledger, self._campaign, self._auto_stop.reason)
            self._is_told = True

    def end(self, reason: str) -> bool:
        """Begin nothing new, and wait until every step is done; False when that would take too long."""
        self._auto_stop.call_off(reason)
        self._genesys.give_up()
        with self._changed:
            return self._changed.wait_for(lambda: not self._steps, LAST_CALLS_SECONDS)

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: not self._steps, LOOK_SECONDS):
                    return
            with contextlib.suppress(LedgerError):  # a ledger that stays away stops us by our lease
                self.look()
