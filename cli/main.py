"""The `outreach` command: its verbs, and what becomes of errors.

exit 0   done
exit 1   the run's own verdict is red, or a system failed
exit 2   bad usage or input: one sentence says what, where, and what to do
exit 130 somebody stopped it
"""

# Ctrl-C while this module loads is a traceback, so it loads next to nothing: 0.06 s of 0.07 s come in `main`.
from __future__ import annotations

import atexit
import errno
import gc
import os
import sys
from typing import TYPE_CHECKING

from cli.ending import INTERRUPTED, end_process, leave
from cli.verbs import RENAMED, VERBS
from outreach import __version__
from outreach.errors import OutreachError, UsageError, WrongClient

if TYPE_CHECKING:
    from cyclopts import App

LISTING: tuple[set[str], ...] = ({"--help"}, {"-h"}, set())
"""Arguments that ask for the list of the verbs."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO})
"""What a disk says that takes nothing more: of an answer that goes to a file, as by cron."""

IMPORTING = (200_000, 20, 20)
"""When Python looks for reference cycles meanwhile: what is imported stays. At its own 700 objects, looking
takes a tenth of the time that importing Prefect takes; at 50,000 and at 100,000, once for a run, 0.02 s.
"""


def main() -> None:
    """The console script."""
    # The first, and so the last of what is done at the end; but for what others began with, to send traces.
    if not atexit._ncallbacks():  # noqa: SLF001 - nothing else tells
        atexit.register(leave)
    try:
        code = _start(sys.argv[1:])
    except KeyboardInterrupt:  # before a verb began, or a second one while the first was answered
        code = INTERRUPTED
    end_process(code)


def _start(arguments: list[str]) -> int:
    import logging

    gc.set_threshold(*IMPORTING)
    import cli.console  # noqa: F401 - loaded whole: half, it could not say that a verb was stopped

    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "outreach")
    # Each event that a server did not take that is away: the run says once that it is.
    os.environ.setdefault("PREFECT_INTERNAL_LOGGING_LEVEL", "CRITICAL")
    # Prefect counts aloud, beside our answer, what it still has to send when we end.
    logging.getLogger("EventsWorker").setLevel(logging.ERROR)
    logging.raiseExceptions = False
    return execute(arguments)


def execute(arguments: list[str]) -> int:
    """Run one command line; its exit code."""
    try:
        _refuse_bytes(arguments)
        result = make_app(arguments)(arguments, exit_on_error=False, print_error=False)
    except Exception as error:  # noqa: BLE001 - none may end in a traceback, which may hold somebody's data
        return _told(error)
    except KeyboardInterrupt:
        from cli.console import complain

        return complain("Stopped. Run it again: it goes on where it stood.", INTERRUPTED)
    return result if isinstance(result, int) else 0


def make_app(arguments: list[str]) -> App:
    """What reads a command line of ours: every verb, of which none is imported before it is asked for."""
    from cyclopts import App

    lists = set(arguments) in LISTING
    app = App(
        name="outreach",
        version=__version__,
        help="Contact people through Genesys Cloud: never twice, nothing lost, and the sums prove it.",
        result_action="return_value",
        suppress_keyboard_interrupt=False,  # by itself it ends the process, and says nothing
        help_epilogue="Every verb has --help. --json prints one JSON object and nothing else.",
        # The list is lines of plain text: to load what reads Markdown takes 0.04 s of its 0.2 s.
        help_format="plaintext" if lists else "markdown",
    )
    for place, line in VERBS.items():
        # Elsewhere the line would stand in the place of all that a verb's docstring says.
        app.command(place, name=RENAMED.get(place), help=line if lists else None)
    return app


def _refuse_bytes(arguments: list[str]) -> None:
    if any("\ud800" <= sign <= "\udfff" for argument in arguments for sign in argument):
        raise UsageError("The command line holds signs that are no text.", "Write it in UTF-8.")


def _told(error: Exception) -> int:
    """Say what went wrong in one sentence; the exit code."""
    from cyclopts import CycloptsError

    from cli.console import complain

    if isinstance(error, (UsageError, WrongClient, CycloptsError)):
        return complain(error, 2)
    if isinstance(error, OutreachError):
        return complain(error, 1)
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        return 1
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        said = f"This cannot be written: {error.strerror}. What was done is done: make room, and ask again."
        return complain(said, 1)
    if os.environ.get("OUTREACH_TRACEBACK"):
        raise error
    return complain(_mistake_of_ours(error), 1)


def _mistake_of_ours(error: Exception) -> str:
    """What nobody foresaw: its kind and its place in our code, for whoever mends it."""
    import traceback
    from pathlib import Path

    ours = [
        frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename
    ]
    place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "?"
    return (
        f"A mistake of this program: {type(error).__name__} in {place}. "
        "Please report it; with OUTREACH_TRACEBACK=1 the whole traceback is shown."
    )


if __name__ == "__main__":
    main()
