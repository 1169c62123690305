"""Programs of ours beside a command: started as children, waited for, stopped by their pid."""

import contextlib
import gc
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NoReturn

from cli.console import err
from cli.ending import INTERRUPTED
from outreach.errors import OutreachError

QUIET = {
    # What a run says belongs to the run; the terminal shows progress, and the verdict at the end.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "outreach",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",  # the courier's thread belongs to no run
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    # Asked before the run begins; else its clients each ask again: see `cli.prefect_api`.
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
}
"""Settings under which a run keeps what it says to itself."""

START_SECONDS, SAY_AFTER_SECONDS = 600.0, 60.0
"""A Prefect server took 104 s on a machine with a load of 18; one that ended is noticed at once."""
STOP_SECONDS = 10.0

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class DidNotStart(OutreachError):  # noqa: N818 - it says what happened
    """A program of ours did not come up: `name`, `log`."""

    def __init__(self, name: str, log: str) -> None:
        super().__init__(name, log)

    def __str__(self) -> str:
        """What, and where to look."""
        return f"{self.args[0]} did not start; its log is {self.args[1]}."


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def child(command: list[str], log: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A program of ours for the length of the block; it ends with us, politely at first."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **env},
            start_new_session=True,
        )
    _CHILDREN.add(process)
    try:
        yield process
    finally:
        _stop(process)
        _CHILDREN.discard(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def wait_until_up(name: str, url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the URL answers 200; a person who waits long is told for what.

    Raises:
        DidNotStart: the program ended, or took too long.
    """
    import httpx

    began, told = time.monotonic(), False
    with httpx.Client(timeout=2, trust_env=False, verify=False) as client:  # noqa: S501 - loopback, without TLS
        while (waited := time.monotonic() - began) < START_SECONDS and process.poll() is None:
            with contextlib.suppress(httpx.HTTPError):
                if client.get(url).status_code == 200:
                    return
            if waited > SAY_AFTER_SECONDS and not told:
                err.print(f"{name} takes long to start; waiting for it (log: {log}) ...", soft_wrap=True)
                told = True
            time.sleep(0.1)
    raise DidNotStart(name, str(log))


def end_by_signals() -> None:
    """Ctrl-C, a closed terminal and `kill` alike end the main thread's block once, by KeyboardInterrupt.

    Children of ours take none of them by themselves. Where a shell started us with SIGINT ignored, as
    scripts do in the background, they would ignore it too.
    """
    for sign in ENDING:
        signal.signal(sign, _interrupt)


def _interrupt(_sign: int, _frame: object) -> NoReturn:
    for sign in ENDING:
        signal.signal(sign, signal.SIG_IGN)  # what was begun is put away in peace
    raise KeyboardInterrupt


_CHILDREN: set[subprocess.Popen[bytes]] = set()
"""What we have started and not ended."""


def stop_by_signals() -> None:
    """The first Ctrl-C, SIGTERM or SIGHUP ends the work in order, by KeyboardInterrupt; the next at once."""
    for sign in ENDING:
        signal.signal(sign, _stop_in_order)


def _stop_in_order(_sign: int, _frame: object) -> NoReturn:
    for sign in ENDING:
        signal.signal(sign, _stop_at_once)
    # Not by a stream: the signal may come while one is being written.
    os.write(2, b"\nStopping: nobody new is contacted, what is in the air is written down. Again: at once.\n")
    raise KeyboardInterrupt


def _stop_at_once(_sign: int, _frame: object) -> NoReturn:
    for process in _CHILDREN:
        process.kill()
    # What was in the air is in doubt now, and the next run looks for it.
    os._exit(INTERRUPTED)


@contextlib.contextmanager
def prefect_server(
    home: Path,
    *,
    port: int | None = None,
    database: str | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[str]:
    """A Prefect server with its data below `home`; yields its API's URL and points this process to it.

    Args:
        home: its folder.
        port: where it listens; none takes a free one.
        database: `postgresql+asyncpg://...` instead of a SQLite file below `home`.
        meanwhile: what can be done while it starts.
    """
    port = port or free_port()
    api = f"http://127.0.0.1:{port}/api"
    env = {
        "PREFECT_HOME": str(home.absolute()),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_UI_API_URL": api,
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        **past_proxies(),
    }
    of_server = {"PREFECT_SERVER_DATABASE_CONNECTION_URL": database} if database else {}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    log = home / "server.log"
    with child(command, log, {**env, **of_server}) as process:
        meanwhile()
        wait_until_up("The Prefect server", f"{api}/health", process, log)
        with pointed_to(env):
            try:
                yield api
            finally:
                _say_the_last()


def load_flows() -> None:
    """Import what a run needs: a second of the processor, in which a server starts on another core."""
    gc.disable()  # nothing of it becomes garbage: to look for some took a tenth of that second
    try:
        import flows.campaign  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()


def past_proxies() -> dict[str, str]:
    """Environment in which servers on this machine are asked directly, whatever proxy there is for others."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    ours = ",".join(part for part in (known, "127.0.0.1", "localhost") if part)
    return {"no_proxy": ours, "NO_PROXY": ours}


def _say_the_last() -> None:
    """Send logs and events that still wait in this process, while there is a server to take them."""
    from prefect.events.worker import EventsWorker
    from prefect.logging.handlers import APILogWorker

    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=STOP_SECONDS)


@contextlib.contextmanager
def pointed_to(env: Mapping[str, str]) -> Iterator[None]:
    """This process's own Prefect settings, for the length of the block."""
    from prefect.context import refresh_global_settings_context

    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        refresh_global_settings_context()
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        refresh_global_settings_context()
