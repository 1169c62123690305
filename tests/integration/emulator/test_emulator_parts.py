"""The emulator's parts without a socket: windows, contacts, faults, truth, clock, instants."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.errors import ApiError
from emulator.http.fields import Fields, instant_of
from emulator.state.clock import Clock, iso
from emulator.state.contacts import ContactStore, e164_of, identifier
from emulator.state.faults import Fault, FaultBook
from emulator.state.limits import RateWindow
from emulator.state.settings import Settings
from emulator.state.truth import Person, Truth
from tests.support.fuzzing import tries

briefly = settings(max_examples=tries(40), deadline=None)
GAPS = st.lists(st.floats(0, 30, allow_nan=False), max_size=200)


def accepted(gaps: list[float], allowed: int, kind: str) -> list[float]:
    """When requests with these gaps were let through."""
    window, now, times = RateWindow(), 0.0, []
    for gap in gaps:
        now += gap
        if window.take(now, allowed, 60, kind)[0]:
            times.append(now)
    return times


@briefly
@given(gaps=GAPS, allowed=st.integers(1, 20))
def test_no_sixty_seconds_hold_more_than_a_sliding_window_allows(gaps: list[float], allowed: int) -> None:
    times = accepted(gaps, allowed, "sliding")
    assert all(sum(start <= each < start + 59.99999 for each in times) <= allowed for start in times)


@briefly
@given(gaps=GAPS, allowed=st.integers(1, 20))
def test_a_fixed_window_allows_so_many_from_its_first_request(gaps: list[float], allowed: int) -> None:
    times = accepted(gaps, allowed, "fixed")
    while times:
        inside = [each for each in times if each < times[0] + 59.99999]
        assert len(inside) <= allowed
        times = times[len(inside) :]


@briefly
@given(gaps=GAPS, allowed=st.integers(1, 20), kind=st.sampled_from(["fixed", "sliding"]))
def test_there_is_room_again_after_the_named_wait(gaps: list[float], allowed: int, kind: str) -> None:
    window, now = RateWindow(), 0.0
    for gap in gaps:
        now += gap
        fits, _, wait = window.take(now, allowed, 60, kind)
        if not fits:
            now += wait
            assert window.take(now, allowed, 60, kind)[0]


@briefly
@given(
    adds=st.lists(st.lists(st.integers(0, 5), max_size=3), max_size=20),
    merges=st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=5),
)
def test_every_identifier_has_one_owner_whatever_happens(
    adds: list[list[int]], merges: list[tuple[int, int]]
) -> None:
    ids = iter(range(1000))
    store = ContactStore(lambda: str(next(ids)))
    for values in adds:
        fields = {"externalIds": [{"externalSource": {"id": "s"}, "value": str(each)} for each in values]}
        store.add(fields, 0.0)
    for first, second in merges:
        one, other = store.canonical(str(first)), store.canonical(str(second))
        if one is not None and other is not None and one is not other:
            store.merge([one, other], {}, 0.0)
    owned = [key for contact in store.people() for key in contact.owned]
    assert len(owned) == len(set(owned)) == len({value for values in adds for value in values})
    assert all(store.owner(key) in list(store.people()) for key in owned)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+1 (317) 555-0100", "+13175550100"),
        ("+31.20.123.4567", "+31201234567"),
        ("317 555 0100", None),
        ("+0123456789", None),
        ("+1", None),
        ("", None),
    ],
)
def test_a_number_is_e164_only_with_its_country_code(written: str, number: str | None) -> None:
    assert e164_of(written) == number


def test_identifiers_are_compared_as_people_mean_them() -> None:
    assert identifier("Email", " Ada@Example.com ") == identifier("Email", "ada@example.com")
    assert identifier("SocialWhatsapp", "13175550100") == identifier("SocialWhatsapp", "+1 317 555 0100")
    assert identifier("ExternalId", "a", "s") != identifier("ExternalId", "A", "s")


@briefly
@given(milliseconds=st.integers(946_684_800_000, 4_102_444_800_000))
def test_an_instant_is_read_as_it_was_written(milliseconds: int) -> None:
    assert instant_of(iso(milliseconds / 1000)) == pytest.approx(milliseconds / 1000, abs=0.0011)


@pytest.mark.parametrize("text", ["2026-01-01T00:00Z", "2026-01-01T01:00:00.0+01:00", "2026-01-01T00:00:00"])
def test_an_instant_may_be_written_in_many_ways(text: str) -> None:
    assert instant_of(text) == datetime(2026, 1, 1, tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize("text", ["", "now", "2026-13-01", "2026-01-01T25:00Z", "0001-01-01T00:00:00+23:59"])
def test_what_is_no_instant_is_none(text: str) -> None:
    assert instant_of(text) is None or text.startswith("0001")


def test_a_wrong_field_is_named_with_its_place() -> None:
    fields = Fields({"people": [{"name": "Ada"}, {"name": 7}]})
    with pytest.raises(ApiError) as refused:
        [part.text("name") for part in fields.parts("people")]
    assert refused.value.details[0]["fieldName"] == "people[1].name"


def test_the_clock_keeps_its_time_when_its_speed_changes() -> None:
    clock = Clock()
    clock.advance(3600)
    before = clock.now()
    clock.run_at(0)
    assert clock.now() == pytest.approx(before, abs=0.1)
    assert clock.now() == clock.now()
    clock.skew = -5
    assert clock.now() - clock.shown() == pytest.approx(5)


@briefly
@given(seed=st.integers(0, 1000), probability=st.floats(0.05, 0.95))
def test_faults_repeat_with_their_seed(seed: int, probability: float) -> None:
    fault = Fault(kind="act_then_reset", probability=probability)
    runs = [
        [book.decide("x", "GET", "/")[0] is not None for _ in range(50)]
        for book in (
            FaultBook((fault,), seed),
            FaultBook((fault,), seed),
        )
    ]
    assert runs[0] == runs[1]


def test_settings_survive_being_written_and_read() -> None:
    changes = {
        "requests_per_minute": None,
        "faults": [{"kind": "rate_limited", "operation": "contacts.*", "nth": [2], "retry_after": "date"}],
        "verdicts": [{"contact": "x", "status": "failed"}],
    }
    settings = Settings().merged(changes)
    assert Settings().merged(settings.document()) == settings


def test_the_truth_counts_addresses_and_named_people() -> None:
    truth = Truth()
    for channel, address, person in (
        ("sms", "+1", Person("a", "g", "request")),
        ("voice", "+1", Person("b", "h", "address")),
        ("email", "x@y.example", Person()),
        ("email", "x@y.example", Person("b", "h", "address")),
    ):
        truth.record(0.0, "platform", channel, (address, "us"), person, f"c{len(truth.rows)}", {})
    assert truth.summary()["contacted_twice"] == [{"channel": "email", "to": "x@y.example", "times": 2}]
    truth.associate("c1", Person("a", "g", "request"))
    truth.associate("c1", Person("a", "g", "request"))
    assert {"external_contact_id": "a", "times": 2} in truth.summary()["contacted_twice"]
