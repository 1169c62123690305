"""Nobody is contacted outside their hours, whatever order runs, failures, waits and clock jumps come in."""

from __future__ import annotations

import tempfile
from datetime import datetime, time, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.campaign.reconciliation import reconcile
from outreach.errors import Ambiguous, Invalid, NotSent, RateLimited
from outreach.genesys.interface import Engagement, Started
from outreach.ledger.ledger import Ledger
from outreach.operations.resolution import retry_failed
from outreach.settings import CampaignSettings, WhenNotFound
from tests.support.clocks import SetClock
from tests.support.ledgers import advance, load, new_ledger, new_run, people, stay_alive
from tests.support.organisations import Organisation, Ready

ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Paris",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]
OPENS, CLOSES = time(8), time(21)
"""The default hours."""

RULES = CampaignSettings(
    message="Hello",
    threads=1,
    look_after_seconds=(1,),
    when_not_found=WhenNotFound.HOLD,
    stop_failure_rate=1,
    stop_unknown_rate=1,
)
FAILURES = {
    "refused": (Invalid("start", 400, "bad.request"), False),
    "limited": (RateLimited("start", 429, "too.many.requests"), False),
    "not sent": (NotSent("start", 0, "connect"), False),
    "lost before": (Ambiguous("start", 504, "request.timeout"), False),
    "lost after": (Ambiguous("start", 0, "read_timeout"), True),
}


class Busy(Organisation):
    """Lets its callers wait for their turn, and notes when they were contacted."""

    def __init__(self, ledger: Ledger, clock: SetClock) -> None:
        super().__init__()
        self.wait = 0.0
        self.instants: list[tuple[str, datetime]] = []
        self._ledger, self._clock = ledger, clock

    def wait_for_turn(self, engagement: Engagement, *, priority: int = 0) -> Ready:
        self._clock.advance(self.wait)
        stay_alive(self._ledger)
        return super().wait_for_turn(engagement, priority=priority)

    def start(self, engagement: Engagement) -> Started:
        before = len(self.contacted)
        try:
            return super().start(engagement)
        finally:
            reached = self.contacted[before:]
            self.instants += [(one.contact.external_contact_id, self._clock.now()) for one in reached]


jumps = st.integers(min_value=-6 * 3600, max_value=14 * 3600)
waits = st.sampled_from([0, 0, 0, 15, 45, 600, 4 * 3600])
"""Seconds between the intent and the call."""

steps = st.lists(
    st.tuples(jumps, waits, st.sampled_from(["run", "reconcile", "retry", *FAILURES])), min_size=1, max_size=8
)
starts = st.datetimes(datetime(2026, 3, 1), datetime(2026, 11, 30), timezones=st.just(timezone.utc))  # noqa: DTZ001 - hypothesis adds the zone


def may_be_called(zone: str, at: datetime) -> bool:
    """A second opinion that knows nothing of packs, windows or offsets."""
    return OPENS <= at.astimezone(ZoneInfo(zone)).time() < CLOSES


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=starts, zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=6), steps=steps)
def test_nobody_is_contacted_outside_their_hours_or_twice(
    start: datetime, zones: list[str], steps: list[tuple[int, int, str]]
) -> None:
    clock = SetClock(start)
    rows = [
        {**person, "time_zone": zone, "email": ""}
        for person, zone in zip(people(len(zones)), zones, strict=True)
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        new_ledger(Path(folder), clock) as ledger,
        new_run(ledger, organisation := Busy(ledger, clock), RULES) as run,
    ):
        load(run, rows)
        for jump, wait, step in steps:
            clock.advance(jump)
            organisation.wait = wait
            if step in FAILURES:
                error, effect = FAILURES[step]
                organisation.will(error, after_effect=effect, times=2)
            if step == "retry":
                retry_failed(ledger, run.campaign)
            if step == "reconcile":
                reconcile(run)
            proof = advance(run)

            assert proof.balanced, proof.missing

    zone_of = {f"C-{n}": zone for n, zone in enumerate(zones, start=1)}
    assert all(may_be_called(zone_of[name], at) for name, at in organisation.instants)
    assert len({name for name, _ in organisation.instants}) == len(organisation.contacted)
