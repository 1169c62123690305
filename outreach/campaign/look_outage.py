"""While Genesys does not say which conversations there are: not asked again and again before each contact."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.errors import GenesysError

REST = timedelta(minutes=15)
"""One look that nobody answers takes 96 s, for which nobody is contacted: of 30 groups, 48 minutes."""


@dataclass
class LookOutage:
    """Until when nobody is looked for, and the error that it began with; both None while Genesys answers."""

    until: datetime | None = None
    error: GenesysError | None = None

    def begin(self, error: GenesysError, now: datetime) -> None:
        """A look failed now."""
        self.error, self.until = error, now + REST

    def lasts(self, now: datetime) -> bool:
        """Whether it is too early to look again."""
        return self.until is not None and now < self.until
