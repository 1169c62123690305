"""The bars that the product set itself, each with the figure that was measured."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.contest import find_contests

Compare = Callable[[float, float], bool]
SIGNS: dict[str, Compare] = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True)
class Bar:
    """One figure and what it must reach."""

    what: str
    figure: float
    sign: str
    bar: float
    spread: tuple[float, float] | None = None

    @property
    def holds(self) -> bool:
        """Whether it is reached."""
        return SIGNS[self.sign](self.figure, self.bar)


def find_bars(results: Mapping[str, Any]) -> list[Bar]:
    """Every bar that the results have a figure for."""
    readers = (_contests, _limits, _tokens, _senders, _routes, _start, _loading, _ledger, _growth, _small)
    return [bar for read in readers for bar in read(results)]


def _contests(results: Mapping[str, Any]) -> Iterator[Bar]:
    for contest in find_contests(results):
        ratios, where = contest["ratios"], f"{contest['api']}, {contest['latency_ms']} ms"
        if contest["latency_ms"]:
            # The guide's API has no bulk: each contact costs as many requests as in the tutorial.
            times = 60 if contest["api"] == "platform" else 30
            yield _ratio(f"times the tutorial's way ({where})", ratios["tutorial"], times)
            least = 0.9
        else:
            yield _ratio(f"times the naive Prefect way ({where})", ratios["naive_prefect"], 15)
            if "before" in ratios:
                yield _ratio(f"times the earlier build ({where})", ratios["before"], 1)
            if "before, processor" in ratios:
                what = f"times the earlier build's contacts per processor second ({where})"
                yield _ratio(what, ratios["before, processor"], 1.6)
            least = 0.85
        yield _ratio(f"of the ceiling's requests/s ({where})", ratios["ceiling"], least)
        apart = ratios["ceiling, without start"]
        yield _ratio(f"of the ceiling's requests/s, start of the run apart ({where})", apart, least)
        if contest["api"] == "platform" and not contest["latency_ms"]:
            needed = contest["ways"]["ours"]["genesys_requests_per_contact"]
            yield Bar("requests for each started contact (platform)", needed["median"], "<=", 1.15)


def _ratio(what: str, ratio: Mapping[str, float], bar: float) -> Bar:
    return Bar(what, ratio["median"], ">=", bar, (ratio["lowest"], ratio["highest"]))


def _limits(results: Mapping[str, Any]) -> Iterator[Bar]:
    for scenario in results.get("limits", ()):
        if scenario["shared_by"] != "ledger":
            continue
        what = "creations" if scenario["api"] == "guide" else "requests"
        who = f"{scenario['processes']} process{'es' if scenario['processes'] > 1 else ''}"
        where = f"{what}, {who}, {scenario['window']} windows"
        yield Bar(f"share of the budget used ({where})", scenario["used"], ">=", 0.95)
        yield Bar(f"answers 429 ({where})", scenario["answers_429"], "<=", 0)


def _tokens(results: Mapping[str, Any]) -> Iterator[Bar]:
    scenarios = results.get("tokens", ())
    ours = [each for each in scenarios if not each.get("is_earlier")]
    ones = {each["ledger"]: each["contacts_a_minute"] for each in ours if each["tokens"] == 1}
    for each in ours:
        where = f"{each['scenario']}"
        if each["cap"]:
            yield Bar(f"share of the limit used ({where})", each["used"], ">=", 0.97)
            yield Bar(f"answers 429 a minute ({where})", each["answers_429"] / each["seconds"] * 60, "<=", 1)
            continue
        if each["tokens"] > 1 and each["ledger"] in ones:
            times = each["contacts_a_minute"] / ones[each["ledger"]]
            yield Bar(f"times the contacts a minute of one token ({where})", times, ">=", 9.7)
        yield Bar(f"share of the budget used ({where})", each["used"], ">=", 0.985)
        yield Bar(f"answers 429 ({where})", each["answers_429"], "<=", 0)


def _senders(results: Mapping[str, Any]) -> Iterator[Bar]:
    for each in results.get("senders", ()):
        where = each["scenario"]
        least = min(sender["used"] for sender in each["senders"])
        yield Bar(f"share of its rate that each sender used, at the least ({where})", least, ">=", 0.95)
        yield Bar(f"messages over a sender's rate ({where})", each["failed_by_rate"], "<=", 0)
        yield Bar(f"answers 429 ({where})", each["answers_429"], "<=", 0)


def _loading(results: Mapping[str, Any]) -> Iterator[Bar]:
    if loading := results.get("loading"):
        rows = f"{loading['rows']:,} rows into the ledger"
        yield Bar(f"rows/s ({rows})", loading["rows_per_second"], ">=", 10_000)
        if "peak_megabytes_of_reader" in loading:
            both = loading["peak_megabytes"] + loading["peak_megabytes_of_reader"]
            yield Bar(f"peak MB, reading process included ({rows})", both, "<", 200)
        for what, ratio in loading.get("times_before", {}).items():
            if what != "rows":
                least = 2 if what.endswith("by clock") else 1
                yield _ratio(f"times the earlier build's rows per second ({what})", ratio, least)
        yield from _workbooks([each for each in loading.get("formats", ()) if each["format"] == "xlsx"])


def _workbooks(readers: Sequence[Mapping[str, Any]]) -> Iterator[Bar]:
    found = {each["way"]: each for each in readers}
    if "openpyxl" in found and found["openpyxl"]["read"]:
        theirs, cells = found["openpyxl"], found["ours, cells"]
        ratio = theirs["cpu_seconds"] / max(0.01, cells["cpu_seconds"])
        yield Bar(f"times openpyxl, read-only ({theirs['rows']:,} rows of .xlsx)", ratio, ">=", 3)
    if "ours" in found:  # the last of them, which is the largest
        peak, rows = found["ours"]["peak_megabytes"], found["ours"]["rows"]
        yield Bar(f"peak MB ({rows:,} rows of .xlsx)", peak, "<", 400)


def _ledger(results: Mapping[str, Any]) -> Iterator[Bar]:
    if not (measured := results.get("ledger")):
        return
    ours, before = (measured["commands"].get(build, {}) for build in ("ours", "before"))
    for command in (name for name in before if not name.startswith("start")):
        start = "start of a run" if command == "run" else "start"
        theirs, own = (each[command]["median"] - each[start]["median"] for each in (before, ours))
        what = f"times the earlier build, start apart ({command}, {measured['people']:,} contacts)"
        yield Bar(what, theirs / max(0.01, own), ">=", 1 if command == "proof" else 3)


def _routes(results: Mapping[str, Any]) -> Iterator[Bar]:
    routes = results.get("routes", ())
    mailed = {each["route"]: each for each in routes if each.get("channel") == "email"}
    for each in routes:
        if each["route"] == "campaign" and each.get("channel") != "email":
            yield Bar(f"requests for {each['people']:,} SMS by the engine", each["requests"], "<=", 400)
            yield Bar("of them contacted twice", each["contacted_twice"], "<=", 0)
    if mailed:
        ours, calls = mailed["campaign"], mailed["agentless"]
        times = ours["a_minute"] / calls["a_minute"]
        yield Bar("times the e-mails a minute of calls, by the engine", times, ">=", 4)
        yield Bar("answers 429 (e-mail by the engine)", ours["answers_429"], "<=", 0)
        yield Bar("of them contacted twice (e-mail by the engine)", ours["contacted_twice"], "<=", 0)


def _start(results: Mapping[str, Any]) -> Iterator[Bar]:
    if not (start := results.get("start")):
        return
    ours, before = start["commands"]["ours"], start["commands"].get("before", {})
    run = next(figures for figures in ours.values() if "to_first" in figures)
    empty = start["commands"]["empty"]["flow"]["seconds"]["median"]
    first, last = run["to_first"]["median"], run["after_last"]["median"]
    yield _at_most("seconds to the first contact over an empty flow", start["first_after_empty"]["ours"], 2.0)
    yield Bar("times an empty flow's seconds, to the first contact", first / empty, "<=", 1.5)
    yield Bar("seconds from the last contact to the end of the process", last, "<=", 2.0)
    for command, bar in {"run, nobody due": 1.5, "proof": 0.6, "why": 0.6, "--help": 0.25}.items():
        yield _at_most(f"seconds (`{command}`)", ours[command]["seconds"], bar)
    if triggered := start.get("triggered"):
        yield _at_most("times an empty flow, from the request to a contact", triggered["times_empty"], 1.3)
    for command, figures in before.items():
        share = ours[command]["cpu_seconds"]["median"] / figures["cpu_seconds"]["median"]
        if command.startswith("run"):
            yield Bar(f"of the earlier build's processor time (`{command}`)", share, "<=", 0.5)


def _at_most(what: str, figure: Mapping[str, float], bar: float) -> Bar:
    return Bar(what, figure["median"], "<=", bar, (figure["lowest"], figure["highest"]))


def _growth(results: Mapping[str, Any]) -> Iterator[Bar]:
    if growth := results.get("growth"):
        largest = growth["campaigns"][-1]
        size = f"{largest['contacts']:,} contacts"
        ratio = growth["last_to_the_one_before"]
        yield Bar(f"time per contact, {size} to a tenth of them", ratio, "<=", 1.2)
        yield Bar(f"task runs ({size})", largest["task_runs"], "<", 500)
        yield Bar(f"peak MB ({size})", largest["peak_megabytes"], "<", 200)


def _small(results: Mapping[str, Any]) -> Iterator[Bar]:
    if decisions := results.get("decisions"):
        yield Bar(
            "microseconds for a decision, every pack", decisions["every pack, two caps"]["median"], "<", 150
        )
    for what, speed in results.get("texts", {}).items():
        yield Bar(f"filled texts a second, one core ({what})", speed["texts_per_second"], ">=", 10_000)
    if emulator := results.get("emulator"):
        slowest = min(row["per_cpu_second"] for row in emulator)
        yield Bar("sends per second of the emulator's own processor time", round(slowest), ">=", 3000)
    if webhooks := results.get("webhooks"):
        yield Bar("webhook events/s to a local receiver", webhooks["events_per_second"], ">=", 500)
    if hanging := results.get("hanging_receiver"):
        cost = hanging["cost"]
        spread = (cost["lowest"], cost["highest"])
        yield Bar("share of time that a hanging receiver costs", cost["median"], "<", 0.05, spread)
        waits = hanging["waits_seconds"]
        spread = (waits["lowest"], waits["highest"])
        yield Bar("seconds that a run waits for it at its end", waits["median"], "<", 5, spread)
