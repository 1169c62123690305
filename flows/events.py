"""Prefect events for what needs a person: automations listen to them, and the event feed shows them.

    run_campaign, contact_one   all of them, from the proof and what was spent
    outreach_batch              limit crossed: the worker sends the requests
    follow_up                   held: outcomes are given up in later rounds
    redeliver                   dead letters: events are given up after days

Numbers and the campaign's or webhook's name only; nobody's data.
"""

from collections.abc import Iterator
from enum import Enum

from prefect.events import emit_event
from prefect.runtime import flow_run
from prefect.utilities.urls import url_for

from outreach.counting import counted
from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.proof import Proof
from outreach.ledger.states import State
from outreach.report.kept_back import explain_kept_back

RESOURCES = ["outreach.campaign.*", "outreach.webhook.*"]
"""What the events are about, as automations match it."""


class Signal(str, Enum):
    """What can be signalled; the value is the event's name."""

    RED = "outreach.campaign.red"
    STOPPED = "outreach.campaign.stopped"
    HELD = "outreach.campaign.outcomes.held"
    DEAD_LETTERS = "outreach.webhooks.dead"
    LIMIT_CROSSED = "outreach.limit.crossed"
    KEPT_BACK = "outreach.campaign.kept.back"

    @property
    def words(self) -> str:
        """The same for people."""
        return WORDS[self]


WORDS = {
    Signal.RED: "A campaign's sums do not hold",
    Signal.STOPPED: "A campaign was stopped",
    Signal.HELD: "Contacts are held for a person",
    Signal.DEAD_LETTERS: "Webhooks were given up",
    Signal.LIMIT_CROSSED: "Genesys refused requests over its limit",
    Signal.KEPT_BACK: "Contacts are kept back for our own reasons",
}

ADVICE = {
    Signal.RED: "Read the proof artifact: `missing` names each line that does not hold.",
    Signal.STOPPED: "Mend the reason and run the campaign again: it resumes.",
    Signal.HELD: "Look each one up and decide: outreach resolve.",
    Signal.DEAD_LETTERS: "Mend the receiver, then send them again: outreach replay.",
    Signal.LIMIT_CROSSED: "Somebody else uses this client, or the budget in its block is too high.",
    Signal.KEPT_BACK: "Mend what the sentence names and run the campaign again: it decides again on them.",
}


def signal(proof: Proof, usage: UsageSnapshot | None = None) -> list[Signal]:
    """Emit an event for each thing in the proof that needs a person; returns which."""
    found = [*find_signals(proof), *find_refusals(usage)]
    for kind, sentence in found:
        _emit(proof.campaign, kind, sentence)
    return [kind for kind, _ in found]


def signal_refusals(campaign: str, usage: UsageSnapshot | None) -> None:
    """Emit an event when a limit was crossed: for whoever sends requests and proves nothing, a batch."""
    for kind, sentence in find_refusals(usage):
        _emit(campaign, kind, sentence)


def signal_held(campaign: str, count: int) -> None:
    """Emit an event when a round gave up looking for so many outcomes."""
    if count > 0:
        waiting = counted(count, "more contact waits", "more contacts wait")
        _emit(campaign, Signal.HELD, f"{waiting} for a person's word.")


def signal_dead(webhook: str, count: int) -> None:
    """Emit an event when a round gave up so many events of a webhook, whatever their campaigns."""
    if count:
        sentence = counted(count, "more event was given up.", "more events were given up.")
        _emit(webhook, Signal.DEAD_LETTERS, sentence, kind_of_resource="webhook")


def find_signals(proof: Proof) -> Iterator[tuple[Signal, str]]:
    """Which signals the proof gives rise to; each with its sentence."""
    if not proof.balanced:
        yield Signal.RED, "; ".join(proof.missing)
    if proof.stopped:
        yield Signal.STOPPED, proof.stopped
    if held := proof.states.get(State.HELD, 0):
        yield Signal.HELD, f"{counted(held, 'contact waits', 'contacts wait')} for a person's word."
    if kept_back := explain_kept_back(proof)[0]:
        yield Signal.KEPT_BACK, kept_back
    if dead := proof.webhooks["dead"]:
        yield Signal.DEAD_LETTERS, counted(dead, "event was given up.", "events were given up.")


def find_refusals(usage: UsageSnapshot | None) -> Iterator[tuple[Signal, str]]:
    """The signal that what was spent gives rise to, with its sentence."""
    if usage and usage.too_many:
        yield Signal.LIMIT_CROSSED, f"{usage.too_many} of {usage.requests} requests were refused by 429."


def _link(run_id: str | None) -> str | None:
    return url_for("flow-run", obj_id=run_id) if run_id else None


def _emit(name: str, kind: Signal, sentence: str, *, kind_of_resource: str = "campaign") -> None:
    emit_event(
        kind.value,
        resource={
            "prefect.resource.id": f"outreach.{kind_of_resource}.{name}",
            "prefect.resource.name": name,
        },
        payload={
            "sentence": sentence,
            "advice": ADVICE[kind],
            "flow_run_id": flow_run.id or "",
            "run": _link(flow_run.id) or "",  # its Artifacts have report and proof
        },
    )
