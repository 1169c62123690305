"""Addresses that nobody may contact, in any campaign: kept as keyed hashes, so they outlive an erasure.

suppressions   opted out, for good: by a person, the CRM, a receipt, an erasure
listed         on the do-not-contact lists of an organisation, for as long as these name them
"""

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain

import orjson
from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, select, tuple_, union

from outreach.chunks import cut
from outreach.ledger.audit.notes import note_everywhere
from outreach.ledger.database.schema import listed, suppressions
from outreach.ledger.facts import kept_as
from outreach.ledger.ledger import Ledger

MIRRORED = "genesys-dnc"
"""What an address is on by, when an organisation's list names it."""

ERASED = "erasure"
"""The source of addresses of people who asked to be forgotten: nothing that holds one is stored again."""

ERASING = "erasing"
"""The fact that is another one with every erasure: a load under way asks for it, chunk by chunk."""

CHUNK = 500
"""Addresses written in one transaction."""

REASON_LIMIT = 200
LIFTED = "suppressions-lifted"
"""The fact that is another one whenever an address went off: whom it kept back is decided on again."""

_KEYS: BindParameter[list[str]] = bindparam("keys", expanding=True)
_OFF = select(suppressions.c.address_key).where(suppressions.c.address_key.in_(_KEYS))
_LISTED = select(listed.c.address_key).where(listed.c.address_key.in_(_KEYS))
_ERASED = _OFF.where(suppressions.c.source == ERASED)
ALL_ERASED = select(suppressions.c.address_key).where(suppressions.c.source == ERASED)

SUPPRESSED = union(_OFF, _LISTED)
"""Those of the `keys` that are on."""


def suppress(ledger: Ledger, addresses: Iterable[str], *, source: str, reason: str) -> int:
    """Never contact these addresses again; returns how many were new.

    Contacts that wait in the ledger are stopped too: the intent's own transaction looks here. Whom only a
    do-not-contact list named so far stays off from now on, whatever becomes of that list.
    """
    added = 0
    for chunk in cut(addresses, CHUNK):
        rows = [suppression(ledger, address, source, reason) for address in chunk]
        insert = ledger.db.insert(suppressions).on_conflict_do_nothing()
        with ledger.db.write() as connection:
            new = set(connection.execute(insert.returning(suppressions.c.address_key), rows).scalars())
            added += len(new - set(connection.execute(_LISTED, {"keys": list(new)}).scalars()))
    return added


def mirror(ledger: Ledger, addresses: Iterable[str], *, organisation: str, complete: bool = True) -> int:
    """Keep whom an organisation's lists name, and nobody else unless the lists are not `complete`.

    Returns how many are on by that organisation now. Other organisations' lists stay as they are.
    """
    o, key = listed.c.organisation, listed.c.address_key
    named = {(organisation, ledger.vault.address_key(address)) for address in addresses}
    # What an older ledger had belongs to nobody: the first who knows all of its own replaces it.
    theirs = select(o, key).where(o.in_((organisation, "")))
    before = {(owner, known) for owner, known in ledger.db.rows(theirs)}
    insert = ledger.db.insert(listed).on_conflict_do_nothing()
    for chunk in cut(sorted(named - before), CHUNK):
        ledger.db.execute(insert, [{"organisation": owner, "address_key": new} for owner, new in chunk])
    if not complete:
        return len({address for _, address in named | before})
    for chunk in cut(sorted(before - named), CHUNK):
        with ledger.db.write() as connection:
            connection.execute(delete(listed).where(tuple_(o, key).in_(chunk)))
            connection.execute(kept_as(ledger, LIFTED, secrets.token_hex(8)))
    return len(named)


def allow_again(ledger: Ledger, address: str, reason: str = "", *, is_id: bool = False) -> bool:
    """Take an address off, or an erased person's id; whether it was on. Who, when and why: in every audit.

    An organisation's list that names it puts it on again, with the next look at the list.
    """
    vault, s = ledger.vault, suppressions.c
    keys = (vault.person_key(address),) if is_id else vault.address_keys(address)
    with ledger.db.write() as connection:
        gone = delete(suppressions).where(s.address_key.in_(keys)).returning(s.source, s.reason, s.at)
        was = connection.execute(gone).mappings().first()
        on_lists = connection.execute(delete(listed).where(listed.c.address_key.in_(keys))).rowcount > 0
        if was is not None or on_lists:
            kept = {
                **{str(name): value for name, value in (was or {"source": MIRRORED}).items()},
                "lifted_at": ledger.clock.now(),
                "lifted_by": ledger.actor,
                "lifted_because": words(reason),
            }
            connection.execute(kept_as(ledger, f"lifted:{keys[0]}", orjson.dumps(kept).decode()))
            kind = "person_key" if is_id else "address_key"
            detail = {kind: keys[0], "reason": kept["lifted_because"], "was": kept["source"]}
            # It binds all campaigns, and a campaign's chain is what can be verified.
            note_everywhere(ledger, "suppression_lifted", detail, within=connection)
            connection.execute(kept_as(ledger, LIFTED, secrets.token_hex(8)))
    return was is not None or on_lists


def find_suppressed(
    ledger: Ledger, addresses: Sequence[str], ids: Sequence[str] = (), *, is_erased: bool = False
) -> set[str]:
    """Those of the addresses, and of people's `ids`, that are on, in the spelling that they were asked in.

    With `is_erased` only those whose person was erased, which are on for good.
    """
    keys = {address: ledger.vault.address_keys(address) for address in addresses}
    keys |= {name: (ledger.vault.person_key(name),) for name in ids}
    query, asked = _ERASED if is_erased else SUPPRESSED, {"keys": list(set(chain(*keys.values())))}
    found = set(ledger.db.values(query, asked))
    return {address for address, own in keys.items() if not found.isdisjoint(own)}


def find_opt_outs(ledger: Ledger, addresses: Sequence[str], since: datetime) -> dict[str, datetime]:
    """Those of the addresses that opted out for good from an instant on, and when."""
    s = suppressions.c
    keys = {address: ledger.vault.address_keys(address) for address in addresses}
    query = select(s.address_key, s.at).where(s.address_key.in_(set(chain(*keys.values()))), s.at >= since)
    found = {row.address_key: row.at for row in ledger.db.rows(query)}
    return {address: found[key] for address, own in keys.items() for key in own if key in found}


def has_erased(ledger: Ledger) -> bool:
    """Whether anybody asked to be forgotten."""
    return bool(ledger.db.value(select(exists().where(suppressions.c.source == ERASED))))


def find_erased(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of the address keys that belong to somebody who asked to be forgotten."""
    return set(connection.execute(_ERASED, {"keys": list(keys)}).scalars()) if keys else set()


def words(reason: str) -> str:
    """A reason as the ledger can keep it: an opt-out is never lost for its reason."""
    return " ".join(reason.replace("\0", " ").split())[:REASON_LIMIT]


def suppression(ledger: Ledger, address: str, source: str, reason: str) -> dict[str, object]:
    """The row that keeps an address off from now on."""
    return {
        "address_key": ledger.vault.address_key(address),
        "source": source,
        "reason": words(reason),
        "at": ledger.clock.now(),
    }
