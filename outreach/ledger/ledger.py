"""The ledger, opened: its database, its keys, its clock, and who we are in it."""

from __future__ import annotations

import threading
import uuid

from outreach.clock import Clock
from outreach.ledger.database.engine import Database
from outreach.ledger.executors.heartbeat import Heartbeat
from outreach.ledger.vault import Vault


class Ledger:
    """What every part of the ledger works with. Safe for threads.

    Args:
        database: where the rows are.
        vault: the keys.
        clock: the time.
        actor: who acts, for the audit ("flow run 3f…", "outreach resolve").
    """

    def __init__(self, database: Database, vault: Vault, clock: Clock, actor: str) -> None:
        self.db = database
        self.vault = vault
        self.clock = clock
        self.actor = actor
        self._heartbeat: Heartbeat | None = None
        self._starting = threading.Lock()

    def __repr__(self) -> str:
        return f"Ledger({self.db.engine.dialect.name})"

    @property
    def executor(self) -> str:
        """Who we are among those that hold leases; "" before the first claim."""
        return self._heartbeat.executor if self._heartbeat else ""

    def enter(self) -> str:
        """Become an executor that may hold leases, or a new one after we were buried; each claim does so."""
        with self._starting:
            beat = self._heartbeat
            if beat is None or not (beat.trusted or beat.renew()):
                beat = Heartbeat(self, uuid.uuid4().hex)
                beat.start()
                self._heartbeat = beat
            return beat.executor

    def trusts(self, owner: str) -> bool:
        """Whether what `owner` claimed may still be acted on: it is us, and others surely think us alive."""
        beat = self._heartbeat
        return beat is not None and beat.executor == owner and beat.trusted

    def depart(self, owner: str, reference: str) -> bool:
        """Note that the call of this attempt goes now; False when `owner` is not trusted, and it must not."""
        beat = self._heartbeat
        return beat is not None and beat.executor == owner and beat.depart(reference)

    def close(self) -> None:
        """Give back leases and connections."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
        self.db.close()
