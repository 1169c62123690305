"""What the figures were measured on, without naming the machine; and which core does what."""

from __future__ import annotations

import os
import platform
import re
import resource
import sqlite3
from collections.abc import Collection
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
    status = Path("/proc/self/status")
    if status.exists():
        found = re.search(r"VmHWM:\s+([0-9]+) kB", status.read_text())
        if found:
            return round(int(found[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


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
