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

from outreach.errors import LedgerError
from outreach.ledger.changes import apply
from outreach.ledger.database.schema import executors
from outreach.ledger.executors.processes import LIVING, born, host
from outreach.ledger.executors.release import free_rows_of
from outreach.ledger.executors.send_log import SendLog, find_sent
from outreach.ledger.ledger import Ledger
from outreach.zones import find_version

HEARTBEAT_SECONDS = 5.0
TRUSTED_SECONDS = 20.0
"""A process that could not say for so long that it lives must not send any more: others may think it dead."""


class Executor:
    """This process as a holder of leases, under a new name after each burial. Safe for threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
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
                beat = Heartbeat(self._ledger, uuid.uuid4().hex)
                beat.start()
                self._beat = beat
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

    def close(self) -> None:
        """Give back our leases, and write what could not be written yet."""
        with contextlib.suppress(LedgerError):  # then it is found in doubt
            apply(self._ledger, list(self._ledger.unwritten), only_own=False)
        if self._beat is not None:
            self._beat.stop()


class Heartbeat:
    """One name of an executor, and the thread that tells the ledger every few seconds that it lives."""

    def __init__(self, ledger: Ledger, executor: str) -> None:
        self.executor = executor
        self._ledger = ledger
        self._last = _instants(ledger)
        self._send_log = SendLog(executor, ledger.vault)
        self._withdrawn: set[str] = set()
        self._noting = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ledger-heartbeat", daemon=True)

    def start(self) -> None:
        """Enter the register and begin. Raises LedgerError."""
        who = {"id": self.executor, "host": host(), "pid": os.getpid(), "born": born(os.getpid()) or ""}
        seen = {"seen_at": self._ledger.db.now(self._ledger.clock), "zone_rules": find_version()}
        self._ledger.db.execute(insert(executors).values(who | seen))
        LIVING.add(self.executor)
        self._thread.start()

    def stop(self) -> None:
        """Leave the register; nothing that we held stays leased."""
        self.fall_silent()
        with contextlib.suppress(LedgerError):  # then the next process finds us gone
            free_rows_of(self._ledger, self.executor, deaths=0, is_silent=True)

    def fall_silent(self) -> None:
        """Say nothing more, and stay in the register."""
        self._stopped.set()
        self._thread.join()
        with self._noting:
            self._send_log.close()
        LIVING.discard(self.executor)

    def note_sent(self, reference: str) -> bool:
        """Note that a call goes now; False when others may think us dead, so that it must not go."""
        if not self.trusted:
            return False
        with self._noting:  # or one slips out between the look and the log's end
            if self._stopped.is_set() or reference in self._withdrawn:
                return False
            self._send_log.note(reference)
        return True

    def withdraw(self, references: Collection[str]) -> frozenset[str] | None:
        """Let none of these calls leave any more; those that had left already."""
        with self._noting:  # no call slips out between the look and the ban
            self._withdrawn.update(references)
            return find_sent(self.executor, self._ledger.vault, references)

    @property
    def trusted(self) -> bool:
        """Whether others surely still think us alive; one of the clocks goes on while the machine sleeps."""
        (now, wall), (last, last_wall) = _instants(self._ledger), self._last
        return now - last < TRUSTED_SECONDS and wall - last_wall < TRUSTED_SECONDS

    def renew(self) -> bool:
        """Say it now; False when we were buried. Raises LedgerError."""
        began = _instants(self._ledger)  # before it: a slow write must not make us seem fresher
        alive = update(executors).where(executors.c.id == self.executor)
        with self._ledger.db.write() as connection:
            seen = alive.values(seen_at=self._ledger.db.now(self._ledger.clock))
            found = bool(connection.execute(seen).rowcount)
        if found:
            self._last = began
        else:
            self._stopped.set()
            LIVING.discard(self.executor)
        return found

    def _run(self) -> None:
        while not self._stopped.wait(HEARTBEAT_SECONDS):
            with contextlib.suppress(LedgerError):
                self.renew()


def _instants(ledger: Ledger) -> tuple[float, float]:
    return ledger.clock.monotonic(), ledger.clock.now().timestamp()
