"""What a conversation that was looked for and found makes of a contact, and what the CRM hears of it."""

from datetime import timedelta

from outreach.campaign.outcomes import first_look
from outreach.campaign.run import Run
from outreach.genesys.interface import Attempt, ConversationMatch
from outreach.ledger.changes import Change, OutboundEvent, to_started
from outreach.ledger.claims import Claimed
from outreach.webhook.events import AuditLog, InteractionCreated, InteractionResolved

NEAR = timedelta(minutes=21)
"""Two attempts that lie closer together may both have started what is seen: one may take twenty minutes."""


def change_when_found(run: Run, row: Claimed, attempt: Attempt, sighting: ConversationMatch) -> Change:
    """The contact's next state where this conversation is the attempt's."""
    conversation = sighting.conversation_id
    created = run.event(
        InteractionCreated,
        row,
        conversation_id=conversation,
        latency_ms=0.0,  # nobody measured it
        audit_log=AuditLog(channel=attempt.channel),
        reference=attempt.reference,
    )
    fields = {
        "conversation_id": conversation,
        "started_at": sighting.started_at,
        "look_at": first_look(row, run.ledger.clock.now()),
        "looks": 0,
        "deaths": 0,
    }
    detail = {"conversation_id": conversation, "certain": sighting.certain}
    told = (*created, *tell_resolved(run, row, "started", conversation))
    return to_started(contact_id=row.id, action="found", fields=fields, detail=detail, events=told)


def tell_resolved(
    run: Run, row: Claimed, outcome: str, conversation_id: str | None = None
) -> tuple[OutboundEvent, ...]:
    """What the CRM hears of a doubt that is over."""
    return run.event(
        InteractionResolved,
        row,
        success=outcome == "started",
        outcome=outcome,
        conversation_id=conversation_id,
        reference=row.reference,
    )
