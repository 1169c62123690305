"""A person's word before many are contacted: the run shows the dry run's numbers in a form, and waits.

    few contacts, or nobody wants to be asked ──> goes on
    many ── Suspended: the UI shows a form ──> approved   goes on; asks again where the numbers grew
                                           ──> refused    Completed "Refused", nobody was contacted
                                           ──> no answer  Completed "NotApproved", nobody was contacted

A deployment's run waits without a process and is begun anew, see `question`. One on a terminal waits in its
process: nobody else would go on with it. The contacts are loaded by then, and wait in the ledger: running
the campaign again asks again.
"""

import contextlib
import contextvars
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from prefect.flow_runs import pause_flow_run, resume_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.utilities.urls import url_for
from pydantic import Field

from flows.question import SLACK_SECONDS, UNANSWERED, Question, can_suspend, suspend
from outreach.campaign.run import Run
from outreach.compliance import Verdict
from outreach.counting import counted
from outreach.decisions.dry_run import decide_all
from outreach.decisions.preview import Preview, SenderOf, nobody
from outreach.ledger.contacts import count_in
from outreach.ledger.runs import note_question
from outreach.ledger.states import CONTACTED
from outreach.report.texts_view import write_texts
from outreach.sources.source import Source
from tasks.progress import Sink

POLL_SECONDS = 5

TIME_OUT = "the time-out"
"""Whose name the form carries when nobody filled it in."""

log = logging.getLogger("outreach.approval")


class Answer(Enum):
    """Who answered, and what; the value of a no is the name of the state that the run ends in."""

    NOT_NEEDED = "NotNeeded"
    APPROVED = "Approved"
    REFUSED = "Refused"
    NOBODY = UNANSWERED


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


def ask(
    run: Run,
    due: int,
    reopen: Callable[[], Source],
    sinks: Sequence[Sink] = (),
    earlier: Question | None = None,
    find_sender_of: Callable[[], SenderOf] = lambda: nobody,
) -> Said:
    """Wait for a person's word when more contacts are due than the settings let pass.

    Args:
        run: the campaign's, loaded.
        due: contacts that would be taken up now.
        reopen: opens the source once more, for the dry run.
        sinks: where it is said that somebody is waited for.
        earlier: what this very run asked before it was begun anew.
        find_sender_of: from whom messages come, asked where somebody is.
    """
    settings, minutes = run.settings, run.settings.approve_within_minutes
    known = _read_answer(earlier, minutes) if earlier else None
    if known and known.is_no:
        return known
    if settings.approve_above is None or due <= settings.approve_above:
        return Said(Answer.NOT_NEEDED)
    preview = Preview(run.settings, find_sender_of())
    rows, reached = _rehearse(run, reopen(), preview)
    numbers = {"due": due, **reached}
    approved = earlier.read_numbers() if earlier and known else None
    if known and approved and not has_grown(approved, numbers, settings.approve_growth):
        return known
    note_question(run.ledger, run.campaign, count_in(run.ledger, run.campaign.id, CONTACTED))
    for sink in sinks:
        waiting = counted(due, "contact waits", "contacts wait")
        sink.tell(f"{waiting} for a person's approval{_where()}.")
    until = run.ledger.clock.now() + timedelta(minutes=minutes)
    form = describe(
        run.campaign.name, due, rows, until=until, before=approved.get("due") if approved else None
    )
    form += write_texts(preview.as_json())
    return _read_form(_wait_for(form, minutes * 60, numbers), minutes)


def has_grown(asked: Mapping[str, int], now: Mapping[str, int], share: float) -> bool:
    """Whether any number is more than the approved one by more than this share of all who were approved.

    Fewer are no news: whoever let many pass lets some of them pass.
    """
    spare = share * asked.get("due", 0)
    return any(count - asked.get(name, 0) > spare for name, count in now.items())


def describe(
    campaign: str, due: int, counts: Mapping[str, int], *, until: datetime, before: int | None = None
) -> str:
    """The dry run's numbers, as the form shows them.

    Args:
        campaign: its name.
        due: contacts that would be taken up now.
        counts: rows by verdict.
        until: when the time to answer is over; aware UTC.
        before: how many somebody approved already, where it is asked again.
    """
    again = "" if before is None else f"The numbers grew since **{before:,}** were approved. "
    rows = "\n".join(f"| {verdict} | {count:,} |" for verdict, count in sorted(counts.items()))
    return (
        f"{again}**{campaign}** would take up **{due:,}** contacts now. The dry run says:\n\n"
        f"| verdict | rows |\n|---|---|\n{rows}\n\n"
        "Submit with *Approve* on to contact them, or off to end the run. "
        f"Without an answer by {until:%Y-%m-%d %H:%M} UTC nobody is contacted."
    )


def _where() -> str:
    url = url_for("flow-run", flow_run.id)
    return f": {url}" if url else " in Prefect's UI"


def _rehearse(run: Run, source: Source, preview: Preview) -> tuple[Counter[str], Counter[str]]:
    """The dry run: rows by verdict, and people by the channel that would reach them, now or later."""
    rows, reached = Counter[str](), Counter[str]()
    now = run.ledger.clock.now()
    decided = decide_all(
        source, run.settings, campaign=run.campaign.name, at=now, ledger=run.ledger, senders=run.senders
    )
    for row in preview.watch(decided):
        channel = row.decision.channel if row.decision else None
        rows[f"{row.verdict} by {channel.value}" if channel else row.verdict] += 1
        if channel and row.verdict in (Verdict.ALLOWED, Verdict.DEFERRED):
            reached[channel.value] += 1
    return rows, reached


def _read_answer(question: Question, minutes: float) -> Said | None:
    """What was answered. A no counts until the run ends: whoever has it tried again is asked again."""
    is_late = question.waited > timedelta(minutes=minutes)
    said = _say_nobody(minutes) if is_late else _read_form(question.read_answer(Approval), minutes)
    return None if said.is_no and question.is_over else said


def _read_form(filled: Approval, minutes: float) -> Said:
    if filled.approve:
        log.info("approved by %s", filled.by or "somebody")
        return Said(Answer.APPROVED)
    if filled.by == TIME_OUT:
        return _say_nobody(minutes)
    because = f": {filled.reason.rstrip('.')}." if filled.reason else "."
    return Said(Answer.REFUSED, f"Refused by {filled.by or 'somebody'}{because}")


def _say_nobody(minutes: float) -> Said:
    return Said(Answer.NOBODY, f"Nobody approved within {minutes:g} minutes.")


def _wait_for(text: str, seconds: float, numbers: Mapping[str, int]) -> Approval:
    """Wait until somebody answers, in a process or without; after `seconds` the answer is no, by nobody."""
    form = Approval.with_initial_data(description=text)
    if can_suspend():
        return suspend(form, numbers, seconds)
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
