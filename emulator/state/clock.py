"""The emulator's clock: runs, can be sped up, moved forward, and be wrong (skewed)."""

import time
from functools import lru_cache


class Clock:
    """Seconds since the epoch. `now` is the organisation's time, `shown` what its answers claim it is."""

    def __init__(self) -> None:
        self.skew = 0.0
        self.speed = 1.0
        """Seconds of the organisation per real second; `run_at` changes it."""
        self._base = time.time()
        self._since = time.monotonic()

    def __getstate__(self) -> dict[str, float]:
        """What a file keeps: another process counts its seconds from elsewhere."""
        return {"skew": self.skew, "speed": self.speed, "_base": self.now()}

    def __setstate__(self, kept: dict[str, float]) -> None:
        """Go on from there."""
        self.__dict__.update(kept, _since=time.monotonic())

    def now(self) -> float:
        """The organisation's time."""
        return self._base + (time.monotonic() - self._since) * self.speed

    def shown(self) -> float:
        """The time that answers and their `Date` header claim."""
        return self.now() + self.skew

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once: conversations progress, tokens expire."""
        self._base += seconds

    def run_at(self, speed: float) -> None:
        """Run faster or slower from now on; 0 stands still."""
        self._base = self.now()
        self._since = time.monotonic()
        self.speed = speed


def iso(seconds: float) -> str:
    """`2026-03-01T12:00:00.000Z`, as the platform writes an instant."""
    whole, rest = divmod(round(seconds * 1_000_000), 1_000_000)
    return f"{_to_the_second(whole)}.{rest // 1000:03d}Z"


@lru_cache(maxsize=4096)
def _to_the_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
