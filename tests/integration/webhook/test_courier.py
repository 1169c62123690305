"""From outbox to receiver: in order, exactly once by id, through outages, and never in the way."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from functools import partial
from random import Random

import pytest

from outreach.errors import LedgerError
from outreach.webhook import Courier, DeliveryCounts, Endpoint, Settlement
from outreach.webhook.delivery import PATIENCE_SECONDS
from outreach.webhook.endpoint import LIMIT_SECONDS
from outreach.webhook.schedule import DELAYS
from tests.support.clocks import SetClock
from tests.support.memory_outbox import MemoryOutbox
from tests.support.webhook_receiver import Answer, Delivery, Receiver


class Hurried(SetClock):
    """Its calendar moves only when told; its seconds are real, for deadlines."""

    def monotonic(self) -> float:
        return time.monotonic() + self._elapsed


DEADLINE = 30.0


def hang_past_the_deadline(clock: Hurried, _: Delivery) -> Answer:
    """The deadline is over once an attempt is in the air, however late a busy machine begins it."""
    clock.advance(DEADLINE + 1)
    return Answer(how="hang")


@pytest.fixture
def clock() -> Hurried:
    return Hurried(datetime.now(timezone.utc))


@pytest.fixture
def outbox() -> MemoryOutbox:
    return MemoryOutbox()


@pytest.fixture
def courier(outbox: MemoryOutbox, endpoint: Endpoint, clock: Hurried) -> Courier:
    return Courier(outbox, endpoint, clock=clock, random=Random(1))


@pytest.fixture
def hanging(receiver: Receiver) -> Iterator[Receiver]:
    receiver.always(Answer(how="hang"))
    yield receiver
    receiver.released.set()


def fill(outbox: MemoryOutbox, clock: Hurried, contacts: int, each: int = 1) -> None:
    for number in range(each):
        for contact in range(contacts):
            outbox.put("event", f"EXT-{contact}", b'{"n":%d}' % number, clock.now())


def accepted(receiver: Receiver) -> list[Delivery]:
    return [delivery for delivery in receiver.deliveries if 200 <= delivery.answered < 300]


def order(receiver: Receiver, outbox: MemoryOutbox) -> dict[str, list[bytes]]:
    by_contact: dict[str, list[bytes]] = defaultdict(list)
    for delivery in accepted(receiver):
        by_contact[outbox.rows[delivery.id].message.contact].append(delivery.body)
    return by_contact


def test_everything_due_arrives_once_and_each_contacts_events_in_order(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=40, each=10)
    assert courier.deliver() == DeliveryCounts(delivered=400)
    assert set(Counter(delivery.id for delivery in receiver.deliveries).values()) == {1}
    assert all(bodies == [b'{"n":%d}' % n for n in range(10)] for bodies in order(receiver, outbox).values())


def test_settling_is_done_in_groups(outbox: MemoryOutbox, courier: Courier, clock: Hurried) -> None:
    fill(outbox, clock, contacts=600)
    courier.deliver()
    assert outbox.settle_calls < 60


def test_messages_of_no_contact_are_delivered_too(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    for _ in range(3):
        outbox.put("campaign_finished", "", b"{}", clock.now())
    assert courier.deliver().delivered == 3


def test_a_receiver_that_is_down_for_two_rounds_gets_every_event_once_and_in_order(
    receiver: Receiver, outbox: MemoryOutbox, endpoint: Endpoint, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=200, each=3)
    receiver.always(Answer(503))
    for seconds in (0, 7200):
        clock.advance(seconds)
        assert Courier(outbox, endpoint, clock=clock).deliver().delivered == 0
    receiver.always(Answer())
    total = DeliveryCounts()
    for _ in range(3):
        clock.advance(7200)
        total += Courier(outbox, endpoint, clock=clock).deliver()
    assert total.delivered == 600
    assert set(Counter(delivery.id for delivery in accepted(receiver)).values()) == {1}
    assert all(bodies == [b'{"n":%d}' % n for n in range(3)] for bodies in order(receiver, outbox).values())


def test_a_failed_message_waits_for_its_time_and_holds_back_its_contacts_next(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=1, each=2)
    receiver.always(Answer(500))
    assert courier.deliver() == DeliveryCounts(retried=1)
    receiver.always(Answer())
    assert courier.deliver() == DeliveryCounts()
    clock.advance(6)
    assert courier.deliver() == DeliveryCounts(delivered=2)
    assert [delivery.id for delivery in receiver.deliveries] == ["msg_0", "msg_0", "msg_1"]


def test_a_429_waits_a_minute_at_least(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=1)
    receiver.always(Answer(429))
    courier.deliver()
    clock.advance(59)
    assert courier.deliver().retried == 0
    clock.advance(14)
    assert courier.deliver().retried == 1


def test_after_ten_attempts_a_message_is_dead_and_its_contacts_next_goes_on(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=1, each=2)
    receiver.script = lambda delivery: Answer(400 if delivery.id == "msg_0" else 204, body=b"bad")
    for delay in DELAYS:
        courier.deliver()
        _let_pass(outbox, delay)
        clock.advance(31)  # so that the breaker does not see ten failures in a row
    assert courier.deliver() == DeliveryCounts(delivered=1, dead=1)
    last = outbox.rows["msg_0"].last
    assert last is not None
    assert (last.result, last.status, last.code, last.excerpt) == ("dead", 400, "E_HTTP", "bad")


def _let_pass(outbox: MemoryOutbox, seconds: float) -> None:
    for row in outbox.rows.values():
        row.due -= timedelta(seconds=1.2 * seconds)


def test_a_410_disables_the_endpoint_and_loses_nothing(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=50)
    receiver.always(Answer(410))
    counts = courier.deliver()
    assert (counts.stopped, counts.delivered, counts.dead) == ("disabled", 0, 0)
    asked = len(receiver.deliveries)
    assert asked < 50
    assert courier.deliver() == DeliveryCounts(stopped="disabled")
    assert len(receiver.deliveries) == asked
    assert outbox.states() == {"pending": 50}


def test_a_delivery_by_hand_gives_a_disabled_endpoint_another_chance(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=50)
    outbox.disable()
    assert courier.deliver(ignore_schedule=True).delivered == 50
    assert not outbox.is_disabled()


def test_by_hand_every_waiting_message_is_tried_once(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=300, each=2)
    _let_pass(outbox, -100_000)
    receiver.script = lambda delivery: Answer(500 if int(delivery.id[4:]) % 2 else 204)
    counts = courier.deliver(ignore_schedule=True)
    assert set(Counter(delivery.id for delivery in receiver.deliveries).values()) == {1}
    assert (counts.delivered, counts.retried, counts.stopped) == (300, 150, "")
    assert not outbox.leased


def test_a_dead_receiver_is_left_alone_and_what_was_not_tried_keeps_its_attempts(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=500)
    receiver.always(Answer(500))
    counts = courier.deliver()
    assert counts.stopped == "breaker"
    assert len(receiver.deliveries) < 30
    assert sum(row.message.attempts for row in outbox.rows.values()) == counts.retried
    assert counts.left > 0
    assert not outbox.leased


def test_after_its_rest_a_dead_receiver_gets_one_probe_and_then_everything(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=500)
    receiver.always(Answer(500))
    courier.deliver()
    tried = len(receiver.deliveries)
    clock.advance(31)
    assert courier.deliver().retried == 1
    assert len(receiver.deliveries) == tried + 1
    clock.advance(400)
    receiver.always(Answer())
    assert courier.deliver().stopped == ""
    assert outbox.states() == {"delivered": 500}


def test_the_limit_bounds_the_attempts(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=50)
    assert courier.deliver(limit=7) == DeliveryCounts(delivered=7, stopped="limit")
    assert len(receiver.deliveries) == 7


def test_a_receiver_that_hangs_holds_nobody_beyond_the_deadline(
    hanging: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    hanging.script = partial(hang_past_the_deadline, clock)
    fill(outbox, clock, contacts=40)
    began = time.monotonic()
    counts = courier.deliver(deadline_seconds=DEADLINE)
    assert time.monotonic() - began < LIMIT_SECONDS / 2
    assert (counts.stopped, counts.left) == ("deadline", 40)
    assert 0 < len(outbox.leased) <= 8  # so many threads; a busy machine may not get to the last in time


def test_what_has_come_back_by_the_deadline_is_settled_though_nobody_had_looked(
    receiver: Receiver,
    outbox: MemoryOutbox,
    courier: Courier,
    clock: Hurried,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(outbox, clock, contacts=90)
    settle = outbox.settle

    def settle_slowly(settlements: Sequence[Settlement], now: datetime) -> None:
        settle(settlements, now)
        _wait_until(lambda: len(receiver.deliveries) == 90 and not courier._limit._present)
        clock.advance(1000)

    monkeypatch.setattr(outbox, "settle", settle_slowly)

    assert courier.deliver(deadline_seconds=500) == DeliveryCounts(delivered=90, stopped="deadline")
    assert not outbox.leased


@pytest.fixture
def busy() -> Iterator[None]:
    """The rest of the process wants a core all the time, as a campaign does."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.is_set():
            sum(range(1000))

    thread = threading.Thread(target=work)
    thread.start()
    yield
    is_over.set()
    thread.join()


@pytest.mark.parametrize("beside", ["nothing", "busy"])
def test_one_message_that_hangs_holds_back_nobody_elses(
    receiver: Receiver,
    outbox: MemoryOutbox,
    courier: Courier,
    clock: Hurried,
    beside: str,
    request: pytest.FixtureRequest,
) -> None:
    if beside == "busy":
        request.getfixturevalue("busy")
    receiver.script = lambda delivery: Answer(how="hang" if delivery.id == "msg_0" else "plainly")
    fill(outbox, clock, contacts=1)
    courier.start()
    _wait_until(lambda: len(receiver.deliveries) == 1)
    for number in range(1, 300):
        outbox.put("event", f"EXT-{number}", b"{}", clock.now())
    _wait_until(lambda: outbox.states()["delivered"] == 299)
    assert courier.stop(0.2) == DeliveryCounts(delivered=299, left=1, stopped="deadline")


def test_a_message_in_the_air_at_a_deadline_is_taken_again_when_its_lease_is_over(
    hanging: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    hanging.script = partial(hang_past_the_deadline, clock)
    fill(outbox, clock, contacts=1)
    assert courier.deliver(deadline_seconds=DEADLINE) == DeliveryCounts(left=1, stopped="deadline")
    assert courier.deliver() == DeliveryCounts()
    clock.advance(61)
    hanging.always(Answer())
    assert courier.deliver() == DeliveryCounts(delivered=1)


def test_what_the_outbox_raises_comes_through(outbox: MemoryOutbox, courier: Courier) -> None:
    outbox.failure = LedgerError("The ledger is locked.")
    with pytest.raises(LedgerError):
        courier.deliver()


def test_no_thread_is_left_behind(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    before, seen = posting(), set[threading.Thread]()

    def look(_: Delivery) -> Answer:
        seen.update(posting() - before)
        return Answer()

    receiver.script = look
    fill(outbox, clock, contacts=100)
    courier.deliver()
    assert seen
    _wait_until(lambda: not posting() - before)


def posting() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "outreach-call"}


def test_in_the_background_events_go_out_as_they_come(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    courier.start()
    for number in range(5):
        outbox.put("event", f"EXT-{number}", b"{}", clock.now())
        courier.wake()
        time.sleep(0.05)
    _wait_until(lambda: len(receiver.deliveries) == 5)
    outbox.put("event", "EXT-9", b"{}", clock.now())
    assert courier.stop(60) == DeliveryCounts(delivered=6)


def test_in_the_background_retries_come_due_by_themselves(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=1)
    receiver.always(Answer(500))
    courier.start()
    _wait_until(lambda: outbox.settle_calls == 1)
    receiver.always(Answer())
    clock.advance(6)
    _wait_until(lambda: len(receiver.deliveries) == 2)
    assert courier.stop(60) == DeliveryCounts(delivered=1, retried=1)


def test_in_the_background_an_outbox_that_fails_is_tried_again(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=1)
    outbox.failure = LedgerError("The ledger is locked.")
    courier.start()
    time.sleep(0.1)
    outbox.failure = None
    courier.wake()
    _wait_until(lambda: len(receiver.deliveries) == 1)
    assert courier.stop(60).delivered == 1


def test_in_the_background_a_receiver_that_hangs_slows_nobody(
    hanging: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    courier.start()
    began = time.monotonic()
    for number in range(200):
        outbox.put("event", f"EXT-{number}", b"{}", clock.now())
        courier.wake()
    counts = courier.stop(0.2)
    assert time.monotonic() - began < LIMIT_SECONDS / 2
    assert counts.delivered == 0
    assert outbox.states() == {"pending": 200}


def test_a_stop_turns_away_early_from_a_receiver_that_keeps_silent(
    hanging: Receiver,
    outbox: MemoryOutbox,
    courier: Courier,
    clock: Hurried,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("outreach.webhook.delivery.PATIENCE_SECONDS", 0.3)
    fill(outbox, clock, contacts=20)
    courier.start()
    _wait_until(lambda: courier.is_stalled)
    began = time.monotonic()
    assert courier.stop(60).left == 20
    assert 0.9 < time.monotonic() - began < 30


def test_a_stop_waits_for_a_receiver_that_answers_slowly(
    receiver: Receiver, outbox: MemoryOutbox, endpoint: Endpoint
) -> None:
    clock, taken = SetClock(datetime.now(timezone.utc)), Counter[str]()

    def answer_slowly(_: Delivery) -> Answer:
        _wait_until(lambda: outbox.settle_calls == taken["deliveries"])  # the one before is written down
        taken["deliveries"] += 1
        clock.advance(0.9 * PATIENCE_SECONDS)
        return Answer()

    receiver.script = answer_slowly
    for number in range(6):
        outbox.put("event", f"EXT-{number}", b"{}", clock.now())
    courier = Courier(outbox, endpoint, clock=clock, threads=1)
    courier.start()
    assert courier.stop(60).delivered == 6


def test_nobody_waits_for_a_receiver_that_fails(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    receiver.always(Answer(500))
    fill(outbox, clock, contacts=50)
    assert not courier.is_stalled
    courier.deliver()
    assert courier.is_stalled


def test_nobody_waits_for_a_receiver_that_answered_410_until_it_gets_another_chance(
    outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    fill(outbox, clock, contacts=5)
    outbox.disable()
    courier.deliver()
    assert courier.is_stalled
    courier.deliver(ignore_schedule=True)
    assert not courier.is_stalled


def test_a_courier_that_was_stopped_can_start_again(
    receiver: Receiver, outbox: MemoryOutbox, courier: Courier, clock: Hurried
) -> None:
    for number in range(2):
        outbox.put("event", f"EXT-{number}", b"{}", clock.now())
        courier.start()
        assert courier.stop(60).delivered == 1
    assert courier.stop(5) == DeliveryCounts()


def _wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_one_that_takes_only_some_at_once_is_not_taken_for_dead(
    outbox: MemoryOutbox, endpoint: Endpoint, receiver: Receiver, clock: Hurried
) -> None:
    fill(outbox, clock, 400)
    room = threading.Semaphore(20)

    def take_at_most_20(_: Delivery) -> Answer:
        if not room.acquire(blocking=False):
            return Answer(503)
        time.sleep(0.05)
        room.release()
        return Answer()

    receiver.script = take_at_most_20
    counts = Courier(outbox, endpoint, clock=clock, random=Random(1), threads=128).deliver()
    assert counts.stopped == ""
    assert counts.delivered + counts.retried == 400
    assert (
        counts.retried < 100
    )  # 1 to 56, also beside six busy programs; 111 to 250 if refusals are not heeded
