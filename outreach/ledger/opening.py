"""Opening a ledger: migrated to this version, held to its key, closed at the end."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlalchemy import select

from outreach.clock import Clock, SystemClock
from outreach.errors import NoLedger, WrongKey
from outreach.ledger.database.connecting import no_ledger
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import facts
from outreach.ledger.facts import remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.migrations.migrate import migrate, revision_of
from outreach.ledger.release import leave
from outreach.ledger.root_key import ADVICE, find_root
from outreach.ledger.vault import Vault
from outreach.ledger.witness import MADE_AT, draw_identity
from outreach.sameness import FORMS

ACTOR_LIMIT = 200
"""Letters of who acts: PostgreSQL refuses the record of a longer one."""


@contextlib.contextmanager
def open_ledger(
    url: str,
    *,
    keys: Sequence[str] = (),
    encrypted: bool = False,
    clock: Clock | None = None,
    actor: str = "outreach",
    existing: bool = False,
) -> Iterator[Ledger]:
    """Open a ledger, migrate it to this version, and close it at the end of the block.

    Args:
        url: `sqlite:///path` or `postgresql://...`.
        keys: root keys, newest first; none means the environment's, or the key file, made when missing:
            see `root_key`.
        encrypted: whether addresses, names and messages are sealed when written.
        clock: the time, the machine's own by default.
        actor: who acts, for the audit.
        existing: only one that is there already: no file, folder, table or key is made.

    Raises:
        LedgerError: it cannot be opened, with what to do about it.
        WrongLedger: it is none.
        NoLedger: with `existing`, and there is none yet.
        WrongKey: it was made with another key.
    """
    with contextlib.closing(Database(url, existing=existing)) as database:
        # Before it is migrated, which would make tables in whatever database this is.
        if existing and (revision_of(database) is None or "key" not in _known_keys(database)):
            raise NoLedger(*no_ledger(database.name))
        migrate(database)
        lies_in, known = None, _known_keys(database)
        if not keys:
            key, lies_in = find_root(url, is_known="key" in known)
            keys = [key]
        vault = Vault(keys, encrypted=encrypted)
        is_new = _check_key(database, vault, known)
        line = " ".join(actor.split())[:ACTOR_LIMIT]
        ledger = Ledger(database, vault, clock or SystemClock(), line)
        ledger.key_file = lies_in
        if is_new:
            remember(ledger, MADE_AT, ledger.clock.now().isoformat())
            draw_identity(ledger)
        try:
            yield ledger
        finally:
            leave(ledger)


@contextlib.contextmanager
def opened_if_any(
    opening: contextlib.AbstractContextManager[Ledger], tell: Callable[[str], object]
) -> Iterator[Ledger | None]:
    """What `opening` finds, with `existing`; None where there is no ledger yet, and `tell` says so."""
    with contextlib.ExitStack() as stack:
        try:
            ledger = stack.enter_context(opening)
        except NoLedger as none:
            tell(f"{none.problem} A run makes it; nobody counts as contacted before.")
            ledger = None
        yield ledger


HASHING = "hashing_keys"
"""The fact that holds the ledger's own hashing keys, wrapped under its key."""

_FORMS = "address_forms"
"""The fact of the rules for one address by which the ledger was begun: `sameness.FORMS`."""


def _check_key(database: Database, vault: Vault, known: Mapping[str, str]) -> bool:
    """Take over the ledger's own hashing keys, which only its key opens; make them for a new ledger.

    Whether the ledger is a new one.
    """
    is_new = "key" not in known
    if is_new:
        vault.draw_hashing_keys()  # not derived, so that any root can be dropped later
    fits = is_new or known["key"] == vault.fingerprint
    if HASHING not in known and fits:
        made = {"key": vault.fingerprint, HASHING: vault.wrap_hashing_keys()}
        made |= {_FORMS: FORMS} if is_new else {}
        rows = [{"name": name, "value": value} for name, value in made.items()]
        database.execute(database.insert(facts).on_conflict_do_nothing(), rows)
        known = _known_keys(database)  # another process may have been faster
    with contextlib.suppress(WrongKey, ValueError):
        vault.adopt_hashing_keys(known.get(HASHING, ""))
        if known.get("key") == vault.fingerprint:
            vault.has_today_forms = known.get(_FORMS) == FORMS
            return is_new
    raise WrongKey(
        "This ledger was made with another key, so it would not recognise the people in it.", ADVICE
    )


def _known_keys(database: Database) -> dict[str, str]:
    query = select(facts.c.name, facts.c.value).where(facts.c.name.in_(("key", HASHING, _FORMS)))
    return {row.name: row.value for row in database.rows(query)}
