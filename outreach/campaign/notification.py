"""Telling the CRM during a run: a courier beside it, a little patience, and the campaign's end."""

import contextlib
from collections.abc import Iterator

from outreach.campaign.auto_stop import AutoStop
from outreach.campaign.run import Run
from outreach.ledger.changes import OutboundEvent
from outreach.ledger.claims import BatchRef
from outreach.ledger.deliveries import count_untried
from outreach.ledger.outbox import enqueue_once
from outreach.ledger.proof import Proof, key_of_standing
from outreach.settings import Event
from outreach.webhook.delivery import Courier
from outreach.webhook.events import CampaignFinished, to_bytes

LOOK_EVERY_SECONDS = 0.1

LAST_DELIVERY_SECONDS = 15.0
"""So long a run's end waits for the CRM to take what it was not told yet."""


@contextlib.contextmanager
def delivering(courier: Courier | None, auto_stop: AutoStop) -> Iterator[None]:
    """Tell the CRM for the length of the block, and a little longer; nobody where there is no courier."""
    if courier is None:
        yield
        return
    courier.start()
    try:
        yield
    finally:
        courier.stop(last_delivery_seconds(auto_stop))


def last_delivery_seconds(auto_stop: AutoStop) -> float:
    """So long a run's end waits for the CRM; somebody who stops it waits for nobody."""
    return 0.5 if auto_stop.is_called_off else LAST_DELIVERY_SECONDS


def await_first_attempts(run: Run, batch: BatchRef, seconds: float) -> int:
    """Wait until each of the batch's events was tried, for so long at the most; how many still wait.

    Nobody waits for a receiver that fails or keeps silent.
    """
    clock = run.ledger.clock
    until = clock.monotonic() + seconds
    waiting = count_untried(run.ledger, run.campaign.id, batch)
    # A receiver that hangs costs a batch nothing: the courier has it.
    while waiting and _may_help(run.courier) and clock.monotonic() < until:
        run.wake_courier()
        clock.sleep(LOOK_EVERY_SECONDS)
        waiting = count_untried(run.ledger, run.campaign.id, batch)
    return waiting


def _may_help(courier: Courier | None) -> bool:
    """Whether the events may be tried soon; without a courier here, the one of another process does."""
    return courier is None or not courier.is_stalled


def announce_end(run: Run, proof: Proof) -> None:
    """Tell the CRM where the campaign stands now; once for one standing, however often it is run."""
    if run.webhook_name is None or Event.FINISHED not in run.settings.events:
        return
    body = CampaignFinished(
        timestamp=run.ledger.clock.now(),
        campaign=run.campaign.name,
        success=proof.balanced,
        source_rows=proof.source_rows,
        contacted=proof.contacted,
        states=proof.states,
    )
    telling = OutboundEvent(run.webhook_name, Event.FINISHED.value, to_bytes(body))
    enqueue_once(run.ledger, run.campaign.id, telling, key=key_of_standing(proof))
    run.wake_courier()
