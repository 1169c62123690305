"""As many threads as this process may have connections: macOS gives a process 256 files, and services as few.

Of 256 files a run at 300 ms took all: connections that waited for their next request kept them, and the
ledger, which was closed for a moment, could not be opened any more.
"""

import contextlib
import logging
import sys

if sys.platform != "win32":
    import resource

BESIDE = 64
"""Files for everything else: 32 were open in a run of a few calls."""

A_THREAD = 4
"""Its call, half a registration, a webhook, and its part of the ledger's 24 connections, of 3 files each."""

_FEWER = (
    "This process may open %d files only: %d calls at once instead of %d. Raise its limit to %d (ulimit -n, "
    "systemd's LimitNOFILE, a container's ulimits)."
)
log = logging.getLogger(__name__)


def find_room(threads: int) -> int:
    """So many threads, or fewer where this process may open few files, after asking the system for more."""
    if sys.platform == "win32":  # it has no such limit
        return threads
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = BESIDE + A_THREAD * threads
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return threads
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    room = min(threads, max(1, (soft - BESIDE) // A_THREAD))
    if room < threads:
        log.warning(_FEWER, soft, room, threads, wanted)
    return room
