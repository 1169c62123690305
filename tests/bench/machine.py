"""What the figures were measured on, without naming the machine; and which core does what."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import resource
import sqlite3
import threading
from collections.abc import Collection, Iterator
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("prefect", "httpx", "pydantic", "SQLAlchemy", "PureCloudPlatformClientV2")


def describe_machine() -> dict[str, object]:
    """Cores, memory, versions, and when."""
    return {
        "at": datetime.now(timezone.utc).isoformat(timespec="minutes"),
        "cores": os.cpu_count(),
        "memory_gigabytes": round(_memory_bytes() / 2**30),
        "processor": _processor(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in PACKAGES},
    }


def load_now() -> float:
    """Processes that want a core, over the last minute: above the number of cores, figures suffer."""
    return round(os.getloadavg()[0], 2)


def cores() -> tuple[set[int], set[int]]:
    """The cores for what is measured, and the one for what answers it (the emulator)."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    every = os.sched_getaffinity(0)
    last = {max(every)}
    return (every - last or every), last


def peak_megabytes() -> float:
    """The most memory that this process had; what `getrusage` says began with its parent's."""
    return _peak_of("self") or round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


@contextlib.contextmanager
def watched_children() -> Iterator[list[float]]:
    """The most memory, in megabytes, that a child of this thread was seen with, ten times a second."""
    seen: list[float] = []
    ended = threading.Event()
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")

    def look() -> None:
        while not ended.wait(0.1):
            seen.extend(map(_peak_of, children.read_text().split() if children.exists() else ()))

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield seen
    finally:
        ended.set()
        watch.join()


def _peak_of(process: str) -> float:
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+([0-9]+) kB", Path(f"/proc/{process}/status").read_text())
        return round(int(found[1]) / 1024, 1) if found else 0.0
    return 0.0


def hold_to(pid: int, chosen: Collection[int]) -> None:
    """Keep a process (0 is this one) to some cores, where the system can."""
    if chosen and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, chosen)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
