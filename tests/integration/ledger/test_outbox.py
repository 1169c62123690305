from __future__ import annotations

import pytest
from sqlalchemy import select, update

from outreach.campaign.run import Run
from outreach.ledger.changes import Change, OutboundEvent, apply
from outreach.ledger.database.schema import outbox
from outreach.ledger.outbox import LedgerOutbox, enqueue_once, replay
from outreach.ledger.states import State
from outreach.webhook.outbox import Message, Settlement
from tests.support.clocks import SetClock
from tests.support.ledgers import load, people

LEASE = 30.0


@pytest.fixture
def box(run: Run) -> LedgerOutbox:
    load(run, people(2))
    return LedgerOutbox(run.ledger, "default", run.campaign.id)


def tell(run: Run, contact_id: int, *events: str, endpoint: str = "default") -> None:
    told = tuple(OutboundEvent(endpoint, event, event.encode()) for event in events)
    change = Change(contact_id=contact_id, after=State.ACCEPTED, action="told", events=told)
    apply(run.ledger, [change], only_own=False)


def take(box: LedgerOutbox, clock: SetClock, **options: bool) -> list[Message]:
    return box.take(10, clock.now(), LEASE, **options)


def settle(box: LedgerOutbox, clock: SetClock, message: Message, result: str) -> None:
    box.settle([Settlement(message.id, result)], clock.now())  # type: ignore[arg-type]  # one of the four


def states(run: Run) -> list[str]:
    with run.ledger.db.read() as connection:
        return list(connection.execute(select(outbox.c.state).order_by(outbox.c.id)).scalars())


def test_a_contacts_events_come_in_their_order_one_at_a_time(
    run: Run, box: LedgerOutbox, clock: SetClock
) -> None:
    tell(run, 1, "a", "b")
    tell(run, 2, "c")

    first = take(box, clock)
    assert [m.event for m in first] == ["a", "c"]
    assert take(box, clock) == []
    settle(box, clock, first[0], "delivered")
    assert [m.event for m in take(box, clock)] == ["b"]


def test_a_message_waiting_for_its_retry_holds_the_next_of_its_contact_back(
    run: Run, box: LedgerOutbox, clock: SetClock
) -> None:
    tell(run, 1, "a", "b")
    message = take(box, clock)[0]
    box.settle([Settlement(message.id, "retry", next_at=clock.now())], clock.now())

    assert [m.event for m in take(box, clock)] == ["a"]


def test_a_dead_message_holds_nobody_back(run: Run, box: LedgerOutbox, clock: SetClock) -> None:
    tell(run, 1, "a", "b")
    settle(box, clock, take(box, clock)[0], "dead")

    assert [m.event for m in take(box, clock)] == ["b"]


def test_one_endpoints_backlog_holds_no_other_back(run: Run, box: LedgerOutbox, clock: SetClock) -> None:
    tell(run, 1, "a", endpoint="retired")
    tell(run, 1, "b")

    assert [m.event for m in take(box, clock)] == ["b"]


def test_a_takers_death_gives_its_messages_back_when_the_lease_ends(
    run: Run, box: LedgerOutbox, clock: SetClock
) -> None:
    tell(run, 1, "a")
    take(box, clock)

    assert take(box, clock, ignore_schedule=True) == []
    clock.advance(LEASE)
    assert [m.event for m in take(box, clock)] == ["a"]


@pytest.mark.parametrize(
    ("first", "late", "stands"),
    [
        ("delivered", "retry", "delivered"),
        ("delivered", "dead", "delivered"),
        ("dead", "retry", "dead"),
        ("dead", "delivered", "delivered"),
    ],
)
def test_a_late_settlement_only_brings_good_news(
    run: Run, box: LedgerOutbox, clock: SetClock, first: str, late: str, stands: str
) -> None:
    tell(run, 1, "a")
    message = take(box, clock)[0]
    settle(box, clock, message, first)

    settle(box, clock, message, late)

    assert states(run) == [stands]


def test_the_id_of_a_message_never_changes(run: Run, box: LedgerOutbox, clock: SetClock) -> None:
    tell(run, 1, "a", "b")
    message = take(box, clock)[0]
    settle(box, clock, message, "delivered")
    clock.advance(1)

    assert replay(run.ledger, since=message.created_at, until=clock.now()) == 2
    assert take(box, clock)[0].id == message.id


def test_a_campaigns_event_is_put_in_once_for_each_key(run: Run, box: LedgerOutbox) -> None:
    telling = OutboundEvent("default", "campaign_finished", b"{}")

    assert [enqueue_once(run.ledger, run.campaign.id, telling, key=key) for key in "aab"] == [
        True,
        False,
        True,
    ]


def test_an_answer_with_a_nul_is_kept(run: Run, box: LedgerOutbox, clock: SetClock) -> None:
    tell(run, 1, "a")
    message = take(box, clock)[0]
    box.settle([Settlement(message.id, "dead", excerpt="no\0body", status=400)], clock.now())

    with run.ledger.db.read() as connection:
        assert connection.execute(select(outbox.c.excerpt)).scalar() == "nobody"


def test_a_disabled_endpoint_can_be_enabled(run: Run, box: LedgerOutbox) -> None:
    box.disable()
    assert box.is_disabled()
    box.enable()
    assert not box.is_disabled()


def test_an_event_and_its_state_are_one_transaction(run: Run, box: LedgerOutbox) -> None:
    with run.ledger.db.write() as connection:
        connection.execute(update(outbox).values(state="pending"))
    bad = OutboundEvent("default", "a", None)  # type: ignore[arg-type]  # what the database refuses
    change = Change(contact_id=1, after=State.REGISTERED, action="x", events=(bad,))

    with pytest.raises(Exception, match="does not answer"):
        apply(run.ledger, [change], only_own=False)

    assert states(run) == []
