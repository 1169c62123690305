"""What a look at an interaction makes of its contact.

shown, ended           ended: when, how, what was delivered; `overlong` when we had asked for the end
shown, going on        started: looked at again, at growing intervals, at the latest when its time is up
not shown              started: looked for again; after a day `ended`, of an unknown end (`not_found`)
ended, not delivered   ended: looked at for three days more, and told again when the receipt comes
ended, link not shown  ended: looked at for three days more, until a reading shows the contact
ended, contacted anew  ended: looked at for three days more, for what an attempt given up before may have
                       started; while Genesys cannot say, for longer
"""

from datetime import datetime, timedelta
from typing import Any

from outreach.campaign.run import Run
from outreach.follow_up.links import ASKED
from outreach.follow_up.observation import Observation
from outreach.genesys.interface import Conversation
from outreach.genesys.platform.conversations import FAILED_DELIVERIES
from outreach.ledger.changes import KEEP, Change, OutboundEvent, still
from outreach.ledger.claims import Claimed
from outreach.ledger.states import State
from outreach.webhook.events import InteractionEnded

LOOK_AGAIN_SECONDS = (60, 300, 900)
"""Between one look and the next, the last again and again."""

LOOK_FOR_END_SECONDS = 30
"""After we asked for the end."""

LOOK_FOR_RECEIPT_SECONDS = (300, 3600, 14_400, 43_200, 86_400, 115_200)
"""Between one look for a receipt and the next, after the end: three days in all. From `sent` to the final
status may take minutes to days (platform fact sheet 5.1).
"""

ON_ITS_WAY = frozenset({"queued", "sent", "delivery-pushed"})
"""Delivery statuses after which another one comes."""

ENDED, NOT_FOUND, RECEIVED = "ended", "not_found", "receipt"
"""What the audit calls an end, an end that Genesys does not show, and a receipt that came after the end."""

ENDS = frozenset({ENDED, NOT_FOUND})

SHOWN_WITHIN = timedelta(days=1)
"""An id that Genesys does not show for so long after its start will not be shown any more."""

OVERLONG = "overlong"
"""The reason of a contact whose interaction outlived its time, and was asked to end."""


def mark_overlong(row: Claimed) -> Change:
    """What is written down before the end is asked for; the row stays ours."""
    return Change(
        contact_id=row.id,
        after=State.STARTED,
        action="ending",
        reason=OVERLONG,
        fields={"looks": 0},  # the intervals begin anew, with the short one
        detail={"reason": OVERLONG},
        keep_lease=True,
    )


def change_after(run: Run, seen: Observation) -> Change:
    """The contact's next state."""
    if seen.row.state is State.ENDED:
        return _after_end(run, seen)
    if seen.found is not None and seen.found.ended_at is not None:
        return _ended(run, seen, seen.found)
    if seen.found is None and seen.now - seen.started_at >= SHOWN_WITHIN:
        return _lost(run, seen)
    return _open(seen)


def _open(seen: Observation) -> Change:
    checks = seen.row.checks + 1
    fields = {"looks": checks, "look_at": _next_look(seen), **_known(seen)}
    detail = {"looks": checks, "shown": seen.found is not None, **_opted_out(seen), **_link(seen)}
    return still(contact_id=seen.row.id, after=State.STARTED, fields=fields, detail=detail)


def _next_look(seen: Observation) -> datetime:
    row = seen.row
    waits = (LOOK_FOR_END_SECONDS, *LOOK_AGAIN_SECONDS) if row.reason == OVERLONG else LOOK_AGAIN_SECONDS
    seconds = waits[min(row.checks, len(waits) - 1)]
    at = seen.now + timedelta(seconds=seconds)
    # The next look comes when its time is up, however far the intervals have grown.
    return min(at, seen.time_is_up) if seen.time_is_up > seen.now else at


def _ended(run: Run, seen: Observation, found: Conversation) -> Change:
    is_open = (found.delivery in ON_ITS_WAY or _is_open(seen)) and not seen.row.contact.is_forgotten
    fields = {
        "ended_at": found.ended_at,
        "look_at": _look_after_end(seen, 0, is_open=is_open),
        "looks": 0,
        "deaths": 0,
        **_known(seen),
    }
    return _at_end(seen, ENDED, fields, _detail(seen, found), _told(run, seen, found))


def _after_end(run: Run, seen: Observation) -> Change:
    """Of somebody whose message was on its way at the end, or whose link is not shown yet."""
    checks = seen.row.checks + (seen.is_told is not False)
    waited = seen.row.delivery in ON_ITS_WAY
    found = seen.found if waited and seen.found is not None and _is_final(seen.found) else None
    look_at = _look_after_end(seen, checks, is_open=(waited and found is None) or _is_open(seen))
    fields = {"looks": checks, "look_at": look_at, **_known(seen)}
    if found is not None:  # told once more when its receipt came
        return _at_end(seen, RECEIVED, fields, _detail(seen, found), _told(run, seen, found))
    detail = {"looks": checks, "shown": seen.found is not None, **_link(seen)}
    return still(contact_id=seen.row.id, after=State.ENDED, fields=fields, detail=detail)


def _is_final(found: Conversation) -> bool:
    return found.opted_out or found.delivery not in ON_ITS_WAY | {""}


def _look_after_end(seen: Observation, checks: int, *, is_open: bool) -> datetime | None:
    if not is_open or checks >= len(LOOK_FOR_RECEIPT_SECONDS):
        return None
    # Where Genesys does not say, no look counts: it may be asked like that for good, so by the hour.
    seconds = LOOK_FOR_RECEIPT_SECONDS[max(checks, seen.is_told is False)]
    return seen.now + timedelta(seconds=seconds)


def _is_open(seen: Observation) -> bool:
    """Whether its link is not shown yet, or an attempt that was given up before may turn up."""
    return seen.link.startswith(ASKED) or seen.is_told is not None


def _link(seen: Observation) -> dict[str, str]:
    """For the audit, when it is another one than before."""
    return {"link": seen.link} if seen.link != seen.row.link else {}


def _told(run: Run, seen: Observation, found: Conversation) -> tuple[OutboundEvent, ...]:
    return run.event(
        InteractionEnded,
        seen.row,
        conversation_id=seen.row.conversation_id,
        channel=seen.row.channel,
        ended_at=found.ended_at,
        duration_seconds=round(_seconds(seen, found), 3),
        disconnect_type=found.disconnect_type,
        delivery=found.delivery,
        opted_out=found.opted_out,
        overlong=seen.row.reason == OVERLONG,
    )


def _detail(seen: Observation, found: Conversation) -> dict[str, Any]:
    return {
        "conversation_id": seen.row.conversation_id,
        "ended_at": found.ended_at,
        "seconds": _seconds(seen, found),
        "disconnect_type": found.disconnect_type,
        "delivery": found.delivery,
        "overlong": seen.row.reason == OVERLONG,
        **_opted_out(seen),
        **_link(seen),
    }


def _seconds(seen: Observation, found: Conversation) -> float:
    """How long it lasted."""
    ended_at = found.ended_at or seen.now
    # Both instants by Genesys' clock where it shows both: ours may be off.
    return max((ended_at - (found.started_at or seen.started_at)).total_seconds(), 0.0)


def _lost(run: Run, seen: Observation) -> Change:
    told = run.event(
        InteractionEnded,
        seen.row,
        conversation_id=seen.row.conversation_id,
        channel=seen.row.channel,
        ended_at=None,  # Genesys shows none, and ours would be a guess
        disconnect_type=NOT_FOUND,
        overlong=seen.row.reason == OVERLONG,
    )
    look_at = _look_after_end(seen, 0, is_open=seen.is_told is not None)
    fields = {"disconnect_type": NOT_FOUND, "look_at": look_at, "looks": 0, "deaths": 0}
    detail = {"conversation_id": seen.row.conversation_id, "disconnect_type": NOT_FOUND}
    return _at_end(seen, NOT_FOUND, fields, detail, told)


def _at_end(
    seen: Observation,
    action: str,
    fields: dict[str, Any],
    detail: dict[str, Any],
    told: tuple[OutboundEvent, ...],
) -> Change:
    """What is known of an end, told; the reason that the interaction had stays."""
    return Change(
        contact_id=seen.row.id,
        after=State.ENDED,
        action=action,
        reason=KEEP,
        fields=fields,
        detail=detail,
        events=told,
    )


def _known(seen: Observation) -> dict[str, Any]:
    """The columns that Genesys said something about; foreign codes are cut to the columns' width."""
    found = seen.found
    if found is None:
        return {}
    known = {
        "connected_at": found.connected_at,
        "disconnect_type": found.disconnect_type[:64],
        "delivery": found.delivery[:64],
        "undelivered": _why_undelivered(seen, found)[:64],
        "link": seen.link,
    }
    return {name: value for name, value in known.items() if value}  # an earlier look may have seen more


def _why_undelivered(seen: Observation, found: Conversation) -> str:
    """Genesys' code, or what it calls the delivery where it gives none; "" for what is not known to fail."""
    if found.delivery in FAILED_DELIVERIES:
        return found.failure or found.delivery
    is_mail = seen.row.channel is not None and seen.row.channel.is_mail
    return found.failure if is_mail else ""  # an e-mail has no delivery status


def _opted_out(seen: Observation) -> dict[str, bool]:
    return {"opted_out": True} if seen.found is not None and seen.found.opted_out else {}
