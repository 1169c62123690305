"""Registering one batch: accepted contacts become known to Genesys, or fail with its reason."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import orjson

from outreach.campaign.run import Run
from outreach.concurrency.call_pool import CallPool
from outreach.genesys.interface import NotRegistered, Registered
from outreach.ledger.changes import Change, apply
from outreach.ledger.claims import BatchRef, Claimed, claim, release, releasing
from outreach.ledger.release import take_back
from outreach.ledger.states import State
from outreach.settings import Link
from outreach.webhook.events import ContactRegistered, InteractionFailed

Answer = Registered | NotRegistered
_Calls = CallPool[Sequence[Claimed], list[Answer]]
_Landed = list[tuple[Sequence[Claimed], list[Answer] | BaseException]]

GROUP = 200
"""Contacts in a transaction, at the least, where no budget limits. By 32, here and in validation, one of the
guide's API took 1.18 ms of the processor; so it takes 1.05.
"""

TURN_SECONDS = 10
"""So long a batch waits until the one before is registered, and then goes on beside it: a call may hang."""


@dataclass(slots=True)
class RegistrationCounts:
    """What became of a batch's accepted contacts."""

    registered: int = 0
    failed: int = 0


def register_batch(run: Run, batch: BatchRef) -> RegistrationCounts:
    """Register everything accepted in the batch, in the API's bulk size, several calls at once.

    Raises:
        GenesysError: the organisation cannot be used; the contacts stay accepted.
    """
    counts, in_hand = RegistrationCounts(), list[Claimed]()
    errors: list[BaseException] = []  # raised last, so that what succeeded is written
    take_back(run.ledger, run.campaign.id, batch)
    # Twice as many are in the air, half of the calls that may be: the others are for batches that are
    # further. By 8 calls, of 64, it took 6 of the 20 seconds in which 2,000 people were contacted at 300 ms.
    room = max(1, run.threads // 4)
    size = max(run.genesys.bulk_size * room, 0 if run.requests_per_second else GROUP)
    calls: _Calls | None = None
    with contextlib.ExitStack() as turn, run.stopping():
        with releasing(run.ledger, in_hand):
            while not errors and (group := _claim(run, batch, size)):
                in_hand += group
                calls = calls or _take_turn(run, batch, turn)
                if run.auto_stop.reason:
                    break
                landed = _make(run, calls, _to_bulks(run, group, in_hand, counts), room)
                errors += _settle(run, landed, in_hand, counts)
            if calls:
                errors += _settle(run, calls.collect(calls.in_flight), in_hand, counts)
        release(run.ledger, in_hand)  # who was not registered any more
        if errors := [error for error in errors if not run.has_given_up(error)]:
            raise errors[0]
    return counts


def _claim(run: Run, batch: BatchRef, size: int) -> list[Claimed]:
    if run.auto_stop.reason:  # who is not registered yet simply stays accepted
        return []
    return claim(run.ledger, run.campaign.id, batch, (State.ACCEPTED,), limit=size)


def _take_turn(run: Run, batch: BatchRef, turn: contextlib.ExitStack) -> _Calls:
    """One batch after the other: side by side all would be known at the same late time, and till then
    nobody could be contacted. At 50 ms an answer, no call was in the air for 3 of 34 seconds.
    """
    stopped = partial(getattr, run.auto_stop, "reason")
    is_own = turn.enter_context(run.registering.take(batch.number, within=TURN_SECONDS, unless=stopped))
    # Half is its own while it has work: with one thread beside 63 that contact, the next batch was not
    # ready when the one before was through, and for 5 of 52 seconds no call was in the air.
    calls = CallPool(partial(_call, run, batch.number), run.call_limit, share=0.5 if is_own else 0.0)
    turn.callback(calls.stop)  # after an error of ours nobody would collect them
    return calls


def _make(run: Run, calls: _Calls, bulks: Sequence[Sequence[Claimed]], room: int) -> _Landed:
    """Make the calls, until one fails or the run is stopped; what has landed by then."""
    landed: _Landed = []
    for at in range(0, len(bulks), room):
        calls.submit(bulks[at : at + room])
        # So many stay in the air while the others are written down: with none 22 of 32 calls were, and the
        # next batch was ready late: nobody was called for 1.5 of 17 seconds.
        landed += calls.collect(calls.in_flight - room)
        if run.auto_stop.reason or _find_errors(landed):
            break
    return landed


def _call(run: Run, priority: int, bulk: Sequence[Claimed]) -> list[Answer]:
    told = [(row.contact, run.gate.wording.greet(row.contact)) for row in bulk]
    return run.genesys.register(told, priority=priority)


def _to_bulks(
    run: Run, group: Sequence[Claimed], in_hand: list[Claimed], counts: RegistrationCounts
) -> list[Sequence[Claimed]]:
    """Those whom Genesys must know, in its bulk size; the others are registered without a call."""
    unasked, size = _find_unasked(run, group), run.genesys.bulk_size
    _record(run, [(row, _unregistered(run, row)) for row in group if row.id in unasked], in_hand, counts)
    asked = [row for row in group if row.id not in unasked]
    return [asked[at : at + size] for at in range(0, len(asked), size)]


def _settle(
    run: Run, landed: _Landed, in_hand: list[Claimed], counts: RegistrationCounts
) -> list[BaseException]:
    """Write down what calls came to; the errors of those that failed."""
    answered = [
        pair
        for bulk, answers in landed
        if not isinstance(answers, BaseException)
        for pair in zip(bulk, answers, strict=True)
    ]
    _record(run, answered, in_hand, counts)
    return _find_errors(landed)


def _find_errors(landed: _Landed) -> list[BaseException]:
    return [answers for _, answers in landed if isinstance(answers, BaseException)]


def _find_unasked(run: Run, group: Sequence[Claimed]) -> set[int]:
    """Who need not be known to Genesys: its engine sends to a list, not to contacts."""
    if not run.engine_channels or run.settings.link is not Link.NEVER:
        return set()
    tried = set(run.settings.channel_order)
    able = {row.id: tried.intersection(row.contact.channels.present()) for row in group}
    return {key for key, ways in able.items() if ways and ways.issubset(run.engine_channels)}


def _unregistered(run: Run, row: Claimed) -> Registered:
    """Of the other channels nobody has said that they can be used."""
    by_engine = [channel for channel in row.contact.channels.present() if channel in run.engine_channels]
    return Registered(row.contact.external_contact_id, "", "exists", dict.fromkeys(by_engine, "available"))


def _record(
    run: Run, answered: Sequence[tuple[Claimed, Answer]], in_hand: list[Claimed], counts: RegistrationCounts
) -> None:
    if not answered:
        return
    run.age.note_clock()  # before anybody here can be contacted
    changes = [
        _registered(run, row, answer) if isinstance(answer, Registered) else _failed(run, row, answer)
        for row, answer in answered
    ]
    made = apply(run.ledger, changes)
    written = {row.id for row, _ in answered}
    in_hand[:] = [row for row in in_hand if row.id not in written]
    registered = sum(c.contact_id in made and c.after is State.REGISTERED for c in changes)
    failed = sum(c.contact_id in made and c.after is State.FAILED for c in changes)
    counts.registered += registered
    counts.failed += failed
    run.auto_stop.count_registrations(registered, failed)


def _registered(run: Run, row: Claimed, answer: Registered) -> Change:
    availability = {str(name): verdict for name, verdict in answer.availability.items()}
    return Change(
        contact_id=row.id,
        after=State.REGISTERED,
        action="registered",
        fields={"genesys_id": answer.genesys_id, "availability": orjson.dumps(availability).decode()},
        detail={"genesys_id": answer.genesys_id, "status": answer.status},
        events=run.event(ContactRegistered, row, genesys_id=answer.genesys_id, status=answer.status)
        if answer.genesys_id
        else (),
    )


def _failed(run: Run, row: Claimed, answer: NotRegistered) -> Change:
    told = {"reason": answer.code, "correlation_id": answer.correlation_id}
    return Change(
        contact_id=row.id,
        after=State.FAILED,
        action="not_registered",
        reason=f"not_registered:{answer.code}"[:200],
        fields={"retryable": answer.retryable},
        detail=told,
        events=run.event(InteractionFailed, row, **told),
    )
