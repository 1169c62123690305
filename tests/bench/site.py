"""What all contenders share: one emulator on a core of its own, one Prefect server, one folder."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.processes import prefect_server
from outreach.webhook.signing import new_secret
from tests.bench.job import Job, run_job
from tests.bench.machine import cores, hold_to
from tests.support.emulation import UNLIMITED, emulator
from tests.support.emulator_server import EmulatorServer

ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    """Where a contest takes place."""

    genesys: EmulatorServer
    prefect: str
    folder: Path
    secret: str
    before: Path | None = None
    """The checkout of an earlier build, which takes part as the way `before`."""

    def clear(self, latency_ms: float = 0.0, **settings: object) -> None:
        """A new organisation without limits, that answers, as the CRM does, after so many milliseconds."""
        self.genesys.reset()
        answers = [{"delay_seconds": latency_ms / 1000, "probability": 1}] if latency_ms else []
        self.genesys.configure(
            **UNLIMITED,
            latency_ms=latency_ms,
            webhook_secrets=[self.secret],
            **{"webhook_answers": answers, **settings},
        )

    def run(self, way: str, api: str, contacts: int, threads: int = 1) -> dict[str, Any]:
        """What came of a way to contact people; `before` is ours, as the earlier build has it."""
        if way == "before":
            return run_job(self.job("ours", api, contacts, threads), self.before)
        return run_job(self.job(way, api, contacts, threads))

    def job(self, way: str, api: str, contacts: int, threads: int = 1) -> Job:
        """Something for a contender to do here."""
        return Job(way, api, self.genesys.url, self.secret, contacts, str(self.folder), threads)


@contextlib.contextmanager
def open_site(against: str | None = None) -> Iterator[Site]:
    """Both servers, started as children, and a checkout of the commit `against`; all is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder, emulator() as genesys:
        hold_to(genesys.pid, cores()[1])
        with prefect_server(Path(folder, "prefect")) as prefect:
            before = check_out(against, Path(folder, "before")) if against else None
            yield Site(genesys, prefect, Path(folder), new_secret(), before)


def check_out(commit: str, folder: Path) -> Path:
    """The files of a commit of this repository, in a folder of their own."""
    packed = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    folder.mkdir()
    subprocess.run(["tar", "-x"], cwd=folder, input=packed, check=True)
    return folder
