"""Watching Genesys' engine send, and stopping it: when all is sent, or it shall, or it stands still."""

import contextlib
import logging
from collections.abc import Collection
from datetime import datetime

from outreach.campaign.hand_overs.sending import Sending
from outreach.clock import pause
from outreach.compliance.reasons import TOO_LATE
from outreach.errors import Ambiguous, Refused
from outreach.genesys.campaign_route import Progress
from outreach.ledger.changes import Change, apply_outcomes
from outreach.ledger.claims import Claimed
from outreach.ledger.states import State

log = logging.getLogger(__name__)

STILL_LOOKS, MOST_LOOKS = 4, 60
_FORCED = ("forced_off", "invalid")


def watch(sending: Sending) -> None:
    """Look until it is done or shall stop; then stop it, and wait until it is off."""
    run, route, hand_over = sending.run, sending.route, sending.hand_over
    still = 0
    last: tuple[Progress, int] | None = None
    withdrawn = {key for key, row in sending.rows.items() if row.reason == TOO_LATE}
    while not run.auto_stop.reason and sending.now < hand_over.until and still < STILL_LOOKS:
        withdrawn |= _withdraw_new(sending, withdrawn)
        found = route.look(hand_over.outbound_id)
        if found.status not in ("on", "off"):
            break
        missing = _count_missing(sending, found)
        if not missing:
            break
        still = still + 1 if (found, missing) == last else 0
        last = (found, missing)
        pause(run.ledger.clock, _wait_seconds(sending, found), lambda: run.auto_stop.reason)
    stop(sending)


def _withdraw_new(sending: Sending, known: Collection[str]) -> set[str]:
    """Withdraw who has opted out since we looked before; the ids of their rows."""
    rows: set[str] = set()
    try:
        for key in sending.find_suppressed().difference(known):
            sending.route.withdraw(sending.hand_over.list_id, sending.write_row(key))
            rows.add(key)
    except Refused as error:  # rather nobody more than one of these
        sending.run.auto_stop.stop(str(error))
    if not rows:
        return rows
    late = {key: at for key, at in sending.find_opted_out().items() if key in rows}
    apply_outcomes(sending.run.ledger, [_mark(sending.rows[key], at) for key, at in late.items()])
    if late:
        log.warning("%s opted out after the start: a message may still arrive.", len(late))
    return rows


def _mark(row: Claimed, opted_out_at: datetime) -> Change:
    """What `outreach why` says of the person until the outcome is known."""
    detail = {"opted_out_at": opted_out_at, "reference": row.reference}
    return Change(contact_id=row.id, after=State.INTENT, action="withdrawn", reason=TOO_LATE, detail=detail)


def _count_missing(sending: Sending, found: Progress) -> int:
    """How many have no result, once its own sums say that it is done; everybody before."""
    if found.status != "on" or found.done < min(found.total, len(sending.rows)):
        return len(sending.rows)
    # The sums may lie after a recycle: the export decides.
    results = sending.route.read_results(sending.hand_over.list_id)
    return sum(not results.get(key) for key in sending.rows)


def _wait_seconds(sending: Sending, found: Progress) -> float:
    """Half of what is left of the time that the rest takes; at the end, the shortest look."""
    shortest = sending.run.settings.look_after_seconds[0]
    if found.status != "on":
        return shortest
    return min(60.0, max(shortest, (found.total - found.done) / sending.route.per_minute * 30))


def stop(sending: Sending) -> None:
    """Stop it, unless it has stopped or is complete, and wait until it is off.

    Raises:
        Ambiguous: it does not stop.
    """
    run, route, outbound_id = sending.run, sending.route, sending.hand_over.outbound_id
    told = bool(run.auto_stop.reason)
    if told:  # before anything else: where the run was called off, no read has its turn any more
        _tell(sending)
    for _ in range(MOST_LOOKS):
        status = route.look(outbound_id).status
        if status == "complete" or (status == "off" and told) or status in _FORCED:
            return
        if status != "stopping":
            _tell(sending)
            told = True
        run.ledger.clock.sleep(run.settings.look_after_seconds[0])
    raise Ambiguous("stop campaign", 0, "still_on", "", "Stop it by hand in Genesys.")


def _tell(sending: Sending) -> None:
    with contextlib.suppress(Refused):  # of what is off already
        sending.route.stop(sending.hand_over.outbound_id)
