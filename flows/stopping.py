"""How a run ends that something else ends: Prefect (`flows.prefect_watch`), a signal, `outreach stop`.

    Ctrl-C, SIGTERM ──> nobody new; what is in the air is written down, in seconds; then the process ends

`outreach stop` goes through the ledger, see `outreach.campaign.stop_watch`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Any

from prefect.client.schemas.objects import State
from prefect.exceptions import TerminationSignal
from prefect.futures import PrefectFuture, wait
from prefect.states import Cancelled

from blocks.ledger import is_deployed
from outreach.campaign.run import Run
from outreach.clock import LOOK_SECONDS
from outreach.errors import NotSent
from outreach.ledger.contacts import count_in
from outreach.ledger.states import CONTACTED, WAITING

INTERRUPTED = (KeyboardInterrupt, TerminationSignal, NotSent)
"""What ends a flow early; NotSent where the run was stopped while something waited for its turn."""

log = logging.getLogger("outreach.stop")


def wait_for(work: Sequence[PrefectFuture[Any]]) -> None:
    """Until all of it is done, or a signal ends the wait.

    Not by Prefect's `wait` alone: the kernel may hand a signal to any thread, and who waits without a limit
    is not woken by it. Seen on a busy machine: a SIGTERM was obeyed 46 seconds later, everybody contacted.
    """
    done: SimpleQueue[PrefectFuture[Any]] = SimpleQueue()
    for each in work:
        each.add_done_callback(done.put)
    left = len(work)
    while left:
        with contextlib.suppress(Empty):
            done.get(timeout=LOOK_SECONDS)
            left -= 1
    wait(list(work))  # each knows its own end, too


def end_early(run: Run, interrupt: BaseException) -> State[Any]:
    """The run was interrupted: write down what is in the air, and say what was done.

    Raises:
        NotSent: again, where it does not come of a stop.
        TerminationSignal: again, where a runner of Prefect sent it: how the run ends is the runner's to say.
    """
    if isinstance(interrupt, NotSent) and not run.has_given_up(interrupt):
        raise interrupt
    run.stop_watch.end("The run was interrupted.")
    sentence = describe_stop(run)
    log.warning("%s", sentence)
    if isinstance(interrupt, TerminationSignal) and is_deployed():
        raise interrupt
    return Cancelled(message=sentence)


def describe_stop(run: Run) -> str:
    """Why it stopped, how many were contacted, and how to go on: one line."""
    contacted, waiting = (count_in(run.ledger, run.campaign.id, states) for states in (CONTACTED, WAITING))
    return (
        f"{run.auto_stop.reason or 'Stopped.'} {contacted:,} contacted, {waiting:,} not yet. "
        f"Run campaign {run.campaign.name} again: it resumes, and contacts nobody twice."
    )
