"""The machine's own PostgreSQL with contrib: Prefect's server needs pg_trgm, which the wheel has not."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from cli.processes import free_port
from tests.support.postgres import Postgres

START_SECONDS = 60.0
OWNER = "outreach"


def find_installed() -> Path | None:
    """The folder of the newest server's programs, where Debian puts them with contrib; None without one."""
    found = [
        programs
        for programs in Path("/usr/lib/postgresql").glob("*/bin")
        if (programs / "initdb").exists()
        and Path("/usr/share/postgresql", programs.parent.name, "extension/pg_trgm.control").exists()
    ]
    return max(found, key=lambda programs: int(programs.parent.name), default=None)


@contextlib.contextmanager
def installed_postgres(programs: Path) -> Iterator[Postgres]:
    """Start a server of our own on a free port; it ends, and its files go, with the block."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-postgres-"))
    who = _whoever_may(folder)
    try:
        initialise = [
            str(programs / "initdb"),
            "-D",
            str(folder / "data"),
            "-U",
            OWNER,
            "-A",
            "trust",
            "--no-sync",
        ]
        subprocess.run(initialise, cwd=folder, check=True, capture_output=True, **who)
        with _running(programs, folder, who) as port:
            yield Postgres(f"postgresql://{OWNER}@127.0.0.1:{port}/postgres")
    finally:
        shutil.rmtree(folder)


def _whoever_may(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then it is `postgres`, or nobody, and the folder is theirs."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    owner = names.get("postgres") or names["nobody"]
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


@contextlib.contextmanager
def _running(programs: Path, folder: Path, who: dict[str, Any]) -> Iterator[int]:
    port = free_port()
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True, **who)
    try:
        _wait_until_up(process, port, folder / "server.log")
        yield port
    finally:
        process.send_signal(signal.SIGINT)  # ends its connections, and itself
        process.wait(START_SECONDS)


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://{OWNER}@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
