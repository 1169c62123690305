"""The proof in one sentence, for a run's state message, and line by line, for a table with ticks."""

from dataclasses import dataclass

from outreach.ledger.proof import Proof
from outreach.ledger.states import State
from outreach.report.wording import clean, number

_ALWAYS = (State.DEFERRED, "rejected", State.UNKNOWN)  # at 0 as well: that there is none is news
_WHEN_ANY = (State.BLOCKED, State.FAILED, State.HELD, "duplicate")
ALL_BEFORE = " (all contacted before, nobody in this run)"
"""What the sentence of a run ends in that contacted nobody, since nobody was left."""

_UNDER_WAY = (State.ACCEPTED, State.REGISTERED, State.CLEARED, State.INTENT)


def count_sentence(proof: Proof) -> str:
    """Like "182 started, 9 deferred, 15 rejected, 0 unknown", then what else there is.

    `started` counts everybody contacted, ended interactions too.
    """
    counts = {**proof.states, "rejected": proof.rejected, "duplicate": proof.duplicates}
    parts = [f"{number(proof.contacted)} started"]
    parts += [f"{number(counts.get(str(name), 0))} {name}" for name in _ALWAYS]
    parts += [f"{number(counts[str(name)])} {name}" for name in _WHEN_ANY if counts.get(str(name))]
    under_way = sum(proof.states.get(state, 0) for state in _UNDER_WAY)
    return ", ".join([*parts, f"{number(under_way)} under way"] if under_way else parts)


def summary_sentence(proof: Proof) -> str:
    """The counts, and what is wrong if anything is: one line, for a run's state message."""
    sentence = count_sentence(proof)
    if proof.stopped:
        sentence += f". Stopped: {clean(proof.stopped).rstrip('.')}"  # RED brings its own full stop
    if not proof.balanced:
        sentence += f". RED: {'; '.join(map(clean, proof.missing))}"
    return sentence


def verdict(proof: Proof) -> str:
    """One sentence: balanced or red, and why."""
    if not proof.balanced:
        return f"Red: {'; '.join(map(clean, proof.missing))}."
    if proof.stopped:
        return f"Balanced, but stopped: {clean(proof.stopped)}"
    if proof.nobody_contacted:
        return f"Balanced, but nobody was contacted: {clean(proof.nobody_contacted)}"
    return "Balanced: every row is in one named place, nobody was contacted twice, and the audit holds."


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the proof: what must hold, the numbers, and whether it does."""

    claim: str
    figures: str
    holds: bool


def list_checks(proof: Proof) -> list[Check]:
    """The proof's lines. What does not hold and has no numbers here is a line of its own."""
    placed = proof.accepted + proof.rejected + proof.duplicates
    in_states = sum(proof.states.values())
    checks = [
        Check(
            "source rows = accepted + rejected + duplicates",
            f"{number(proof.source_rows)} = {number(proof.accepted)} + {number(proof.rejected)}"
            f" + {number(proof.duplicates)}",
            proof.source_rows == placed,
        ),
        Check(
            "accepted = sum of all states",
            f"{number(proof.accepted)} = {number(in_states)}",
            proof.accepted == in_states,
        ),
        Check("contacted twice = 0", number(proof.contacted_twice), proof.contacted_twice == 0),
        Check("audit chains intact", proof.audit, proof.audit == "ok"),
    ]
    crosses = sum(not check.holds for check in checks)
    if len(proof.missing) > crosses:  # it found more than these lines can show
        return [*checks, *(Check(clean(line), "does not hold", holds=False) for line in proof.missing)]
    others_hold = proof.balanced or crosses > 0  # what is red stands in the crosses above
    claim = "every call has its outcome, and every contacted person an intent and an audit record"
    return [*checks, Check(claim, "yes" if others_hold else "no", others_hold)]
