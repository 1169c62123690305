"""Whom reasons of our own keep back: what to mend, and whether a run is red for it."""

from outreach.compliance.reasons import CHOSEN, advice_on, is_ours
from outreach.ledger.proof import Proof
from outreach.ledger.states import State
from outreach.report.wording import clean, explain, number


def count_kept_back(proof: Proof) -> dict[str, int]:
    """The reasons of ours that ask for mending, with how many contacts wait for it, the commonest first.

    What is perhaps a choice (a channel that is not used) asks for it only while nobody was reached otherwise.
    """
    reached = proof.contacted > 0 or proof.states.get(State.DEFERRED, 0) > 0
    ours = {
        code: count
        for code, count in proof.reasons.items()
        if is_ours(code) and not (reached and code in CHOSEN)
    }
    return dict(sorted(ours.items(), key=lambda item: -item[1]))


def is_kept_back(proof: Proof, *, contacted_before: int) -> bool:
    """Whether a run contacted nobody for reasons of our own, and not for want of the right hour."""
    waiting = sum(count_kept_back(proof).values())
    return proof.contacted == contacted_before and waiting > proof.states.get(State.DEFERRED, 0)


def explain_kept_back(proof: Proof) -> tuple[str, str]:
    """How many wait for us and why, by the commonest reason; and what to mend. Both "" when nobody does."""
    counts = count_kept_back(proof)
    if not counts:
        return "", ""
    code, waiting = next(iter(counts)), sum(counts.values())
    others = f" (and {len(counts) - 1} more reasons)" if len(counts) > 1 else ""
    return (
        f"{number(waiting)} kept back for our own reasons{others}: {clean(explain(code))}",
        f"{advice_on(code)} Then run the campaign again: it decides again on them.",
    )
