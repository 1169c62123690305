"""`python -m tests.chaos --rounds 50`: a table for people, `--json` for machines, exit 1 when off."""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
import time

from rich.console import Console
from rich.table import Table

from tests.chaos.crowd import MIX
from tests.chaos.playing import play
from tests.chaos.verdict import Verdict

DATABASES = ("sqlite", "postgres")


def main(arguments: list[str] | None = None) -> int:
    """Play, print, and say by the exit code whether every promise was kept."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is cleaned up
    console = Console(stderr=options.json)
    results: dict[str, Verdict] = {}
    began = time.monotonic()
    for database in DATABASES if options.database == "both" else (options.database,):
        with console.status(f"{database}: round 1 of {options.rounds}") as status:

            def tell(number: int, total: Verdict, database: str = database) -> None:
                status.update(
                    f"{database}: {number} of {options.rounds} rounds, {total.kills} kills, "
                    f"{total.dropped} answers dropped, {total.contacted} contacted, "
                    f"{total.contacted_twice} twice, {total.lost} lost"
                )

            results[database] = play(
                database,
                options.rounds,
                options.seed,
                tell,
                tokens=options.tokens,
                email_reference=options.email_reference,
                channels=options.channels,
            )
    if options.json:
        document = {name: verdict.as_json() for name, verdict in results.items()}
        print(json.dumps({"seed": options.seed, "rounds": options.rounds, **document}))
    else:
        console.print(_table(results, options.seed, time.monotonic() - began))
    return 0 if all(verdict.holds for verdict in results.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="rounds per database")
    parser.add_argument("--tokens", type=int, default=4, help="tokens that the workers share")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same rounds")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--email-reference", choices=("none", "subject"), default="none")
    parser.add_argument(
        "--channels", nargs="+", choices=tuple(MIX), default=tuple(MIX), help="that people have"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    return parser


def _table(results: dict[str, Verdict], seed: int, seconds: float) -> Table:
    table = Table(title=f"Chaos, seed {seed}, {seconds:.0f} s", title_justify="left")
    table.add_column("")
    columns = []
    for name, verdict in results.items():
        table.add_column(name, justify="right")
        columns.append(_lines(verdict))
    for label in columns[0]:
        table.add_row(label, *(column[label] for column in columns))
    return table


def _lines(v: Verdict) -> dict[str, str]:
    recoveries = v.recovery_seconds or [0.0]
    busy = f" ({len(v.busy_seconds)} more while the machine was busy)" if v.busy_seconds else ""
    lost_answers = f"{v.dropped} ({v.dropped / max(v.contacted, 1):.1%} of contacts)"
    return {
        "rounds": str(v.rounds),
        "processes killed": str(v.kills),
        "rounds with two executors": str(v.overlaps),
        "faults injected": str(v.faults),
        "answers dropped after the act": lost_answers,
        "people": str(v.people),
        "contacted": str(v.contacted),
        "requests over a limit": _judged(v.over_limit),
        "contacted twice": _judged(v.contacted_twice),
        "lost": _judged(v.lost),
        "intents freed, never sent": str(v.never_sent),
        "outcomes in doubt": str(v.doubts),
        "  found at Genesys": str(v.found),
        "  not found, released": str(v.released),
        "  held for a person": f"{v.held} ({v.poison} poison)",
        "resolved without a person": f"{v.resolved_share:.1%}",
        "webhooks lost": _judged(v.webhooks_lost),
        "proofs not balanced": _judged(v.unbalanced),
        "kill to next contact, median": f"{statistics.median(recoveries):.2f} s",
        "kill to next contact, slowest": f"{v.slowest:.2f} s of {len(v.recovery_seconds)}{busy}",
        "verdict": "[green]every promise kept[/]" if v.holds else "[red]" + "; ".join(v.off[:5]) + "[/]",
    }


def _judged(count: int) -> str:
    return f"[green]{count}[/]" if not count else f"[red]{count}[/]"


if __name__ == "__main__":
    sys.exit(main())
