"""When a run stops: nobody new is contacted; what is in the air is followed through.

too much goes wrong     `stop`, a failure: the reason stays with the campaign until it is run again
somebody asks for it    `call_off`: nothing is wrong, and the next run goes on
"""

import threading

from outreach.errors import Forbidden, GenesysError, Unauthorized
from outreach.ledger.contacts import RETRY_REFUSED
from outreach.settings import CampaignSettings


class AutoStop:
    """Counts the outcomes of a run's attempts and says stop once, with the reason. Safe for threads."""

    def __init__(self, settings: CampaignSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._attempts = self._failed = self._unknown = 0
        self._asked = self._not_taken = 0
        self._reason: str | None = None
        self._called_off = False

    @property
    def reason(self) -> str | None:
        """Why new contacts were stopped; None while they are not."""
        return self._reason

    @property
    def is_called_off(self) -> bool:
        """Whether somebody asked for it, so that nothing went wrong."""
        return self._called_off

    def count_started(self) -> None:
        """An attempt succeeded."""
        self._count()

    def count_failed(self, error: GenesysError) -> None:
        """An attempt failed; a missing permission stops at once."""
        if isinstance(error, (Forbidden, Unauthorized)):  # it would fail for everybody
            self.stop(str(error))
        self._count(failed=1)

    def count_unknown(self) -> None:
        """The outcome of an attempt is not known."""
        self._count(unknown=1)

    def count_registrations(self, registered: int, failed: int) -> None:
        """So many people are known to Genesys now, and so many it did not take."""
        with self._lock:
            self._asked += registered + failed
            self._not_taken += failed
            limit = self._settings.stop_failure_rate
            if self._asked >= self._settings.stop_after and self._not_taken > limit * self._asked:
                said = _sentence(self._not_taken, f"{self._asked} people were not registered", limit)
                self._reason = self._reason or f"{said} {RETRY_REFUSED}"

    def stop(self, reason: str) -> None:
        """Contact nobody new; the first reason stays."""
        with self._lock:
            self._reason = self._reason or reason  # the first is the cause, the rest follow from it

    def call_off(self, reason: str) -> None:
        """Contact nobody new, because somebody wants it so or the run has ended; the first reason stays."""
        with self._lock:
            self._called_off = self._called_off or self._reason is None
            self._reason = self._reason or reason

    def _count(self, failed: int = 0, unknown: int = 0) -> None:
        with self._lock:
            self._attempts += 1
            self._failed += failed
            self._unknown += unknown
            self._reason = self._reason or self._judge()  # under the lock: two threads must not both say why

    def _judge(self) -> str | None:
        limits = self._settings
        if self._attempts < limits.stop_after:  # a few failures of the first ten prove nothing
            return None
        if self._failed > limits.stop_failure_rate * self._attempts:
            said = _sentence(self._failed, f"{self._attempts} attempts failed", limits.stop_failure_rate)
            return f"{said} {RETRY_REFUSED}"
        if self._unknown > limits.stop_unknown_rate * self._attempts:
            what = f"{self._attempts} attempts have an unknown outcome"
            return _sentence(self._unknown, what, limits.stop_unknown_rate)
        return None


def _sentence(count: int, what: str, limit: float) -> str:
    return f"{count} of {what}, more than the {limit:.0%} that the settings allow."
