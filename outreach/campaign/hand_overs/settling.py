"""The outcome of everybody in a hand-over.

a conversation is seen      started
failed, throttled           failed, and not retried by itself: a recycle by others may still send to the row
anything else               held: nobody knows, or nothing happened in a list that others may still start

Who opted out after the start, and was reached after that or is held, has `opted_out_too_late` as the reason.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from outreach.campaign.hand_overs.results import Results
from outreach.campaign.hand_overs.sending import Sending
from outreach.campaign.outcomes import first_look
from outreach.campaign.run import Run
from outreach.chunks import cut
from outreach.compliance.reasons import TOO_LATE
from outreach.contacts import Channel
from outreach.genesys.campaign_route import FAILED, THROTTLED, EngineConversation
from outreach.ledger.changes import Change, apply_outcomes, to_started
from outreach.ledger.claims import Claimed
from outreach.ledger.hand_overs import note
from outreach.ledger.states import State
from outreach.webhook.events import AuditLog, InteractionCreated, InteractionFailed, InteractionUnknown

GROUP = 500
"""So many outcomes a transaction."""


def settle(sending: Sending, results: Results) -> Counter[str]:
    """Write down what became of everybody; how many ended in each state."""
    run, opted_out = sending.run, sending.find_opted_out()
    changes = [
        _outcome(sending, row, results.word(key), results.conversations.get(key, ()), opted_out.get(key))
        for key, row in sending.rows.items()
    ]
    counts: Counter[str] = Counter()
    for group in cut(changes, GROUP):
        made = apply_outcomes(run.ledger, group)
        counts.update(change.after.value for change in group if change.contact_id in made)
    note(run.ledger, sending.hand_over, ended_at=sending.now)
    return counts


def _outcome(
    sending: Sending,
    row: Claimed,
    word: str,
    seen: Sequence[EngineConversation],
    opted_out_at: datetime | None,
) -> Change:
    run, channel = sending.run, sending.hand_over.channel
    if seen:
        return _started(run, row, channel, seen, opted_out_at)
    if word in (FAILED, THROTTLED):
        return _failed(run, row, channel, word)
    return _held(run, row, channel, word, is_late=opted_out_at is not None)


def _started(
    run: Run,
    row: Claimed,
    channel: Channel,
    seen: Sequence[EngineConversation],
    opted_out_at: datetime | None,
) -> Change:
    first = min(seen, key=lambda each: each.started_at)
    is_late = opted_out_at is not None and opted_out_at < first.started_at
    run.auto_stop.count_started()
    events = run.event(
        InteractionCreated,
        row,
        conversation_id=first.conversation_id,
        latency_ms=0.0,
        audit_log=AuditLog(channel=channel),
        reference=row.reference,
        opted_out=is_late,
    )
    # Two for one row: somebody recycled it, and no belt held. The proof is red.
    action = "started" if len(seen) == 1 else "contacted_twice"
    return to_started(
        contact_id=row.id,
        action=action,
        reason=TOO_LATE if is_late else "",
        fields={
            "conversation_id": first.conversation_id,
            "started_at": first.started_at,
            "look_at": first_look(row, run.ledger.clock.now()),
            "looks": 0,
            "deaths": 0,
        },
        detail={"conversation_id": first.conversation_id, "reference": row.reference, "route": "campaign"},
        events=events,
        reference=row.reference,
    )


def _failed(run: Run, row: Claimed, channel: Channel, word: str) -> Change:
    reason = f"refused:OUTBOUND-MESSAGE-{word}"
    events = run.event(InteractionFailed, row, channel=channel, reason=reason, status=0, correlation_id="")
    return Change(
        contact_id=row.id,
        after=State.FAILED,
        action="failed",
        reason=reason,
        fields={"retryable": False},
        detail={"reference": row.reference, "result": word},
        events=events,
        intent="unknown",
        reference=row.reference,
    )


def _held(run: Run, row: Claimed, channel: Channel, word: str, *, is_late: bool) -> Change:
    reason = TOO_LATE if is_late else "outcome_unknown" if word else "no_result"
    events = run.event(
        InteractionUnknown, row, channel=channel, reason=reason, reference=row.reference, correlation_id=""
    )
    return Change(
        contact_id=row.id,
        after=State.HELD,
        action="held",
        reason=reason,
        detail={"reason": reason, "result": word, "reference": row.reference},
        events=events,
        intent="unknown",
        reference=row.reference,
    )
