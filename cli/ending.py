"""The end of the command: its exit code, and whether anything may still be sent."""

import contextlib
import gc
import os
import sys
import threading
from typing import NoReturn

INTERRUPTED = 130
"""The exit code of what a person stopped: 128, and the number of SIGINT."""

LAST_WORDS = threading.Event()
LAST_WORDS.set()
"""Whether Prefect may send at the end what still waits: to a server that is away, seconds for each event."""

_codes: list[int] = []
"""The exit code, once it is known."""


def end_process(code: int) -> NoReturn:
    """End with this exit code; at once where nobody hears our last words."""
    if not LAST_WORDS.is_set():
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    # Python looks through all that there is for cycles once more, though nothing is left to do: a second of
    # the processor's time where Prefect was imported, 0.06 s without.
    gc.freeze()
    _codes.append(code)
    sys.exit(code)


def leave() -> None:
    """End at once, when all threads have ended and all logs are sent; for `atexit`, where it must come last.

    Python would take apart all that was loaded, 0.05 s of the processor where Prefect was. Where an answer
    cannot be written, it says so itself.
    """
    if not _codes:
        return
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):  # there is none where it was closed before
            if not stream.closed:
                stream.flush()
    except OSError:
        return
    os._exit(_codes[-1])
