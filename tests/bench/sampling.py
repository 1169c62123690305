"""Where a process' own processor time goes, by step: looked at every few milliseconds of it.

Each thread's processor clock says how much of the time since the last look was its own: other programs on
the machine do not count. A thread other than the main one is seen where it let others go on, so its time may
stand one call beside where it was spent.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path
from sysconfig import get_path
from types import FrameType

EVERY_SECONDS = 0.004
"""Of processor time. One look takes 0.1 ms."""

OURS = ("outreach", "flows", "tasks", "blocks", "cli")
_ROOTS = tuple(
    f"{folder}/" for folder in (get_path("purelib"), get_path("stdlib"), Path(__file__).parents[2])
)
_STEPS = {
    "SQL": ("sqlalchemy", "alembic", "sqlite3", "outreach/ledger/database"),
    "transport": (
        "httpx",
        "httpcore",
        "outreach/http_connection",
        "outreach/kept_connections",
        "outreach/connections",
        "outreach/genesys/http/exchange",
    ),
    "pydantic": ("pydantic",),
    "hashing and sealing": (
        "hmac",
        "hashlib",
        "cryptography",
        "outreach/ledger/vault",
        "outreach/ledger/audit",
    ),
    "waiting, and changing threads": ("threading", "queue", "concurrent/futures", "outreach/concurrency"),
    "imports": ("<frozen importlib",),
    "Prefect": ("prefect", "anyio", "asyncio"),
}
"""The step that the innermost file belongs to which begins like one of these."""


class Sampler:
    """Counts processor time within its `with` block, which must be the main thread's."""

    def __init__(self) -> None:
        self.steps: defaultdict[str, float] = defaultdict(float)
        self._seen: dict[threading.Thread, float] = {}

    def __enter__(self) -> Sampler:  # noqa: PYI034 - typing.Self needs Python 3.11
        self._look(0, None)
        self.steps.clear()
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, EVERY_SECONDS, EVERY_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _look(self, _sign: int, interrupted: FrameType | None) -> None:
        frames = sys._current_frames()
        for thread in threading.enumerate():
            frame = frames.get(thread.ident or 0)
            if interrupted and thread is threading.main_thread():
                frame = interrupted
            if thread.native_id is None:  # it is about to begin
                continue
            with contextlib.suppress(OSError):  # it has ended meanwhile; `pthread_getcpuclockid` would crash
                clock = time.clock_gettime((~thread.native_id << 3) | 6)  # as Linux numbers them
                self.steps[_step(frame)] += clock - self._seen.get(thread, 0.0)
                self._seen[thread] = clock


def _step(frame: FrameType | None) -> str:
    """Of the innermost file that is somebody's."""
    while frame:
        path = frame.f_code.co_filename
        name = next((path[len(root) :] for root in _ROOTS if path.startswith(root)), path)
        for step, starts in _STEPS.items():
            if name.startswith(starts):
                return step
        if name.startswith(OURS):
            return f"`{'/'.join(name.split('/')[:2])}`"
        frame = frame.f_back
    return "else"
