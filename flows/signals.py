"""Prefect events for what needs a person: automations listen to them, and the event feed shows them.

Numbers and the campaign's name only; nobody's data.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from prefect.events import emit_event
from prefect.runtime import flow_run

from outreach.genesys.usage import UsageSnapshot
from outreach.ledger.proof import Proof
from outreach.ledger.states import State


class Signal(str, Enum):
    """What can be signalled; the value is the event's name."""

    RED = "outreach.campaign.red"
    STOPPED = "outreach.campaign.stopped"
    HELD = "outreach.outcomes.held"
    DEAD_LETTERS = "outreach.webhooks.dead"
    LIMIT_CROSSED = "outreach.limit.crossed"

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
}

ADVICE = {
    Signal.RED: "Read the proof artifact: `missing` names each line that does not hold.",
    Signal.STOPPED: "Mend the reason and run the campaign again: it resumes.",
    Signal.HELD: "Look each one up and decide: outreach resolve.",
    Signal.DEAD_LETTERS: "Mend the receiver, then send them again: outreach replay.",
    Signal.LIMIT_CROSSED: "Somebody else uses this client, or the budget in its block is too high.",
}


def signal(proof: Proof, usage: UsageSnapshot | None = None) -> list[Signal]:
    """Emit an event for each thing in the proof that needs a person; returns which."""
    made = []
    for kind, sentence in find_signals(proof, usage):
        made.append(kind)
        emit_event(
            kind.value,
            resource={
                "prefect.resource.id": f"outreach.campaign.{proof.campaign}",
                "prefect.resource.name": proof.campaign,
            },
            payload={"sentence": sentence, "advice": ADVICE[kind], "flow_run_id": flow_run.id or ""},
        )
    return made


def find_signals(proof: Proof, usage: UsageSnapshot | None) -> Iterator[tuple[Signal, str]]:
    """Which signals the proof, and what was spent, give rise to; each with its sentence."""
    if not proof.balanced:
        yield Signal.RED, "; ".join(proof.missing)
    if proof.stopped:
        yield Signal.STOPPED, proof.stopped
    if held := proof.states.get(State.HELD, 0):
        yield Signal.HELD, f"{held} contacts wait for a person's word."
    if proof.webhooks.dead:
        yield Signal.DEAD_LETTERS, f"{proof.webhooks.dead} events were given up."
    if usage and usage.too_many:
        yield Signal.LIMIT_CROSSED, f"{usage.too_many} of {usage.requests} requests were refused by 429."
