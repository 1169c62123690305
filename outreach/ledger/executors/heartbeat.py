"""Who we are among those that hold leases: a process that says every few seconds that it lives.

alive  ── heartbeat every 5 s ──> seen_at
dead   ── same machine: its pid is gone or reused; another machine: unseen for 60 s   (`release`)
buried ── found out by its own heartbeat: it acts no more, and claims only as a new executor
"""

import contextlib
import os
import threading
import uuid
from collections.abc import Collection

from sqlalchemy import insert, update

from outreach.clock import Clock
from outreach.errors import LedgerError
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import executors
from outreach.ledger.executors.processes import LIVING, born, host
from outreach.ledger.executors.send_log import SendLog, find_sent
from outreach.ledger.vault import Vault
from outreach.zones import find_version

HEARTBEAT_SECONDS = 5.0
TRUSTED_SECONDS = 20.0
"""A process that could not say for so long that it lives must not send any more: others may think it dead."""


class Executor:
    """This process as a holder of leases, under a new name after each burial. Safe for threads."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._parts = database, vault, clock
        self._beat: Heartbeat | None = None
        self._entering = threading.Lock()

    @property
    def id(self) -> str:
        """The name that our leases bear; "" before the first claim."""
        return self._beat.executor if self._beat else ""

    def enter(self) -> str:
        """Become an executor that may hold leases, or a new one after we were buried; each claim does so."""
        with self._entering:
            beat = self._beat
            if beat is None or not (beat.trusted or beat.renew()):
                self._beat = beat = Heartbeat(uuid.uuid4().hex, *self._parts)
            return beat.executor

    def may_act(self, owner: str) -> bool:
        """Whether what `owner` claimed may still be acted on: it is us, and others surely think us alive."""
        beat = self._beat
        return beat is not None and beat.executor == owner and beat.trusted

    def note_sent(self, owner: str, reference: str) -> bool:
        """Note that the call of this attempt goes now; False when `owner` may not act, and it must not go."""
        beat = self._beat
        return beat is not None and beat.executor == owner and beat.note_sent(reference)

    def withdraw(self, references: Collection[str]) -> frozenset[str] | None:
        """Let none of these calls leave any more: those that had left already, None when nobody can say."""
        return self._beat.withdraw(references) if self._beat else frozenset()

    def fall_silent(self) -> None:
        """Let no call leave any more, and say nothing; we stay in the register."""
        if self._beat is not None:
            self._beat.fall_silent()


class Heartbeat:
    """One name of an executor, and the thread that tells the ledger every few seconds that it lives.

    It enters the register as it is made. Raises LedgerError.
    """

    def __init__(self, executor: str, database: Database, vault: Vault, clock: Clock) -> None:
        self.executor = executor
        self._db, self._vault, self._clock = database, vault, clock
        self._last = _instants(clock)
        self._withdrawn: set[str] = set()
        self._noting = threading.Lock()
        self._stopped = threading.Event()
        who = {"id": executor, "host": host(), "pid": os.getpid(), "born": born(os.getpid()) or ""}
        seen = {"seen_at": database.now(clock), "zone_rules": find_version()}
        database.execute(insert(executors).values(who | seen))
        self._send_log = SendLog(executor, vault)  # entered: else nobody would ever remove it
        LIVING.add(executor)
        self._thread = threading.Thread(target=self._run, name="ledger-heartbeat", daemon=True)
        self._thread.start()

    def fall_silent(self) -> None:
        """Say nothing more, and stay in the register."""
        self._stopped.set()
        self._thread.join()
        with self._noting:
            self._send_log.close()
        LIVING.discard(self.executor)

    def note_sent(self, reference: str) -> bool:
        """Note that a call goes now; False when others may think us dead, so that it must not go."""
        with self._noting:  # or one slips out between the look and the log's end
            may_go = self.trusted and not self._stopped.is_set() and reference not in self._withdrawn
            if may_go:
                self._send_log.note(reference)
        return may_go

    def withdraw(self, references: Collection[str]) -> frozenset[str] | None:
        """Let none of these calls leave any more; those that had left already."""
        with self._noting:  # no call slips out between the look and the ban
            self._withdrawn.update(references)
            return find_sent(self.executor, self._vault, references)

    @property
    def trusted(self) -> bool:
        """Whether others surely still think us alive; one of the clocks goes on while the machine sleeps."""
        (now, wall), (last, last_wall) = _instants(self._clock), self._last
        return now - last < TRUSTED_SECONDS and wall - last_wall < TRUSTED_SECONDS

    def renew(self) -> bool:
        """Say it now; False when we were buried. Raises LedgerError."""
        began = _instants(self._clock)  # before it: a slow write must not make us seem fresher
        alive = update(executors).where(executors.c.id == self.executor)
        found = bool(self._db.execute(alive.values(seen_at=self._db.now(self._clock))))
        if found:
            self._last = began
        else:
            self._stopped.set()
            with self._noting:
                self._send_log.close()
            LIVING.discard(self.executor)
        return found

    def _run(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(LedgerError):
                self.renew()


def _instants(clock: Clock) -> tuple[float, float]:
    return clock.monotonic(), clock.now().timestamp()
