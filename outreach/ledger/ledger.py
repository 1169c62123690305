"""The ledger, opened: its database, its keys, its clock, and who we are in it."""

from collections import deque
from pathlib import Path
from typing import Any

from outreach.clock import Clock
from outreach.ledger.database.engine import Database
from outreach.ledger.executors.heartbeat import Executor
from outreach.ledger.vault import Vault


class Ledger:
    """What every part of the ledger works with: its rows, its keys, and the time. Safe for threads.

    `actor` says who acts, for the audit ("flow run 3f…", "outreach resolve").
    """

    identity: str | None = None
    """Under which witnesses know it, once a run has made sure that it is not older than what was done."""

    key_file: Path | None = None
    """The file on this machine that holds the key; None where the key was given."""

    def __init__(self, database: Database, vault: Vault, clock: Clock, actor: str) -> None:
        self.db = database
        self.name = database.name
        """Which one it is, by its file or its host and database: fit to be shown to anybody."""
        self.vault = vault
        self.clock = clock
        self.actor = actor
        self.executor = Executor(database, vault, clock)
        self.unwritten: deque[Any] = deque()
        """Outcomes that the database was not there for (`changes.apply_outcomes`)."""
