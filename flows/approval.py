"""A person's word before many are contacted: the run pauses, shows the dry run's numbers, and waits.

    few contacts, or nobody wants to be asked ──> goes on
    many ── Paused: the UI shows a form ──> approved      goes on
                                        ──> refused       Completed "Refused", nobody was contacted
                                        ──> no answer     Completed "NotApproved", nobody was contacted

The contacts are loaded by then, and wait in the ledger: running the campaign again asks again.
"""

import contextlib
import contextvars
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from prefect.flow_runs import pause_flow_run, resume_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.utilities.urls import url_for
from pydantic import Field

from outreach.campaign.run import Run
from outreach.decisions.dry_run import decide_all
from outreach.sources.source import Source
from tasks.progress import Sink

POLL_SECONDS = 5
SLACK_SECONDS = 3600
"""Prefect's own time-out fails the run, so it comes later than ours, which ends it clean."""

TIME_OUT = "the time-out"
"""Whose name the form carries when nobody filled it in."""

log = logging.getLogger("outreach.approval")


class Answer(Enum):
    """Who answered, and what; the value of a no is the name of the state that the run ends in."""

    NOT_NEEDED = "NotNeeded"
    APPROVED = "Approved"
    REFUSED = "Refused"
    NOBODY = "NotApproved"


@dataclass(frozen=True)
class Said:
    """The answer, and why where it is no."""

    answer: Answer
    sentence: str = ""

    @property
    def is_no(self) -> bool:
        """Whether nobody may be contacted."""
        return self.answer in (Answer.REFUSED, Answer.NOBODY)


class Approval(RunInput):
    """The form that the UI shows."""

    approve: bool = Field(
        default=False, title="Approve", description="Contact these people. Off: end the run."
    )
    by: str = Field(default="", max_length=100, title="Your name", description="For the run's log.")
    reason: str = Field(default="", max_length=500, title="Reason", description="Why, if you refuse.")


def ask(run: Run, due: int, reopen: Callable[[], Source], sinks: Sequence[Sink] = ()) -> Said:
    """Wait for a person's word when more contacts are due than the settings let pass.

    Args:
        run: the campaign's, loaded.
        due: contacts that would be taken up now.
        reopen: opens the source once more, for the dry run.
        sinks: where it is said that somebody is waited for.
    """
    threshold = run.settings.approve_above
    if threshold is None or due <= threshold:
        return Said(Answer.NOT_NEEDED)
    form = describe(run.campaign.name, due, Counter(_verdicts(run, reopen())))
    for sink in sinks:
        sink.tell(f"{due:,} contacts wait for a person's approval{_where()}.")
    minutes = run.settings.approve_within_minutes
    filled = _wait_for(form, minutes * 60)
    if filled.approve:
        log.info("%s contacts approved by %s", due, filled.by or "somebody")
        return Said(Answer.APPROVED)
    if filled.by == TIME_OUT:
        return Said(Answer.NOBODY, f"Nobody approved within {minutes:g} minutes.")
    because = f": {filled.reason.rstrip('.')}." if filled.reason else "."
    return Said(Answer.REFUSED, f"Refused by {filled.by or 'somebody'}{because}")


def describe(campaign: str, due: int, counts: Mapping[str, int]) -> str:
    """The dry run's numbers, as the form shows them."""
    rows = "\n".join(f"| {verdict} | {count:,} |" for verdict, count in sorted(counts.items()))
    return (
        f"**{campaign}** would take up **{due:,}** contacts now. The dry run says:\n\n"
        f"| verdict | rows |\n|---|---|\n{rows}\n\n"
        "Submit with *Approve* on to contact them, or off to end the run."
    )


def _where() -> str:
    url = url_for("flow-run", flow_run.id)
    return f": {url}" if url else " in Prefect's UI"


def _verdicts(run: Run, source: Source) -> Iterator[str]:
    now = run.ledger.clock.now()
    decided = decide_all(
        source, run.settings, campaign=run.campaign.name, at=now, ledger=run.ledger, senders=run.senders
    )
    for row in decided:
        channel = row.decision.channel if row.decision else None
        yield f"{row.verdict} by {channel.value}" if channel else row.verdict


def _wait_for(text: str, seconds: float) -> Approval:
    """Pause until somebody answers; after `seconds` the answer is no, by nobody."""
    form = Approval.with_initial_data(description=text)
    with _answering_after(seconds):
        return pause_flow_run(
            wait_for_input=form, timeout=int(seconds) + SLACK_SECONDS, poll_interval=POLL_SECONDS
        )


@contextlib.contextmanager
def _answering_after(seconds: float) -> Iterator[None]:
    context = contextvars.copy_context()
    refusal = {"approve": False, "by": TIME_OUT, "reason": ""}
    run_id = flow_run.id
    timer = threading.Timer(seconds, lambda: context.run(resume_flow_run, run_id, refusal))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
