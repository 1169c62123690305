"""How a campaign stood when a run began, or the one person whom the run is about: judged is what it added.

Of calls for one person each that run at once, none is to answer for whom the others reach or fail to reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

from outreach.campaign.run import Run
from outreach.ledger.contacts import count_in, find_contacts
from outreach.ledger.proof import Proof
from outreach.ledger.states import CONTACTED, State


@dataclass(frozen=True)
class Before:
    """How many were contacted, and had failed, when a run began: of all, or of the `one` it is about.

    `rejected_for`: the code of why that one's row cannot become a contact, "" unknown; None where it can.
    """

    contacted: int = 0
    failed: int = 0
    one: str | None = None
    rejected_for: str | None = None


def count_before(run: Run, one: str | None = None, rejected_for: str | None = None) -> Before:
    """What a run finds as it begins; `one` is the external contact id of whom alone it is about."""
    return Before(_count(run, CONTACTED, one), _count(run, {State.FAILED}, one), one, rejected_for)


def leave_out_corrected(before: Before, run: Run) -> Before:
    """Without those who had failed and whom the list that was loaded since corrects: they are tried anew."""
    return replace(before, failed=min(before.failed, _count(run, {State.FAILED}, before.one)))


def narrow(proof: Proof, run: Run, before: Before) -> Proof:
    """The counts by which the run is judged: the campaign's, or those of the one that it is about."""
    if before.one is None:
        return proof
    rows = find_contacts(run.ledger, run.campaign.id, [before.one])
    states, reasons = Counter(row.state for row in rows), Counter(row.reason for row in rows if row.reason)
    return replace(proof, states=states, reasons=reasons, contacted=sum(states[each] for each in CONTACTED))


def _count(run: Run, states: Collection[State], one: str | None) -> int:
    if one is None:
        return count_in(run.ledger, run.campaign.id, states)
    rows = find_contacts(run.ledger, run.campaign.id, [one])
    return sum(row.state in {state.value for state in states} for row in rows)
