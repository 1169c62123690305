"""`python -m tests.accidents --rounds 50`: a table for people, `--json` for machines, exit 1 when off."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time

from rich.console import Console
from rich.table import Table

from tests.accidents.playing import play
from tests.accidents.verdict import Count, Verdict

DATABASES = ("sqlite", "postgres")
SHOWN = 12


def main(arguments: list[str] | None = None) -> int:
    """Play, print, and say by the exit code whether every sum is 0."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is cleaned up
    wide = None if sys.stdout.isatty() else 140  # a log has no width of its own
    console = Console(stderr=options.json, width=wide)
    results: dict[str, tuple[Verdict, dict[str, Verdict]]] = {}
    for database in DATABASES if options.database == "both" else (options.database,):
        began = time.monotonic()
        with console.status(f"{database}: round 1 of {options.rounds}") as status:

            def tell(number: int, total: Verdict, _: object, database: str = database) -> None:
                sums = ", ".join(f"{count.far_end} {name}" for name, count in total.sums.items())
                line = f"{database}: round {number}, {total.kills} kills, {total.contacted} contacted, {sums}"
                status.update(line)
                if not console.is_terminal and number % 10 == 0:
                    console.print(line)

            results[database] = play(
                database, options.rounds, options.seed, tell, first=options.first, only=options.only
            )
        if not options.json:
            console.print(_table(database, *results[database], options.seed, time.monotonic() - began))
            for line in results[database][0].wrong[:SHOWN]:
                console.print(line, style="red", markup=False)
    if options.json:
        document = {name: total.as_json() for name, (total, _) in results.items()}
        print(json.dumps({"seed": options.seed, "rounds": options.rounds, **document}))
    return 0 if all(total.holds for total, _ in results.values()) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.accidents", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="rounds per database")
    parser.add_argument("--first", type=int, default=1, help="the number of the first, to play one again")
    parser.add_argument("--only", default="", help="accidents whose name holds this, each by itself")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same rounds")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout and nothing else")
    return parser


def _table(
    database: str, total: Verdict, by_accident: dict[str, Verdict], seed: int, seconds: float
) -> Table:
    title = (
        f"Accidents on {database}, seed {seed}: {total.rounds} rounds in {seconds:.0f} s, "
        f"{total.people} people, {total.contacted} contacted, {total.doubts} rightly in doubt, "
        f"{total.kills} kills; "
        "each sum at the far end / by the ledger"
    )
    table = Table(title=title, title_justify="left")
    for column in ("accident", "rounds", *total.sums):
        table.add_column(column, justify="left" if column == "accident" else "right")
    for name, verdict in [*sorted(by_accident.items()), ("all", total)]:
        table.add_row(name, str(verdict.rounds), *map(_cell, verdict.sums.values()))
    return table


def _cell(count: Count) -> str:
    text = f"{count.far_end} / {count.ledger}"
    return f"[red]{text}[/]" if count else f"[green]{text}[/]"


if __name__ == "__main__":
    sys.exit(main())
