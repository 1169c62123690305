"""Whom and which addresses were contacted before: what rolling caps, and one contact per address, look at."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, or_, select

from outreach.ledger.claims import Claimed
from outreach.ledger.database.schema import contacts, intents
from outreach.ledger.ledger import Ledger

_I = intents.c
TAKEN = select(_I.address_slot, _I.contact_id).where(
    _I.campaign_id == bindparam("campaign"), _I.address_slot.in_(bindparam("keys", expanding=True))
)
"""Those of the `keys` that the `campaign` contacts once and has taken, and for which contact."""


def recent_contacts(
    ledger: Ledger, group: Sequence[Claimed], hours: float | None
) -> dict[int, list[datetime]]:
    """Contact to when the person, or any of their addresses, was contacted in the last `hours` hours.

    None means that no cap looks back: {}.
    """
    if not hours or not group:
        return {}
    keys = {row.id: _keys(ledger, row) for row in group}
    since = ledger.clock.now() - timedelta(hours=hours)
    with ledger.db.read() as connection:
        seen = contacts_since(connection, set().union(*keys.values()), since)
    return {
        # By contact: the person's key and an address's find the same one, which counts once.
        contact_id: list({other: at for key in own for other, at in seen[key].items()}.values())
        for contact_id, own in keys.items()
    }


def contacts_since(
    connection: Connection, keys: Collection[str], since: datetime
) -> defaultdict[str, dict[int, datetime]]:
    """Address or person key to the contacts made to it: the contact's number, and when."""
    seen: defaultdict[str, dict[int, datetime]] = defaultdict(dict)
    if not keys:
        return seen
    named = or_(_I.address_key.in_(keys), _I.person_key.in_(keys))
    query = select(_I.contact_id, _I.address_key, _I.person_key, _I.at).where(named, _I.at > since)
    for contact_id, address, person, at in connection.execute(query):
        seen[address][contact_id] = at
        seen[person][contact_id] = at
    return seen


def find_taken(ledger: Ledger, campaign_id: int, addresses: Collection[str]) -> dict[str, int]:
    """Those of the addresses that the campaign contacts once and has taken, and for which contact."""
    keys = {address: ledger.vault.address_keys(address) for address in addresses}
    asked = {"campaign": campaign_id, "keys": list(set().union(*keys.values()))}
    taken: dict[str, int] = dict(map(tuple, ledger.db.rows(TAKEN, asked)))
    return {address: taken[key] for address, own in keys.items() for key in own if key in taken}


PASSING = frozenset({"RateLimited", "MessageExpired", "ServerError", "GeneralError", "MessageNotAllowed"})
"""Reasons of Genesys' for a message that did not arrive which say nothing of the address."""


def find_undelivered(ledger: Ledger, addresses: Collection[str]) -> set[str]:
    """Those of the addresses to which the last message of any campaign did not arrive, for good."""
    keys = {key: address for address in addresses for key in ledger.vault.address_keys(address)}
    c = contacts.c
    query = select(_I.address_key, c.undelivered).join(contacts, c.id == _I.contact_id).order_by(_I.at)
    ended = ledger.db.rows(query.where(_I.address_key.in_(sorted(keys)), c.ended_at.is_not(None)))
    latest = {row.address_key: row.undelivered for row in ended}
    return {keys[key] for key, why in latest.items() if why and why not in PASSING}


def _keys(ledger: Ledger, row: Claimed) -> set[str]:
    addresses = row.contact.channels.addresses().values()
    hashed = {key for address in addresses for key in ledger.vault.address_keys(address)}
    return hashed | {ledger.vault.person_key(row.contact.external_contact_id)}
