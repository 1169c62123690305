"""What the commands take that go through a whole ledger, after a campaign, beside an earlier build.

Each is a process of its own, in turn; its start is in the figures, which are processor seconds. `start` is
the same for a campaign of one person in the same ledger. A run is one over an unchanged list, all contacted.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.bench.contest import spread
from tests.bench.machine import load_now
from tests.bench.site import ROOT, Site
from tests.bench.start_end import call

PEOPLE, ROUNDS = 20_000, 3
STARTS = {"start": "audit verify", "start of a run": "run"}
"""The same command for a campaign of one person, in the same ledger: what the ratios leave out."""


def measure(site: Site, people: int = PEOPLE, rounds: int = ROUNDS) -> dict[str, Any]:
    """Processor seconds of each command, by build."""
    load = load_now()
    builds = {"ours": ROOT, **({"before": site.before} if site.before else {})}
    campaigns = {build: _contact_everybody(site, build, people) for build in builds}
    seen: dict[str, dict[str, list[float]]] = {build: defaultdict(list) for build in builds}
    for number in range(rounds):
        for build in sorted(builds, reverse=bool(number % 2)):
            folder = site.folder / campaigns[build]
            for command, given in _commands(campaigns[build], folder, f"C-{number}"):
                verb = STARTS.get(command, command)
                took = call(["-m", "cli.main", *verb.split(), *given], builds[build], folder)
                seen[build][command].append(took["cpu_seconds"])
            (folder / "export.csv").unlink()  # else each erasure reads it
    return {
        "people": people,
        "rounds": rounds,
        "machine_load": [load, load_now()],
        "commands": {
            build: {command: spread(seconds) for command, seconds in commands.items()}
            for build, commands in seen.items()
        },
    }


def _contact_everybody(site: Site, build: str, people: int) -> str:
    site.clear()
    return str(site.run(build, "platform", people)["campaign"])


def _commands(campaign: str, folder: Path, person: str) -> Iterator[tuple[str, Sequence[str]]]:
    with closing(sqlite3.connect(folder / "ledger.db")) as ledger:  # open, it would be in an erasure's way
        # The first: whoever is in both may have been kept back from the second, which is never done then.
        first = "SELECT name FROM campaigns WHERE name LIKE '%-warm-%' ORDER BY id LIMIT 1"
        (warm,) = ledger.execute(first).fetchone()
    settings = {"message": "Hello", "hours_bind": [], "output": str(folder)}
    (folder / "settings.json").write_text(json.dumps(settings))
    run = ["--settings", str(folder / "settings.json")]
    for block in ("genesys", "senders", "webhook", "ledger"):  # all of them have the campaign's name
        run += [f"--{block}", campaign]
    where = ["--ledger", f"sqlite:///{folder / 'ledger.db'}"]
    yield "start of a run", [str(folder / "warm.csv"), "--campaign", warm, *run]
    yield "run", [str(folder / "people.csv"), "--campaign", campaign, *run]
    yield "start", [warm, *where]
    yield "audit verify", [campaign, *where]
    yield "proof", [campaign, *where]
    yield "export-person", [person, *where]
    yield "erase", [person, *where]
    yield "export", [campaign, "--state", "started", "--to", str(folder / "export.csv"), *where]
