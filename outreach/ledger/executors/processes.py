"""Who lives: what this machine knows of its processes, for its executors."""

import os
import socket
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

DEAD_AFTER = timedelta(seconds=60)  # thrice TRUSTED_SECONDS: it has long stopped sending
LIVING: set[str] = set()
"""The executors of this very process; one with our pid that is not here was left behind."""


@lru_cache(maxsize=1)
def host() -> str:
    """This machine, this boot of it, and this namespace of pids: elsewhere, a pid means nothing."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    namespace = Path("/proc/self/ns/pid")
    marks = [
        boot.read_text().strip()[:8] if boot.exists() else "",
        str(namespace.readlink()).strip("pid:[]") if namespace.is_symlink() else "",
    ]
    return "/".join([socket.gethostname()[:200], *marks])


def is_of_earlier_boot(there: str) -> bool:
    """Whether what `host` said there was said on a machine of this name before it was started again."""
    (name, boot, _), (ours, now, _) = there.split("/"), host().split("/")
    return name == ours and "" not in (boot, now) and boot != now


def born(pid: int) -> str | None:
    """When a process of this machine began, in the kernel's own count.

    None when there is no such process, "" when there is one whose beginning is not shown to us.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # gone, hidden from us, or no Linux
        return _exists(pid)
    fields = stat.rpartition(")")[2].split()  # a process's name may hold spaces and brackets
    return None if fields[0] in "ZX" else fields[19]  # a zombie has its pid still, and does no more


def _exists(pid: int) -> str | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        return ""
    return ""


def is_gone(pid: int, began: str) -> bool:
    """Whether the process that began then is surely no more: its pid is free, or another's."""
    now = born(pid)
    return now is None or (now != began and "" not in (now, began))  # "" is not shown: no proof
