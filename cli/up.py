"""`make up`: a Prefect server, an emulated organisation, a worker and all deployments, to click through.

Everything listens on this machine only, and ends with Ctrl-C.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from cli.console import err, out
from cli.emulated import emulated_genesys, save_blocks
from cli.processes import child, end_by_signals, prefect_server

HOME = Path("out/up")
EMULATOR_PORT = 8780
PREFECT_PORT = 4200
SCHEDULED_WITHIN_SECONDS = 180.0
"""A server without background services is noticed then: others have made each schedule's next runs."""

SAMPLE = """external_contact_id,name,sms,email,time_zone
EXT-1,Ada Example,+13172000101,ada@example.com,America/New_York
EXT-2,Bob Example,+13172000102,bob@example.com,America/Chicago
EXT-3,Cy Example,,cy@example.com,America/Denver
"""


def up(*, prefect_port: int = PREFECT_PORT, emulator_port: int = EMULATOR_PORT, home: Path = HOME) -> int:
    """Bring everything up for a person to click through; Ctrl-C ends it all.

    Args:
        prefect_port: where the Prefect UI listens.
        emulator_port: where the emulated Genesys Cloud listens.
        home: where data and logs are kept.
    """
    end_by_signals()
    with contextlib.suppress(KeyboardInterrupt), running(prefect_port, emulator_port, home) as worker:
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(SCHEDULED_WITHIN_SECONDS)
            if worker.poll() is None:
                _say_unscheduled()
                worker.wait()
        except KeyboardInterrupt:
            err.print("Stopping ...")  # at once: ending takes a few seconds
            raise
        err.print(f"The worker ended; its log is {home / 'worker.log'}.")
        return 1
    err.print("Stopped.")
    return 0


def _say_unscheduled() -> None:
    from prefect.client.orchestration import get_client

    from flows.schedules import ADVICE, find_unscheduled

    with get_client(sync_client=True) as client:
        if names := find_unscheduled(client):
            err.print(f"The server makes no runs for {', '.join(names)}. {ADVICE}", soft_wrap=True)


@contextlib.contextmanager
def running(prefect_port: int, emulator_port: int, home: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Everything, for the length of the block; yields the worker."""
    home.mkdir(parents=True, exist_ok=True)
    with (
        emulated_genesys(home, emulator_port) as genesys,
        prefect_server(home / "prefect", port=prefect_port) as api,
    ):
        from deployments.production import POOL, deploy

        save_blocks(genesys, home)
        deploy(activate=True)
        source = home / "contacts.csv"
        source.write_text(SAMPLE)
        command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
        with child(command, home / "worker.log", {"PREFECT_WORKER_QUERY_SECONDS": "2"}) as worker:
            _tell(api, genesys, source.absolute())
            yield worker


def _tell(api: str, genesys: str, source: Path) -> None:
    ui = api.removesuffix("/api")
    out.print(f"Prefect    {ui}/deployments")
    out.print(f"Genesys    {genesys}/   (emulated; client id and secret: demo)")
    out.print(f"Contacts   {source}")
    out.print("Run the deployment 'campaign' with that file as source. Ctrl-C ends everything.")


if __name__ == "__main__":
    sys.exit(up())
