"""How long a person waits for a command: its start, its end, and the processor's time of all of it.

An empty Prefect flow, ours, and an earlier build, each in new processes, in turn. The commands find ledger
and organisation by blocks of a server that runs already. `to_first` is from the command to the first
person who was contacted, `after_last` from the last one to the end of the process.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.bench.contest import spread
from tests.bench.job import write_job, write_source
from tests.bench.machine import load_now
from tests.bench.site import ROOT, Site

PEOPLE, ROUNDS = 20, 3
PACKAGES = ("outreach", "cli", "flows", "tasks", "blocks", "deployments")
COMPILED = {"PYTHONDONTWRITEBYTECODE": ""}
"""Python keeps what it compiles, as in every installation. Where it may not, each command compiled ours anew:
0.4 s of processor time of a run.
"""

EMPTY = "from prefect import flow\n\n@flow\ndef empty(): return 1\n\nempty()\n"
SAVE = """
import json, sys
from pathlib import Path
from tests.bench.job import Job
from tests.bench.ways.campaign import save_blocks
save_blocks(Job(**json.loads(sys.argv[1])), sys.argv[2], Path(sys.argv[3]))
"""

Figures = dict[str, dict[str, dict[str, float]]]


class Build:
    """A checkout, with blocks and a ledger of its own."""

    def __init__(self, site: Site, name: str, checkout: Path) -> None:
        self.name = name
        self._checkout = checkout
        self._folder = site.folder / f"start-{name}"
        self._folder.mkdir()
        self._call("-m", "compileall", "-q", *(str(checkout / name) for name in PACKAGES))
        self._block = f"start-{name}"
        job = site.job("ours", "platform", PEOPLE)
        self._call("-c", SAVE, json.dumps(write_job(job)), self._block, str(self._folder))
        self._source = write_source(self._folder / "people.csv", PEOPLE)
        settings = {"message": "Hello", "hours_bind": [], "output": str(self._folder)}
        (self._folder / "settings.json").write_text(json.dumps(settings))

    def measure(self, campaign: str) -> Mapping[str, Mapping[str, float]]:
        """Each command once."""
        kinds = ("genesys", "senders", "webhook", "ledger")
        blocks = [part for kind in kinds for part in (f"--{kind}", self._block)]
        given = ["--settings", str(self._folder / "settings.json"), *blocks]
        run = ["run", self._source, "--campaign", campaign, *given]
        ledger = ["--ledger", self._block]
        began = time.time()
        whole = self._call("-m", "cli.main", *run)
        first, last = self._contacted()
        ended = began + whole["seconds"]
        return {
            f"run, {PEOPLE} people": {**whole, "to_first": first - began, "after_last": ended - last},
            "run, nobody due": self._call("-m", "cli.main", *run),
            "proof": self._call("-m", "cli.main", "proof", campaign, *ledger),
            "why": self._call("-m", "cli.main", "why", campaign, "C-3", *ledger),
            "--help": self._call("-m", "cli.main", "--help"),
        }

    def _call(self, *arguments: str) -> dict[str, float]:
        return call(arguments, self._checkout, self._folder)

    def _contacted(self) -> tuple[float, float]:
        """When the newest campaign's first person and its last one were contacted."""
        newest = "(SELECT max(id) FROM campaigns)"
        query = f"SELECT min(started_at), max(started_at) FROM contacts WHERE campaign_id = {newest}"
        with sqlite3.connect(self._folder / "ledger.db") as ledger:
            first, last = ledger.execute(query).fetchone()
        return first / 1e6, last / 1e6


def measure(site: Site, rounds: int = ROUNDS) -> dict[str, Any]:
    """Seconds and processor seconds of each command, by build."""
    load = load_now()
    site.clear(message_seconds=0.0)  # else the next build finds the same people in a conversation
    builds = [Build(site, "ours", ROOT)]
    if site.before:
        builds.append(Build(site, "before", site.before))
    seen: dict[str, dict[str, dict[str, list[float]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    extra: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        empty = call(["-c", EMPTY], ROOT, site.folder)
        _add(seen["empty"]["flow"], empty)
        for build in builds if number % 2 else builds[::-1]:
            for command, figures in build.measure(f"round-{number}").items():
                _add(seen[build.name][command], figures)
                if "to_first" in figures:
                    extra[build.name].append(figures["to_first"] - empty["seconds"])
    return {
        "rounds": rounds,
        "machine_load": [load, load_now()],
        "commands": {
            build: {
                command: {name: spread(values) for name, values in figures.items()}
                for command, figures in commands.items()
            }
            for build, commands in seen.items()
        },
        "first_after_empty": {build: spread(values) for build, values in extra.items()},
    }


def _add(into: dict[str, list[float]], figures: Mapping[str, float]) -> None:
    for name, value in figures.items():
        into[name].append(value)


def call(
    arguments: Sequence[str], checkout: Path, folder: Path, *, without: Collection[str] = ()
) -> dict[str, float]:
    """Run Python to its end, `without` these of the environment: its seconds, and those of the processor.

    Raises:
        RuntimeError: it failed, with the end of what it said.
    """
    env = {**os.environ, "PYTHONPATH": str(checkout), "PYTHONWARNINGS": "ignore", **COMPILED}
    env = {name: value for name, value in env.items() if name not in without}
    began = time.monotonic()
    with (folder / "said.txt").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, *arguments], stdout=said, stderr=said, env=env, cwd=folder
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError((folder / "said.txt").read_text()[-2000:])
    return {"seconds": time.monotonic() - began, "cpu_seconds": used.ru_utime + used.ru_stime}
