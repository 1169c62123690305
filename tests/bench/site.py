"""What all contenders share: one emulator on a core of its own, one Prefect server, one folder."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.processes import prefect_server
from emulator.control_client import EmulatorServer
from outreach.webhook.signing import new_secret
from tests.bench.job import Job
from tests.bench.machine import cores, hold_to
from tests.support.emulation import UNLIMITED, emulator


@dataclass
class Site:
    """Where a contest takes place."""

    genesys: EmulatorServer
    prefect: str
    folder: Path
    secret: str

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

    def job(self, way: str, api: str, contacts: int, threads: int = 1) -> Job:
        """Something for a contender to do here."""
        return Job(way, api, self.genesys.url, self.secret, contacts, str(self.folder), threads)


@contextlib.contextmanager
def open_site() -> Iterator[Site]:
    """Both servers, started as children; everything is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="outreach-bench-") as folder, emulator() as genesys:
        hold_to(genesys.pid, cores()[1])
        with prefect_server(Path(folder, "prefect")) as prefect:
            yield Site(genesys, prefect, Path(folder), new_secret())
