"""The results for people: a table of the bars, and one for each contest, in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.bench.bars import Bar, find_bars
from tests.bench.contest import find_contests
from tests.bench.plots import LABELS

NAMES = {**LABELS, "ceiling": "the ceiling"}


def write_figures(results: Mapping[str, Any]) -> str:
    """The whole page."""
    return "\n".join(_lines(results)) + "\n"


def write_bars(results: Mapping[str, Any]) -> str:
    """The table of the bars."""
    rows = [_bar_row(bar) for bar in find_bars(results)]
    return "\n".join(["| What | Measured | Bar | |", "|---|---|---|---|", *rows])


def _bar_row(bar: Bar) -> str:
    spread = f" ({bar.spread[0]:,.4g} to {bar.spread[1]:,.4g})" if bar.spread else ""
    held = "holds" if bar.holds else "**missed**"
    return f"| {bar.what} | {_number(bar.figure)}{spread} | {bar.sign} {_number(bar.bar)} | {held} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _lines(results: Mapping[str, Any]) -> Iterator[str]:
    machine = results["machine"]
    yield "# Figures"
    yield ""
    yield "Written by `make bench`; how each is measured stands in [README.md](README.md)."
    yield ""
    yield (
        f"{machine['cores']} cores ({machine['processor']}), Python {machine['python']}, "
        f"Prefect {machine['prefect']}."
    )
    yield ""
    yield write_bars(results)
    for contest in find_contests(results):
        yield ""
        yield from _contest(contest)
    loading = results.get("loading", {})
    if loads := loading.get("machine_load"):
        yield ""
        yield (
            f"CSV beside the earlier build, and the formats: while {loads[0]} to {loads[1]} "
            "processes wanted a core."
        )
    if "formats" in loading:
        yield ""
        yield from _formats(loading["formats"])
    sections: dict[str, Callable[[Any], Iterator[str]]] = {
        "limits": _limits,
        "tokens": _tokens,
        "senders": _senders,
        "routes": _routes,
        "start": _start,
        "ledger": _ledger,
    }
    for name, write in sections.items():
        if name in results:
            yield ""
            yield from write(results[name])
    if "growth" in results:
        yield ""
        yield from _growth(results["growth"]["campaigns"])
        if "before" in results["growth"]:
            yield ""
            yield "An earlier build, in the same run:"
            yield ""
            yield from _growth_table(results["growth"]["before"])


def _contest(contest: Mapping[str, Any]) -> Iterator[str]:
    yield from _head(
        f"## {contest['api']}, {contest['latency_ms']} ms latency",
        "| Way | contacts/s | requests/s | CPU ms/contact | ours is so many times |",
    )
    for way, figures in contest["ways"].items():
        ratio = contest["ratios"].get(way)
        times = f"{ratio['median']:.3g} ({ratio['lowest']:.3g} to {ratio['highest']:.3g})" if ratio else ""
        name = f"{NAMES[way]}, {figures['threads']} threads" if way == "ceiling" else NAMES[way]
        cells = [_spread(figures[key]) for key in ("contacts_per_second", "requests_per_second")]
        yield f"| {name} | {' | '.join(cells)} | {figures['cpu_ms_per_contact']['median']:.2f} | {times} |"
    ours = contest["ways"]["ours"]
    without = _spread(ours["contacts_per_second_without_start"])
    yield (
        f"| ours, start of a run apart ({ours['start_seconds']['median']:.1f} s) | {without} | "
        f"{_spread(ours['requests_per_second_without_start'])} | | |"
    )


def _head(title: str, columns: str) -> Iterator[str]:
    """What a table begins with."""
    yield title
    yield ""
    yield columns
    yield "|" + "---|" * (columns.count("|") - 1)


def _spread(figure: Mapping[str, float]) -> str:
    return f"{figure['median']:,.0f} ({figure['lowest']:,.0f} to {figure['highest']:,.0f})"


def _formats(formats: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from _head("## Formats", "| Format | Reader | Rows | CPU s | Peak MB |")
    for each in formats:
        said = (
            f"{each['cpu_seconds']:.2f} | {each['peak_megabytes']:.0f}" if each["read"] else "not installed |"
        )
        yield f"| {each['format']} | {each['way']} | {each['read']:,} | {said} |"


def _limits(scenarios: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from _head(
        "## At the limit", "| Shared by | API | Processes | Windows | Used | Fullest 60 s | Answers 429 |"
    )
    for s in scenarios:
        yield (
            f"| {s['shared_by']} | {s['api']} | {s['processes']} | {s['window']} | {s['used']:.1%} of "
            f"{s['limit_per_minute']} | {s['fullest_60_seconds']} | {s['answers_429']} |"
        )


def _tokens(scenarios: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from _head(
        "## Ten tokens",
        "| Ledger | Tokens | Processes | Windows | Contacts a minute | Used | Fullest of a token | 429 |",
    )
    for s in scenarios:
        under = f" under {s['cap']}" if s["cap"] else ", the earlier build" if s.get("is_earlier") else ""
        yield (
            f"| {s['ledger']} | {s['tokens']}{under} | {s['processes']} | {s['window']} | "
            f"{s['contacts_a_minute']:,.0f} | {s['used']:.1%} | {s['fullest_60_seconds_of_a_token']} | "
            f"{s['answers_429']} |"
        )


def _senders(scenarios: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from _head(
        "## Senders' own rates",
        "| Campaign | Sender's rate | A minute | Used | Fullest 60 s | Over its rate | 429 |",
    )
    for s in scenarios:
        for each in s["senders"]:
            yield (
                f"| {s['scenario']} | {each['rate']} | {each['a_minute']:.0f} | {each['used']:.1%} | "
                f"{each['fullest']} | {s['failed_by_rate']} | {s['answers_429']} |"
            )


def _routes(routes: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from _head(
        "## Two routes",
        "| Channel | Route | People | Requests | Of them until started | A minute | Twice | 429 |",
    )
    for each in routes:
        started, pace = (each.get(name) for name in ("requests_until_started", "a_minute"))
        channel = each.get("channel", "sms")
        yield (
            f"| {channel} | {each['route']} | {each['contacted']:,} | {each['requests']:,} | "
            f"{f'{started:,}' if started else ''} | {f'{pace:,.0f}' if pace else ''} | "
            f"{each['contacted_twice']} | {each['answers_429']} |"
        )


def _start(start: Mapping[str, Any]) -> Iterator[str]:
    yield from _head(
        f"## Start and end, {start['rounds']} rounds",
        "| Build | Command | CPU s | Seconds | To the first contact | After the last |",
    )
    for build, commands in start["commands"].items():
        for command, figures in commands.items():
            names = ("cpu_seconds", "seconds", "to_first", "after_last")
            cells = [_seconds(figures[name]) if name in figures else "" for name in names]
            yield f"| {build} | {command} | {' | '.join(cells)} |"
    if triggered := start.get("triggered"):
        what = "Seconds from the request by Prefect's API, on one process worker:"
        empty, contact, end = (_seconds(triggered[name]) for name in ("empty", "contact", "contact's run"))
        yield ""
        yield f"{what} an empty flow's end {empty}, a contact {contact}, the end of its run {end}."
        if "empty, processor" in triggered:
            empty, end = (_seconds(triggered[f"{name}, processor"]) for name in ("empty", "contact's run"))
            yield f"Processor seconds of the run's process: {empty} of an empty flow, {end} of a contact."
        if "times_empty, begun directly" in triggered:
            contact = _seconds(triggered["contact, begun directly"])
            spent = _seconds(triggered["contact's run, begun directly, processor"])
            yield f"Begun by `python -m flows`: a contact {contact}, its run's processor seconds {spent}."
    if loads := start.get("machine_load"):
        yield ""
        yield f"While {loads[0]} to {loads[1]} processes wanted a core: seconds are long, CPU seconds less."


def _ledger(ledger: Mapping[str, Any]) -> Iterator[str]:
    yield from _head(
        f"## A ledger of {ledger['people']:,} contacts, {ledger['rounds']} rounds",
        "| Build | Command | CPU s |",
    )
    for build, commands in ledger["commands"].items():
        for command, seconds in commands.items():
            yield f"| {build} | {command} | {_seconds(seconds)} |"
    loads = ledger["machine_load"]
    yield ""
    yield f"While {loads[0]} to {loads[1]} processes wanted a core."


def _seconds(figure: Mapping[str, float]) -> str:
    return f"{figure['median']:.2f} ({figure['lowest']:.2f} to {figure['highest']:.2f})"


def _growth(campaigns: list[Mapping[str, Any]]) -> Iterator[str]:
    yield "## Growth"
    yield ""
    yield from _growth_table(campaigns)


def _growth_table(campaigns: list[Mapping[str, Any]]) -> Iterator[str]:
    yield "| Contacts | Seconds | ms/contact | CPU ms/contact | Peak MB | Task runs | Requests/contact |"
    yield "|---|---|---|---|---|---|---|"
    for c in campaigns:
        yield (
            f"| {c['contacts']:,} | {c['seconds']:,.1f} | {c['ms_per_contact']:.2f} | "
            f"{c['cpu_ms_per_contact']:.2f} | {c['peak_megabytes']:.0f} | {c['task_runs']} | "
            f"{c['genesys_requests_per_contact']:.3f} |"
        )
