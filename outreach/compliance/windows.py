"""Windows of a week, as people write them: {"mon-fri": ["08:00-20:00"], "sat": ["20:00-02:00"]}."""

import re
from collections.abc import Iterable, Mapping

Span = tuple[int, int]
"""Seconds from a start to an end, the end excluded. The end may lie after midnight."""

Spans = tuple[Span, ...]

Week = tuple[Spans, ...]
"""The windows that start on each day, Monday first; seconds after that day's midnight."""

DAY = 86_400
"""Seconds of a day on the wall."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Not `datetime.time`, which has no 24:00.
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)\Z")


def read_week(windows: Mapping[str, Iterable[str]]) -> Week:
    """Read a week. Keys are days, ranges of days, or "every". ValueError says what is wrong."""
    days: list[Spans] = [()] * 7
    for key, texts in windows.items():
        spans = read_spans(texts)
        for day in _read_days(key):
            days[day] = (*days[day], *spans)
    return tuple(days)


def read_spans(texts: Iterable[str]) -> Spans:
    """Read windows like 08:00-21:00; one that ends before it starts crosses midnight."""
    return tuple(_read_span(text) for text in texts)


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same time as the fewest spans, in order; spans that touch become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def intersect(these: Iterable[Span], those: Iterable[Span]) -> list[Span]:
    """The time that is in both."""
    others = list(those)
    return [(max(a, c), min(b, d)) for a, b in these for c, d in others if max(a, c) < min(b, d)]


def _read_days(key: str) -> list[int]:
    if key == "every":
        return list(range(7))
    first, _, last = key.partition("-")
    if first not in _DAYS or (last or first) not in _DAYS:
        raise ValueError(f"{key!r} is no day; use mon, tue, wed, thu, fri, sat, sun, mon-fri or every")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    # `sat-mon` goes over the end of the week.
    return [day % 7 for day in range(start, (end if end >= start else end + 7) + 1)]


def _read_span(text: str) -> Span:
    match = _SPAN.match(text)
    if not match:
        raise ValueError(f"{text!r} is no window; write it like 08:00-21:00")
    hours, minutes, end_hours, end_minutes = map(int, match.groups())
    start, end = hours * 3600 + minutes * 60, end_hours * 3600 + end_minutes * 60
    if end > DAY:
        raise ValueError(f"{text!r} ends after 24:00; write a window over midnight like 20:00-02:00")
    return (start, end) if end > start else (start, end + DAY)
