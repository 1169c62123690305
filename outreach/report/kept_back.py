"""Why a run contacted nobody: reasons of our own, or Genesys refused all; what to mend."""

from collections.abc import Mapping

from outreach.compliance.reasons import CHOSEN, advice_on, is_ours
from outreach.ledger.contacts import REFUSED, RETRY_REFUSED
from outreach.ledger.proof import Proof
from outreach.ledger.states import WAITING, State
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
    return (
        f"{number(sum(counts.values()))} kept back for our own reasons{_name_commonest(counts)}",
        f"{advice_on(next(iter(counts)))} Then run the campaign again: it decides again on them.",
    )


def explain_nobody(proof: Proof, *, contacted_before: int, failed_before: int) -> tuple[str, str]:
    """Why a run contacted nobody though it should have, and what to mend; both "" when all is well.

    Genesys refused all: `stop_after` spares a list of few, and who ran it must know all the same.
    """
    if is_kept_back(proof, contacted_before=contacted_before):
        return explain_kept_back(proof)
    states = proof.states
    # What failed long ago makes no run red that has nothing to do; while nobody was ever reached, it does.
    failed = states.get(State.FAILED, 0) - (failed_before if proof.contacted else 0)
    # Who is not due in this run, and who is in another process's hands, may be reached yet.
    waiting = sum(states.get(state, 0) for state in (*WAITING, State.UNKNOWN, State.HELD))
    if proof.contacted > contacted_before or failed <= waiting:
        return "", ""
    codes = {code: count for code, count in proof.reasons.items() if code.startswith(REFUSED)}
    counts = dict(sorted(codes.items(), key=lambda item: -item[1]))
    return (
        f"{number(failed)} failed, and nobody else was reached{_name_commonest(counts)}",
        f"{RETRY_REFUSED} Then run it again.",
    )


def _name_commonest(counts: Mapping[str, int]) -> str:
    """The first of these reasons, and how many more there are."""
    others = f" (and {len(counts) - 1} more reasons)" if len(counts) > 1 else ""
    return f"{others}: {clean(explain(next(iter(counts))))}" if counts else "."
