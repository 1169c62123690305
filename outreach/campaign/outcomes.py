"""What an attempt's outcome makes of a contact.

Started                          started
Ambiguous                        unknown: it may have happened, so it is looked for, never repeated
NotSent, 401, 403, 429, 503      cleared again: the system's trouble, not the contact's; after three, failed
429 for minutes or hours         cleared again, and the run stops: the limit is a daily one
409 on SMS and chat              deferred: a conversation with the person is going on (fact sheet 4.1)
any other refusal                failed: Genesys does not take this contact
NotAttempted                     cleared again: nobody was called
NoLongerAllowed                  as decided at the last moment: deferred, blocked, held; cleared where another
                                 channel is allowed now
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeGuard

from outreach.campaign.run import Run
from outreach.campaign.validation import change_for
from outreach.compliance import Decision, Facts, Verdict
from outreach.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    GenesysError,
    NotSent,
    OutreachError,
    RateLimited,
    Unauthorized,
)
from outreach.genesys.interface import Started
from outreach.genesys.rate_limit.pacer import PATIENCE
from outreach.ledger.changes import Change, OutboundEvent
from outreach.ledger.claims import Claimed
from outreach.ledger.intents import Intent
from outreach.ledger.states import State
from outreach.messages.sms import segments
from outreach.messages.wording import Unsaid
from outreach.webhook.events import (
    AuditLog,
    ContactDeferred,
    InteractionCreated,
    InteractionFailed,
    InteractionUnknown,
)

TRIES = 3
"""After so many refusals that were the system's, a contact is failed, and `outreach retry` may take it up."""

BUSY_MINUTES = 15
"""How long a person with whom a conversation is going on is left alone."""

FIRST_LOOK_SECONDS = 60
"""After so long a started conversation is first looked at, or sooner, when its time is up."""


class NotAttempted(OutreachError):  # noqa: N818 - it names an outcome
    """The run was stopped before this contact was called."""


class NoLongerAllowed(NotAttempted):
    """Decided again right before the call, and not allowed as intended: `decision`, `facts`, `at`."""

    def __init__(self, decision: Decision, facts: Facts, at: datetime) -> None:
        super().__init__(decision, facts, at)
        self.decision, self.facts, self.at = decision, facts, at


def count_outcome(run: Run, item: Intent, outcome: Started | GenesysError) -> None:
    """Tell the run's auto-stop of an attempt that is over.

    Right when its call ends: by when it is written down, a group later, 100 more had been called.
    """
    if isinstance(outcome, Started):
        run.auto_stop.count_started()
    elif isinstance(outcome, Ambiguous):
        run.auto_stop.count_unknown()
    elif not (_asks_for_long(outcome) or _is_busy(outcome, item)):
        run.auto_stop.count_failed(outcome)


def change_after(run: Run, item: Intent, outcome: Started | GenesysError | NotAttempted) -> Change:
    """The contact's next state."""
    if isinstance(outcome, Started):
        return _started(run, item, outcome)
    # Another channel is allowed: decided anew below.
    if isinstance(outcome, NoLongerAllowed) and outcome.decision.verdict is not Verdict.ALLOWED:
        return _turned_back(run, item, outcome)
    if isinstance(outcome, NotAttempted):  # no byte left, so it is no attempt
        return _given_back(item, "not_tried", {"attempts": item.claimed.attempts})
    if isinstance(outcome, Ambiguous):  # never repeated: Genesys is asked what became of it
        return _unknown(run, item, outcome)
    return _refused(run, item, outcome)


def _refused(run: Run, item: Intent, outcome: GenesysError) -> Change:
    if _asks_for_long(outcome):
        run.auto_stop.stop(
            f"Genesys asks to wait {outcome.retry_after / 60:.0f} minutes. Run it again after that."
        )
        return _given_back(item, "refused", detail_of(outcome))
    if _is_busy(outcome, item):
        return _deferred(run, item, outcome)
    ours = isinstance(outcome, (NotSent, Unauthorized, Forbidden, RateLimited))  # the contact is not to blame
    # Once the run is stopped, a try says nothing of this contact.
    if ours and (item.claimed.attempts + 1 < TRIES or run.auto_stop.reason):
        return _given_back(item, "refused", detail_of(outcome))
    return _failed(run, item, outcome, retryable=ours)


def _asks_for_long(outcome: GenesysError) -> TypeGuard[RateLimited]:
    """A daily limit, not a minute's: nobody else would get through."""
    return isinstance(outcome, RateLimited) and outcome.retry_after > PATIENCE


def _is_busy(outcome: GenesysError, item: Intent) -> TypeGuard[Conflict]:
    """SMS and chat: Genesys keeps one conversation an address."""
    return isinstance(outcome, Conflict) and item.channel.traits.one_at_a_time


def first_look(row: Claimed, now: datetime) -> datetime:
    """When to look at a conversation that has just started, or was just found."""
    return now + timedelta(seconds=min(FIRST_LOOK_SECONDS, row.contact.interaction_duration_seconds))


def _started(run: Run, item: Intent, started: Started) -> Change:
    now = run.ledger.clock.now()
    events = run.event(
        InteractionCreated,
        item.claimed,
        conversation_id=started.conversation_id,
        latency_ms=round(started.latency_ms, 1),
        audit_log=AuditLog(channel=item.channel),
        reference=item.reference,
    )
    fields = {
        "conversation_id": started.conversation_id,
        "latency_ms": started.latency_ms,
        **_count_segments(run, item),
        "started_at": now,
        "look_at": first_look(item.claimed, now),
        "looks": 0,
        "deaths": 0,
    }
    detail = {"conversation_id": started.conversation_id, "correlation_id": started.correlation_id}
    return _change(
        item, State.STARTED, "started", fields=fields, detail=detail, events=events, intent="started"
    )


def _count_segments(run: Run, item: Intent) -> dict[str, int]:
    """What was said, counted once more: only where somebody wants to know what it cost."""
    if run.settings.sms_segment_price is None or not item.channel.traits.has_segments:
        return {}
    said = run.gate.wording.compose(item.claimed.contact, item.channel)
    return {} if isinstance(said, Unsaid) else {"segments": segments(said.text)}


def _unknown(run: Run, item: Intent, error: Ambiguous) -> Change:
    events = run.event(
        InteractionUnknown,
        item.claimed,
        channel=item.channel,
        reason=error.code,
        reference=item.reference,
        correlation_id=error.correlation_id,
    )
    wait = timedelta(seconds=run.settings.look_after_seconds[0])
    fields = {"look_at": run.ledger.clock.now() + wait, "looks": 0}
    reason = f"outcome_unknown:{error.code}"[:200]  # the column's width
    return _change(
        item,
        State.UNKNOWN,
        "unknown",
        reason,
        fields=fields,
        detail=detail_of(error),
        events=events,
        intent="unknown",
    )


def _given_back(item: Intent, action: str, detail: dict[str, Any]) -> Change:
    # A call that never left does not count.
    fields = {"attempts": item.claimed.attempts} if action == "not_tried" else {}
    return _change(item, State.CLEARED, action, fields=fields, detail=detail)


def _turned_back(run: Run, item: Intent, outcome: NoLongerAllowed) -> Change:
    change = change_for(run, item.claimed, outcome.facts, outcome.decision, outcome.at)
    return replace(
        change,
        fields={**change.fields, "attempts": item.claimed.attempts},
        detail={**change.detail, "reference": item.reference},
        intent="release",
        reference=item.reference,
    )


def _deferred(run: Run, item: Intent, error: Conflict) -> Change:
    until = run.ledger.clock.now() + timedelta(minutes=BUSY_MINUTES)
    events = run.event(ContactDeferred, item.claimed, reason="conversation_going_on", until=until)
    fields = {"until": until, "attempts": item.claimed.attempts}
    return _change(
        item,
        State.DEFERRED,
        "deferred",
        "conversation_going_on",
        fields=fields,
        detail=detail_of(error),
        events=events,
    )


def _failed(run: Run, item: Intent, error: GenesysError, *, retryable: bool) -> Change:
    events = run.event(
        InteractionFailed,
        item.claimed,
        channel=item.channel,
        reason=error.code,
        status=error.status,
        correlation_id=error.correlation_id,
    )
    reason = f"refused:{error.code or error.status}"[:200]  # the column's width
    fields = {"retryable": retryable}
    return _change(
        item, State.FAILED, "failed", reason, fields=fields, detail=detail_of(error), events=events
    )


def detail_of(error: GenesysError) -> dict[str, Any]:
    """What the audit keeps of it."""
    return {"status": error.status, "code": error.code, "correlation_id": error.correlation_id}


def _change(
    item: Intent,
    after: State,
    action: str,
    reason: str = "",
    *,
    fields: dict[str, Any],
    detail: dict[str, Any],
    events: tuple[OutboundEvent, ...] = (),
    intent: Literal["started", "unknown", "release"] = "release",
) -> Change:
    return Change(
        contact_id=item.claimed.id,
        after=after,
        action=action,
        reason=reason,
        fields=fields,
        detail={**detail, "reference": item.reference},
        events=events,
        intent=intent,
        reference=item.reference,
        restore=item.row if intent == "started" else None,  # what a late answer needs when its lease is gone
    )
