from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.ledger.states import State
from outreach.report.progress import ProgressMeter
from tests.support.clocks import SetClock
from tests.support.fuzzing import tries
from tests.support.report_examples import NOW

COUNTS = st.dictionaries(st.sampled_from([state.value for state in State]), st.integers(0, 10_000))


def test_nothing_is_said_of_the_rate_before_something_happened() -> None:
    progress = ProgressMeter(SetClock(NOW)).look({"accepted": 10})
    assert (progress.percent, progress.per_second, progress.seconds_left) == (0.0, None, None)
    assert progress.sentence == "0 of 10 contacts"


def test_the_rate_is_that_of_the_last_half_minute() -> None:
    clock, done = SetClock(NOW), 0
    meter = ProgressMeter(clock)
    for per_second in [1] * 60 + [10] * 60:
        done += per_second
        progress = meter.look({"accepted": 2000 - done, "started": done})
        clock.advance(1)
    assert progress.per_second == 10.0


def test_contacts_that_were_done_before_do_not_count_into_the_rate() -> None:
    clock = SetClock(NOW)
    meter = ProgressMeter(clock)
    meter.look({"started": 900, "cleared": 100})
    clock.advance(10)
    assert meter.look({"started": 950, "cleared": 50}).seconds_left == 10.0


@settings(max_examples=tries(25), deadline=None)
@given(st.lists(st.tuples(COUNTS, st.floats(0, 100)), min_size=1, max_size=20))
def test_progress_is_never_beyond_its_bounds(looks: list[tuple[dict[str, int], float]]) -> None:
    clock = SetClock(NOW)
    meter = ProgressMeter(clock)
    for states, seconds in looks:
        progress = meter.look(states)
        clock.advance(seconds)
        assert 0 <= progress.percent <= 100
        assert progress.seconds_left is None or progress.seconds_left >= 0
        assert progress.sentence
        assert progress.outcomes
