"""Addresses that nobody may contact, in any campaign: kept as keyed hashes, so they outlive an erasure."""

from collections.abc import Iterable, Sequence
from itertools import islice

import orjson
from sqlalchemy import bindparam, delete, select, update

from outreach.ledger.database.schema import suppressions
from outreach.ledger.facts import kept_as
from outreach.ledger.ledger import Ledger

MIRRORED = "genesys-dnc"
"""The source of what the organisation's do-not-contact lists name; it goes when the lists drop it."""

SUPPRESSED = select(suppressions.c.address_key).where(
    suppressions.c.address_key.in_(bindparam("keys", expanding=True))
)
"""Those of the `keys` that are on."""

_KEEP = (
    update(suppressions)
    .where(
        suppressions.c.address_key.in_(bindparam("keys", expanding=True)), suppressions.c.source == MIRRORED
    )
    .values(source=bindparam("own_source"), reason=bindparam("own_reason"), at=bindparam("own_at"))
)


def suppress(ledger: Ledger, addresses: Iterable[str], *, source: str, reason: str) -> int:
    """Never contact these addresses again; returns how many were new.

    Contacts that wait in the ledger are stopped too: the intent's own transaction looks here. Whom only a
    do-not-contact list named so far stays off from now on, whatever becomes of that list.
    """
    added = 0
    keys = iter(addresses)
    while chunk := list(islice(keys, 500)):
        rows = [suppression(ledger, address, source, reason) for address in chunk]
        insert = ledger.db.insert(suppressions).on_conflict_do_nothing()
        with ledger.db.write() as connection:
            taken = connection.execute(insert.returning(suppressions.c.address_key), rows)
            added += len(taken.scalars().all())
            if source != MIRRORED:
                why = {f"own_{name}": rows[0][name] for name in ("source", "reason", "at")}
                connection.execute(_KEEP, {"keys": [row["address_key"] for row in rows], **why})
    return added


def mirror(ledger: Ledger, addresses: Iterable[str], *, source: str) -> int:
    """Make what `source` suppresses equal to `addresses`; returns how many there are."""
    keys = {ledger.vault.address_key(address): address for address in addresses}
    theirs = suppressions.c.source == source
    before = set(ledger.db.values(select(suppressions.c.address_key).where(theirs)))
    gone = sorted(before - keys.keys())
    for at in range(0, len(gone), 500):
        with ledger.db.write() as connection:
            named = suppressions.c.address_key.in_(gone[at : at + 500])
            connection.execute(delete(suppressions).where(theirs, named))
    suppress(ledger, (keys[key] for key in keys.keys() - before), source=source, reason=source)
    return len(keys)


def allow_again(ledger: Ledger, address: str) -> bool:
    """Take an address off; whether it was on. The ledger keeps who did so, when, and why it was on."""
    s, key = suppressions.c, ledger.vault.address_key(address)
    with ledger.db.write() as connection:
        gone = delete(suppressions).where(s.address_key == key).returning(s.source, s.reason, s.at)
        was = connection.execute(gone).mappings().one_or_none()
        if was is not None:
            kept = {
                **{str(name): value for name, value in was.items()},
                "lifted_at": ledger.clock.now(),
                "lifted_by": ledger.actor,
            }
            connection.execute(kept_as(ledger, f"lifted:{key}", orjson.dumps(kept).decode()))
    return was is not None


def find_suppressed(ledger: Ledger, addresses: Sequence[str]) -> set[str]:
    """Those of the addresses that are on, in the spelling that they were asked in."""
    keys = {address: ledger.vault.address_key(address) for address in addresses}
    found = set(ledger.db.values(SUPPRESSED, {"keys": list(set(keys.values()))}))
    return {address for address, key in keys.items() if key in found}


def suppression(ledger: Ledger, address: str, source: str, reason: str) -> dict[str, object]:
    """The row that keeps an address off from now on."""
    return {
        "address_key": ledger.vault.address_key(address),
        "source": source,
        "reason": reason,
        "at": ledger.clock.now(),
    }
