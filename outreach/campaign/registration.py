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
from outreach.ledger.executors.release import take_back
from outreach.ledger.states import State
from outreach.settings import Link
from outreach.webhook.events import ContactRegistered, InteractionFailed

Answer = Registered | NotRegistered

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
    counts = RegistrationCounts()
    take_back(run.ledger, run.campaign.id, batch)
    # Half of the calls that may be in the air: the others are for batches that are further. By 8, of 64, it
    # took 6 of the 20 seconds in which 2,000 people were contacted at 300 ms an answer.
    room = run.genesys.bulk_size * max(1, run.threads // 2)
    calls: CallPool[Sequence[Claimed], list[Answer]] | None = None
    with contextlib.ExitStack() as turn:
        while not run.auto_stop.reason:  # who is not registered yet simply stays accepted
            group = claim(run.ledger, run.campaign.id, batch, (State.ACCEPTED,), limit=room)
            if not group:
                break
            with releasing(run.ledger, group), run.stopping():
                calls = calls or _take_turn(run, batch, turn)
                if not run.auto_stop.reason:
                    _register(run, group, calls, counts)
    return counts


def _take_turn(
    run: Run, batch: BatchRef, turn: contextlib.ExitStack
) -> CallPool[Sequence[Claimed], list[Answer]]:
    """One batch after the other: side by side all would be known at the same late time, and till then
    nobody could be contacted. At 50 ms an answer, no call was in the air for 3 of 34 seconds.
    """
    stopped = partial(getattr, run.auto_stop, "reason")
    is_own = turn.enter_context(run.registering.take(batch.number, within=TURN_SECONDS, unless=stopped))
    # Half is its own while it has work: with one thread beside 63 that contact, the next batch was not
    # ready when the one before was through, and for 5 of 52 seconds no call was in the air.
    return CallPool(partial(_call, run, batch.number), run.call_limit, share=0.5 if is_own else 0.0)


def _call(run: Run, priority: int, bulk: Sequence[Claimed]) -> list[Answer]:
    told = [(row.contact, run.gate.wording.greet(row.contact)) for row in bulk]
    return run.genesys.register(told, priority=priority)


def _register(
    run: Run,
    group: Sequence[Claimed],
    calls: CallPool[Sequence[Claimed], list[Answer]],
    counts: RegistrationCounts,
) -> None:
    size = run.genesys.bulk_size
    unasked = _find_unasked(run, group)
    answered: list[tuple[Claimed, Answer]] = [
        (row, _unregistered(run, row)) for row in group if row.id in unasked
    ]
    asked = [row for row in group if row.id not in unasked]
    bulks = [asked[at : at + size] for at in range(0, len(asked), size)]
    calls.submit(bulks)
    errors: list[BaseException] = []  # raised last, so that what succeeded is written
    for bulk, answers in calls.collect(len(bulks)):
        if isinstance(answers, BaseException):
            errors.append(answers)
        else:
            answered += zip(bulk, answers, strict=True)
    run.age.note_clock()  # before anybody here can be contacted
    _record(run, answered, counts)
    if run.auto_stop.reason:
        release(run.ledger, group)  # who was not registered any more; a change has freed the others
    if errors := [error for error in errors if not run.has_given_up(error)]:
        raise errors[0]


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


def _record(run: Run, answered: Sequence[tuple[Claimed, Answer]], counts: RegistrationCounts) -> None:
    changes = [
        _registered(run, row, answer) if isinstance(answer, Registered) else _failed(run, row, answer)
        for row, answer in answered
    ]
    made = apply(run.ledger, changes)
    counts.registered += sum(c.contact_id in made and c.after is State.REGISTERED for c in changes)
    counts.failed += sum(c.contact_id in made and c.after is State.FAILED for c in changes)


def _registered(run: Run, row: Claimed, answer: Registered) -> Change:
    availability = {str(name): verdict for name, verdict in answer.availability.items()}
    return Change(
        contact_id=row.id,
        after=State.REGISTERED,
        action="registered",
        fields={
            "genesys_id": answer.genesys_id,
            "availability": orjson.dumps(availability).decode(),
        },
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
