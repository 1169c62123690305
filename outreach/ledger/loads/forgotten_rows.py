"""Refused rows that lead to somebody who asked to be forgotten: of these, line and reason stay."""

from collections.abc import Sequence

from sqlalchemy import BindParameter, Connection, bindparam, exists, select

from outreach.ledger.database.schema import audit, contacts, rejects
from outreach.ledger.loads.entries import Refused
from outreach.ledger.suppressions import find_erased
from outreach.ledger.vault import Vault
from outreach.sources.spellings import find_addresses

_C = contacts.c
_KEYS: BindParameter[list[str]] = bindparam("keys", expanding=True)
_EMPTIED = select(rejects.c.row_key).where(
    rejects.c.campaign_id == bindparam("campaign"), rejects.c.row_key.in_(_KEYS), rejects.c.raw.is_(None)
)
_WAS_ERASED = exists().where(audit.c.contact_id == _C.id, audit.c.action == "erased")
_ERASED = select(_C.external_contact_id).where(
    _C.external_contact_id.in_(_KEYS), _C.payload.is_(None), _WAS_ERASED
)


def forget_refused(
    vault: Vault, connection: Connection, campaign_id: int, refused: Sequence[Refused]
) -> list[Refused]:
    """The rows, with those marked as forgotten that were emptied before, or have an erased id or address."""
    rows = [each.row_key(vault) for each in refused]
    emptied = set(connection.execute(_EMPTIED, {"campaign": campaign_id, "keys": rows}).scalars())
    names = [each.duplicate_of or each.row.external_contact_id for each in refused]
    ids = set(connection.execute(_ERASED, {"keys": sorted({*names} - {""})}).scalars())
    own = [
        {vault.person_key(name)}.union(*map(vault.address_keys, find_addresses(each.row.record.cells)))
        for each, name in zip(refused, names, strict=True)
    ]
    erased = find_erased(connection, set[str]().union(*own))
    return [
        each._replace(is_forgotten=True)
        # What has no cells says nothing already.
        if each.row.raw and (row in emptied or name in ids or not erased.isdisjoint(keys))
        else each
        for each, row, name, keys in zip(refused, rows, names, own, strict=True)
    ]
