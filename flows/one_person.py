"""What a run about one person says of them, in its state's name and message, for whoever asked for it.

contacted, now or before                 Completed
blocked      the answer is no            Completed "Blocked"
deferred     not yet                     Completed "Deferred", with the time
in doubt     follow-up looks for it      Completed "Unknown"
held         until a person acts         Failed "Held"
rejected     until the row is corrected  Failed "Rejected"

A campaign's run has none of these names: what keeps one of its people back makes it neither red nor green.
"""

from prefect.client.schemas.objects import State as FlowState
from prefect.states import Failed

from outreach.campaign.run import Run
from outreach.errors import NobodyContacted
from outreach.ledger.contacts import ContactRow, find_contacts
from outreach.ledger.states import State
from outreach.report.wording import explain, instant

NAMES = {State.BLOCKED: "Blocked", State.DEFERRED: "Deferred", State.UNKNOWN: "Unknown"}
"""Of a run that ends well, and yet contacted nobody for certain."""

_CORRECT = "Correct the contact and ask again."
_DECIDE = f"{_CORRECT} Or decide by hand: outreach resolve."


def name_answer(
    run: Run, one: str, state: FlowState[dict[str, object]], rejected_for: str | None
) -> FlowState[dict[str, object]]:
    """The state of a run that would end well, as it is for the one whom it is about.

    Args:
        run: the run.
        one: their external contact id, "" where that cannot be read.
        state: as it is by the counts.
        rejected_for: the code of why the row cannot become a contact, "" where nobody knows; None: it can.
    """
    row = next(iter(find_contacts(run.ledger, run.campaign.id, [one])), None)
    if row is None:
        return state if rejected_for is None else _red(run, state, "Rejected", rejected_for, _CORRECT)
    if row.state == State.HELD.value:
        return _red(run, state, "Held", row.reason, _DECIDE)
    if name := NAMES.get(State(row.state)):
        state.name, state.message = name, f"{state.message}. {name}{_until(row)}: {explain(row.reason)}"
    return state


def _red(
    run: Run, state: FlowState[dict[str, object]], name: str, code: str, advice: str
) -> FlowState[dict[str, object]]:
    reason = f"{name}: {explain(code) or 'an earlier try of this run says for what.'}"
    nobody = NobodyContacted(run.campaign.name, reason, advice)
    # Not the error's own sentence: the campaign may have contacted others.
    return Failed(name=name, message=f"{state.message}. {reason} {advice}", data=nobody)


def _until(row: ContactRow) -> str:
    return f" until {instant(row.until)}" if row.state == State.DEFERRED.value and row.until else ""
