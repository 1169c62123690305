"""A process that stands still, between two transactions of its ledger."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

PATIENCE_SECONDS = 60.0
AT_REST = frozenset("TtZX")
"""Stopped, or over: what `/proc` says of its state. A signal that was sent has not arrived yet."""


@contextmanager
def frozen(pid: int, ledger: Path) -> Iterator[None]:
    """It does nothing within the block, and holds up nobody: asleep in a transaction it would keep the file.

    Args:
        pid: whose; nothing happens where it has ended.
        ledger: SQLite's file.
    """
    with suppress(ProcessLookupError):
        _freeze(pid, ledger)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def _freeze(pid: int, ledger: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    with closing(sqlite3.connect(ledger, timeout=0, isolation_level=None)) as other:
        while time.monotonic() < until:
            os.kill(pid, signal.SIGSTOP)
            while _state(pid) not in AT_REST:
                time.sleep(0.001)
            with suppress(sqlite3.OperationalError):  # it holds the file
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
                return
            os.kill(pid, signal.SIGCONT)
            time.sleep(0.05)
    raise AssertionError(f"process {pid} holds {ledger.name} whenever it is stopped")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"
