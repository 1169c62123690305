"""The ledger, opened: its database, its keys, its clock, and who we are in it."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator, Sequence

from sqlalchemy import select

from outreach.clock import Clock, SystemClock
from outreach.errors import WrongKey
from outreach.ledger.engine import Database
from outreach.ledger.executors import Heartbeat
from outreach.ledger.migrating import migrate
from outreach.ledger.schema import facts
from outreach.ledger.vault import Vault, key_file, stored_key


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


@contextlib.contextmanager
def open_ledger(
    url: str,
    *,
    keys: Sequence[str] = (),
    encrypted: bool = False,
    clock: Clock | None = None,
    actor: str = "outreach",
) -> Iterator[Ledger]:
    """Open a ledger, migrate it to this version, and close it at the end of the block.

    Args:
        url: `sqlite:///path` or `postgresql://...`.
        keys: root keys, newest first; none means the key file of `vault.key_file`, made when missing.
        encrypted: whether addresses, names and messages are sealed when written.
        clock: the time, the machine's own by default.
        actor: who acts, for the audit.

    Raises:
        LedgerError: it cannot be opened, with what to do about it.
        WrongKey: it was made with another key.
    """
    database = Database(url)
    try:
        migrate(database)
        vault = Vault(keys or [_own_key(database, url)], encrypted=encrypted)
        _check_key(database, vault)
        ledger = Ledger(database, vault, clock or SystemClock(), actor)
    except BaseException:
        database.close()
        raise
    try:
        yield ledger
    finally:
        ledger.close()


HASHING = "hashing_keys"
"""The fact that holds the ledger's own hashing keys, wrapped under its key."""

_FINGERPRINT = select(facts.c.value).where(facts.c.name == "key")


def _own_key(database: Database, url: str) -> str:
    """The key file's; a new one is only made for a new ledger."""
    path = key_file(url)
    with database.read() as connection:
        known = connection.execute(_FINGERPRINT).scalar()
    if known is not None and not path.exists():
        raise WrongKey(
            f"The key of this ledger is missing: there is no file {path}.",
            "Give its key in the ledger block, or restore its key file.",
        )
    return stored_key(path)


def _check_key(database: Database, vault: Vault) -> None:
    """Take over the ledger's own hashing keys, which only its key opens; make them for a new ledger."""
    known, wrapped = _known_keys(database)
    if wrapped is None:
        if known is None:
            vault.draw_hashing_keys()
        elif known != vault.fingerprint:
            raise _wrong_key()
        with database.write() as connection:
            made = {"key": vault.fingerprint, HASHING: vault.wrap_hashing_keys()}
            rows = [{"name": name, "value": value} for name, value in made.items()]
            connection.execute(database.insert(facts).on_conflict_do_nothing(), rows)
        known, wrapped = _known_keys(database)  # another process may have been faster
    try:
        vault.adopt_hashing_keys(wrapped or "")
    except (WrongKey, ValueError):
        raise _wrong_key() from None
    if known != vault.fingerprint:
        raise _wrong_key()


def _known_keys(database: Database) -> tuple[str | None, str | None]:
    with database.read() as connection:
        rows = connection.execute(
            select(facts.c.name, facts.c.value).where(facts.c.name.in_(["key", HASHING]))
        )
        found: dict[str, str] = {row.name: row.value for row in rows}
    return found.get("key"), found.get(HASHING)


def _wrong_key() -> WrongKey:
    return WrongKey(
        "This ledger was made with another key, so it would not recognise the people in it.",
        "Give its key in the ledger block, or restore its key file.",
    )


def remember(ledger: Ledger, name: str, value: str) -> None:
    """Keep one fact of the ledger's own."""
    with ledger.db.write() as connection:
        upsert = ledger.db.insert(facts).values(name=name, value=value)
        connection.execute(upsert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def recall(ledger: Ledger, name: str) -> str | None:
    """A fact kept earlier."""
    with ledger.db.read() as connection:
        value: str | None = connection.execute(select(facts.c.value).where(facts.c.name == name)).scalar()
        return value
