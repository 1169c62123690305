"""The last look before a call leaves: the decision may have grown old while it waited for its turn.

intent ── waits: budget, Retry-After ── still fresh ──> goes
                                    └── old: decided again ── the same channel ──> goes
                                                          ├── another channel ───> cleared, to be decided anew
                                                          └── deferred, blocked, held
"""

from dataclasses import replace
from datetime import timedelta

from outreach.campaign.outcomes import NoLongerAllowed, NotAttempted
from outreach.campaign.run import Run
from outreach.campaign.validation import gather_facts, inspected_before
from outreach.compliance import Facts, Verdict
from outreach.errors import LedgerError
from outreach.ledger.claims import Claimed
from outreach.ledger.intents import Intent

FRESH = timedelta(seconds=20)
"""So long a decision stands: the safety minute at the end of every window covers it, and the call itself."""


def recheck(run: Run, item: Intent) -> None:
    """Return when the person may still be contacted as intended; costs nothing while the decision is fresh.

    Raises:
        NoLongerAllowed: decided again, and it is not this channel, now.
        NotAttempted: the ledger does not answer, so that nobody can decide.
    """
    now = run.ledger.clock.now()
    # Abs: a clock that was set back makes no decision younger.
    if abs(now - item.at) <= FRESH and not run.gate.has_ended(now):
        return
    facts = _gather(run, item.claimed)
    decision = run.gate.decide(item.claimed.contact, facts, now)
    if decision.verdict is not Verdict.ALLOWED or decision.channel != item.channel:
        raise NoLongerAllowed(decision, facts, now)


def _gather(run: Run, row: Claimed) -> Facts:
    try:
        facts = gather_facts(run, [row], inspected_before([row]))[row.id]
    except LedgerError as error:  # no answer is no permission
        raise NotAttempted from error
    return replace(facts, recent=())  # caps were taken with the intent, which would count itself here
