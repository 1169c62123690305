"""What a dry run would do, from a stream of decisions: how many, when, how long it takes, what it costs.

allowed                              now
deferred ── before the day ends      later today
└─ after                    later
blocked as "ended" or "no window"    never before the end
other blocked, held                  by reason only
"""

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

import orjson

from outreach.compliance import Decision, Verdict
from outreach.reachability import Availability
from outreach.timetable import HEADROOM

SAMPLE = 20
MOST_NAMES = 500
"""Zones and codes that are counted one by one; further ones are counted as OTHERS."""

OTHERS = "others"
NO_ZONE = "not needed"
NEVER = frozenset({"campaign_ended", "no_window_before_end"})

Forecastable = tuple[str, Decision, "str | None", int]
"""External contact id, decision, the person's zone when it matters, SMS segments of the message."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What limits a run. Rates are per minute, None without a limit.

    `requests_per_contact`: 1.1 on the platform API (a tenth of a bulk of ten, and the creating call), 3 on
    the guide API (register, validate, interact), where creations have a limit of their own.
    """

    requests_per_minute: float | None
    requests_per_contact: float = 1.1
    creations_per_minute: float | None = None

    def minutes(self, contacts: int) -> float | None:
        """How long so many contacts take at least; None without any limit."""
        times = []
        if self.requests_per_minute:
            times.append(contacts * self.requests_per_contact / (self.requests_per_minute * HEADROOM))
        if self.creations_per_minute:
            times.append(contacts / (self.creations_per_minute * HEADROOM))
        return max(times, default=None)  # both limits hold at once: the tighter one decides


@dataclass(frozen=True, slots=True)
class Sampled:
    """One decision: ids and codes only."""

    external_contact_id: str
    verdict: str
    channel: str | None
    reasons: tuple[str, ...]
    next_allowed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """The dry run's numbers. `channels` counts who would be contacted, now or later; `sms_segments` those
    of contacts allowed now on SMS; `minutes` are for those allowed now, at `requests_per_minute`. `senders`
    is what Genesys said of ours by channel, None when nobody asked. `numbers` counts phone numbers without
    their country's code: read `by_row` or `by_default`, left out for `no_sms`.
    """

    at: datetime
    total: int
    verdicts: dict[str, int]
    reasons: dict[str, int]
    channels: dict[str, int]
    zones: dict[str, int]
    now: int
    later_today: int
    later: int
    never_before_end: int
    minutes: float | None
    sms_segments: int
    sample: tuple[Sampled, ...]
    requests_per_minute: float | None = None
    senders: dict[str, str] | None = None
    numbers: dict[str, int] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    """What the source's columns were read as, and which were left out, in words."""
    texts: dict[str, Any] = field(default_factory=dict)
    """What a preview says of the texts (`decisions.preview`), empty where nobody looked."""

    def as_json(self) -> dict[str, Any]:
        """Numbers, strings, lists and mappings only."""
        plain: dict[str, Any] = orjson.loads(orjson.dumps(asdict(self)))
        return plain


def make_forecast(
    decisions: Iterable[Forecastable],
    now: datetime,
    pace: Pace,
    *,
    rejected: Mapping[str, int] | None = None,
    senders: Availability | None = None,
    numbers: Mapping[str, int] | None = None,
    today_in: tzinfo = timezone.utc,
) -> Forecast:
    """Count a stream of decisions, one at a time.

    Args:
        decisions: see Forecastable; read once.
        now: the instant they were made for (aware).
        pace: the budget.
        rejected: rows that never became contacts, by code; looked at after the stream has ended, so that a
            reader may fill it on the way.
        senders: what Genesys said of ours, None when nobody asked.
        numbers: how phone numbers were read; looked at after the stream, too.
        today_in: whose midnight ends "today".
    """
    midnight = (now.astimezone(today_in) + timedelta(days=1)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    counting = _Counting(midnight, random.Random(0))  # seeded: twice the same sample
    for item in decisions:
        counting.add(*item)
    asked = None if senders is None else {channel.value: said for channel, said in senders.items()}
    return replace(counting.finish(now, pace, rejected or {}), senders=asked, numbers=dict(numbers or {}))


class _Counting:
    def __init__(self, midnight: datetime, chance: random.Random) -> None:
        self._midnight = midnight
        self._chance = chance
        self._verdicts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._channels: Counter[str] = Counter()
        self._zones: Counter[str] = Counter()
        self._when: Counter[str] = Counter()
        self._segments = 0
        self._sample: list[Sampled] = []
        self._seen = 0

    def add(self, external_contact_id: str, decision: Decision, zone: str | None, segments: int) -> None:
        self._verdicts[decision.verdict.value] += 1
        for reason in decision.reasons[:1]:  # each row once: the sums match
            _count(self._reasons, reason)
        _count(self._zones, zone or NO_ZONE)
        self._when[self._place(decision)] += 1
        if decision.verdict in (Verdict.ALLOWED, Verdict.DEFERRED) and decision.channel:
            self._channels[decision.channel.value] += 1
        if decision.verdict is Verdict.ALLOWED:
            self._segments += segments
        self._keep(external_contact_id, decision)

    def _place(self, decision: Decision) -> str:
        if decision.verdict is Verdict.ALLOWED:
            return "now"
        if decision.verdict is Verdict.DEFERRED and decision.next_allowed_at:
            return "later_today" if decision.next_allowed_at < self._midnight else "later"
        ends = decision.verdict is Verdict.BLOCKED and not NEVER.isdisjoint(decision.reasons)
        return "never_before_end" if ends else "no"

    def _keep(self, external_contact_id: str, decision: Decision) -> None:
        """Every decision has the same chance to be in the sample (reservoir sampling)."""
        self._seen += 1
        # Not `randrange`, which takes a microsecond.
        place = len(self._sample) if len(self._sample) < SAMPLE else int(self._chance.random() * self._seen)
        if place >= SAMPLE:
            return
        channel = decision.channel.value if decision.channel else None
        kept = Sampled(
            external_contact_id, decision.verdict.value, channel, decision.reasons, decision.next_allowed_at
        )
        self._sample[place : place + 1] = [kept]  # at the end, or in another's place

    def finish(self, now: datetime, pace: Pace, rejected: Mapping[str, int]) -> Forecast:
        refused = sum(rejected.values())
        verdicts = dict(self._verdicts) | ({"rejected": refused} if refused else {})
        reasons = self._reasons + Counter(rejected)
        return Forecast(
            at=now,
            total=self._seen + refused,
            verdicts=verdicts,
            reasons=dict(reasons.most_common()),
            channels=dict(self._channels.most_common()),
            zones=dict(self._zones.most_common()),
            now=self._when["now"],
            later_today=self._when["later_today"],
            later=self._when["later"],
            never_before_end=self._when["never_before_end"],
            minutes=pace.minutes(self._when["now"]),
            sms_segments=self._segments,
            sample=tuple(self._sample),
            requests_per_minute=pace.requests_per_minute,
        )


def _count(counter: Counter[str], name: str) -> None:
    counter[name if name in counter or len(counter) < MOST_NAMES else OTHERS] += 1
