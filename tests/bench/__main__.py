"""The bench: `python -m tests.bench [--quick] [--only PART ...] [--against COMMIT]`.

Measures part by part, prints the table of the bars, and writes `docs/bench/`: results.json, figures.md and
the plots. With --only, the other parts keep the figures that they have. With --quick nothing is written:
small numbers show that it works, not how fast.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.bars import find_bars
from tests.bench.machine import describe_machine, load_now
from tests.bench.parts import PARTS, QUICK
from tests.bench.plots import draw
from tests.bench.site import Site, open_site
from tests.bench.writing import write_bars, write_figures

FOLDER = Path(__file__).parents[2] / "docs" / "bench"
RESULTS = FOLDER / "results.json"


def main() -> int:
    """0 when every bar holds, 1 when one is missed."""
    options = _parse()
    logging.disable(logging.WARNING)
    results: dict[str, Any] = {}
    with open_site(options.against) as site:
        for name in options.only or (QUICK if options.quick else PARTS):
            measured = _measure(name, site, is_quick=options.quick)
            if measured is not None:
                results[name] = measured
                if not options.quick:
                    results = _keep(name, measured)
    print(write_bars(results))
    return 0 if options.quick or all(bar.holds for bar in find_bars(results)) else 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="small numbers, under two minutes, nothing written"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--against", metavar="COMMIT", help="an earlier build takes part, in the same run")
    return parser.parse_args()


def _measure(name: str, site: Site, *, is_quick: bool) -> Any:
    began = time.perf_counter()
    print(f"{name} ... ", end="", flush=True, file=sys.stderr)
    measured = PARTS[name](site, is_quick)
    print(f"{time.perf_counter() - began:.0f} s, machine load {load_now()}", flush=True, file=sys.stderr)
    return measured


def _keep(name: str, measured: Any) -> dict[str, Any]:
    """Put one part's figures in the place of its earlier ones; everything that is known then."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results |= {"machine": describe_machine(), name: measured}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    (FOLDER / "figures.md").write_text(write_figures(results))
    draw(results, FOLDER)
    return results


if __name__ == "__main__":
    sys.exit(main())
