"""What a person does about contacts that stopped: resolve a doubt, retry what failed.

resolve   unknown, held in doubt ── started ──> started     the person was contacted, somebody saw it
│ ─────────────── released ─> cleared     they were not, and may be
held for another reason ─ released ─> accepted    decided on afresh
deferred, an earlier attempt unsure ─ started, released ─> started, accepted    somebody looked by hand
blocked for a reason of ours ── released ─> accepted    the same
retry     failed, retryable or --refused ─────> accepted
set aside for a reason of ours ───────────> accepted
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

import orjson

from outreach.compliance import sentence
from outreach.compliance.owners import rests_on_us
from outreach.compliance.reasons import ADDRESS_REFUSED, EARLIER_ATTEMPT_UNSURE
from outreach.contacts import Channel
from outreach.errors import UnknownCampaign, UsageError
from outreach.ledger.audit.chain import read_history
from outreach.ledger.campaigns import Campaign
from outreach.ledger.changes import KEEP, Change, OutboundEvent, apply, to_accepted, to_cleared, to_started
from outreach.ledger.contacts import ContactRow, find_contacts, list_retryable, list_waiting
from outreach.ledger.conversations import find_other_contact, read_people
from outreach.ledger.deliveries import find_last_endpoint
from outreach.ledger.forgotten import WAITED_FOR
from outreach.ledger.intents import find_keys, intent_row
from outreach.ledger.ledger import Ledger
from outreach.ledger.refusals import RELEASED
from outreach.ledger.reopening import read_set_aside, reopen
from outreach.ledger.states import State
from outreach.settings import Event
from outreach.webhook.events import AuditLog, ContactBody, InteractionCreated, InteractionResolved, to_bytes

REASON_LIMIT = 500
_FOR_A_PERSON = (State.UNKNOWN, State.HELD)

_CONVERSATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_AFRESH = {"retryable": False, "until": None, "attempts": 0, "deaths": 0, "looks": 0}


def resolve(
    ledger: Ledger,
    campaign: Campaign,
    external_contact_id: str,
    outcome: Literal["started", "released"],
    *,
    reason: str,
    conversation_id: str | None = None,
) -> None:
    """Say what became of a contact that waits for a person; the reason stands in the audit.

    Raises:
        UnknownCampaign: there is no such contact in it.
        UsageError: there is nothing to resolve, or the conversation is another contact's.
    """
    words = read_reason(reason)
    row = _find(ledger, campaign, external_contact_id)
    detail = _detail(row, outcome, words)
    if outcome == "started":
        change = _started(ledger, campaign, row, conversation_id, detail)
    else:
        change = _released(ledger, campaign, row, detail)
    if not apply(ledger, [change], only_own=False):  # a person holds no lease
        raise UsageError(f"{external_contact_id} changed at this very moment.", "Look at it again.")


def release_waiting(
    ledger: Ledger, campaign: Campaign, why: str, *, reason: str, state: State = State.HELD
) -> int:
    """Say of everybody who waits for one reason that nobody contacted them; how many these were.

    Args:
        ledger: where they are.
        campaign: its contacts only.
        why: the code of the reason that they wait for, such as `poison`.
        reason: why you are sure; it stands in the audit of each.
        state: held, unknown, or deferred where it is not known what an earlier attempt did.

    Raises:
        UsageError: they are in a state in which nobody waits for a person.
    """
    words = read_reason(reason)
    if not _waits(state, why):
        raise UsageError(
            f"Nobody who is {state} for that reason waits for a person.",
            f"Name held or unknown; deferred for {EARLIER_ATTEMPT_UNSURE} alone.",
        )
    released = 0
    for rows in list_waiting(ledger, campaign.id, state, why):
        changes = [_released(ledger, campaign, row, _detail(row, "released", words)) for row in rows]
        released += len(apply(ledger, changes, only_own=False))
    return released


def read_reason(reason: str) -> str:
    """The words that the audit keeps, on one line. Raises UsageError."""
    words = " ".join(reason.split())
    if not 0 < len(words) <= REASON_LIMIT:
        raise UsageError(
            f"The reason must have 1 to {REASON_LIMIT} characters.",
            "Say why you are sure; the audit keeps it.",
        )
    return words


def _detail(row: ContactRow, outcome: str, words: str) -> dict[str, str]:
    told = {"reason": words, "outcome": outcome, "reference": row.reference or ""}
    return {**told, WAITED_FOR: row.reason} if row.reason else told


def _find(ledger: Ledger, campaign: Campaign, name: str) -> ContactRow:
    row = next(iter(find_contacts(ledger, campaign.id, [name])), None)
    if row is None:
        raise UnknownCampaign(f"Campaign {campaign.name} has no contact {name!r}.")
    if row.state == State.BLOCKED and row.payload is not None:
        _check_ours(row)
    elif not _waits(row.state, row.reason):
        raise UsageError(f"{name} is {row.state}: nothing about it waits for a person.")
    return row


def _waits(state: str, reason: str) -> bool:
    """Whether for a person's word; of those who are deferred, whose earlier attempt nobody can look for."""
    return state in _FOR_A_PERSON or (state == State.DEFERRED and reason == EARLIER_ATTEMPT_UNSURE)


def _check_ours(row: ContactRow) -> None:
    if not rests_on_us(row.reason, _recorded(row)):
        raise UsageError(
            f"{row.external_contact_id} is blocked, and not for a reason of ours: {sentence(row.reason)}",
            "Correct the row and feed it to `outreach run`, or lift the suppression.",
        )


def _started(
    ledger: Ledger, campaign: Campaign, row: ContactRow, conversation_id: str | None, detail: dict[str, str]
) -> Change:
    intent = _read_given_up(ledger, campaign, row) if row.state == State.DEFERRED else {"at": row.intended_at}
    if intent["at"] is None:
        raise UsageError(
            f"{row.external_contact_id} was never called in this campaign, so it cannot have started.",
            "Release it instead.",
        )
    if conversation_id is not None:
        _check_free(ledger, row, conversation_id)
        detail = {**detail, "conversation_id": conversation_id}
    fields = {
        "conversation_id": conversation_id,
        "started_at": intent["at"],  # the nearest instant that is known
        # Without an id there is no end to look for.
        "look_at": ledger.clock.now() if conversation_id else None,
        "looks": 0,
        "deaths": 0,
    }
    told = _tell(ledger, campaign, row, "started", conversation_id)
    change = to_started(
        contact_id=row.id, action="resolved_started", fields=fields, detail=detail, events=told
    )
    return replace(change, reference=row.reference, restore=intent) if row.state == State.DEFERRED else change


def _read_given_up(ledger: Ledger, campaign: Campaign, row: ContactRow) -> Mapping[str, Any]:
    """The last attempt's intent, as it was before the attempt was given up."""
    [claimed] = read_people(ledger, [row.id]).values()
    last = [each for each in read_history(ledger, row.id) if each["action"] == "intended"][-1]
    channel, at = Channel(last["detail"]["channel"]), datetime.fromisoformat(last["at"])
    keys = find_keys(ledger, claimed, claimed.contact.channels.address(channel) or "")
    return intent_row(claimed, channel, keys, row.reference, at, campaign.settings.same_address)


def _check_free(ledger: Ledger, row: ContactRow, conversation_id: str) -> None:
    if not _CONVERSATION.match(conversation_id):
        raise UsageError("That is no conversation's id.", "Copy it from Genesys: letters, digits and dashes.")
    taken = find_other_contact(ledger, conversation_id, row.id)
    if taken is not None:
        raise UsageError(f"That conversation is {taken}'s already.", "Look for this contact's own.")


def _released(ledger: Ledger, campaign: Campaign, row: ContactRow, detail: dict[str, str]) -> Change:
    action = RELEASED if row.reason == ADDRESS_REFUSED else "resolved_released"
    if row.payload is None:  # erased: nobody could contact them
        return Change(
            contact_id=row.id,
            after=State.BLOCKED,
            action=action,
            reason=KEEP,
            fields=_AFRESH,
            detail=detail,
            intent="keep" if row.intended_at is None else "release",
        )
    if row.intended_at is None:
        return to_accepted(contact_id=row.id, action=action, fields=_AFRESH, detail=detail)
    told = _tell(ledger, campaign, row, "released", None)
    if row.availability is None:  # catching up held them before Genesys was asked about them
        return to_accepted(
            contact_id=row.id, action=action, fields=_AFRESH, detail=detail, events=told, intent="release"
        )
    return to_cleared(contact_id=row.id, action=action, fields=_AFRESH, detail=detail, events=told)


def _tell(
    ledger: Ledger,
    campaign: Campaign,
    row: ContactRow,
    outcome: Literal["started", "released"],
    conversation_id: str | None,
) -> tuple[OutboundEvent, ...]:
    """For whoever was told of this campaign before."""
    # A person names no webhook: the one that the campaign's last event went to.
    endpoint = find_last_endpoint(ledger, campaign.id)
    common = {
        "timestamp": ledger.clock.now(),
        "campaign": campaign.name,
        "contact_id": row.external_contact_id,
        "reference": row.reference or "",
        "conversation_id": conversation_id,
    }
    bodies: list[ContactBody] = []
    if conversation_id:  # without one there is no interaction to name
        log = AuditLog(channel=Channel(row.channel))
        bodies.append(InteractionCreated(**common, latency_ms=0.0, audit_log=log))  # nobody measured it
    bodies.append(InteractionResolved(**common, success=outcome == "started", outcome=outcome))
    events = [(Event(body.model_dump(include={"event"})["event"]), body) for body in bodies]
    wanted = [(event, body) for event, body in events if event in campaign.settings.events]
    return tuple(OutboundEvent(endpoint, event.value, to_bytes(body)) for event, body in wanted if endpoint)


def retry_failed(ledger: Ledger, campaign: Campaign, *, refused: bool = False) -> int:
    """Give every failed contact whose failure may pass another chance with the next run; how many.

    With `refused` everybody whom Genesys refused: what was wrong there, or with our sender, is mended.
    """
    retried = 0
    for numbers in list_retryable(ledger, campaign.id, refused=refused):
        changes = [to_accepted(contact_id=number, action="retried", fields=_AFRESH) for number in numbers]
        retried += len(apply(ledger, changes, only_own=False))
    return retried


def retry_kept_back(ledger: Ledger, campaign: Campaign) -> int:
    """Let the next run begin afresh with everybody whom a reason of ours kept back; how many."""
    pages = read_set_aside(ledger, campaign.id)
    ours = ([row.id for row in page if rests_on_us(row.reason, _recorded(row))] for page in pages)
    return sum(reopen(ledger, numbers, action="retried") for numbers in ours)


def _recorded(row: ContactRow) -> Mapping[str, Any]:
    return orjson.loads(row.decision) if row.decision else {}
