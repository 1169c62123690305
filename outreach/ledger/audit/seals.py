"""The seal: one record in a campaign's own chain that fixes how every contact's chain ended at that moment.

A chain shows what was altered inside it, but not that its last records, or a whole contact, are gone. The
seal does: it holds how many records each contact had, and one keyed hash over the ends of all their chains.
Its own hash is shown outside the database (the run's log), so that not even the newest records can be rolled
back unseen: `outreach audit verify --seal HASH`.
"""

import base64
import zlib
from typing import Any

import orjson
from sqlalchemy import Connection, exists, select

from outreach.ledger.audit.chain import COVERED, find_last
from outreach.ledger.audit.chain_check import is_genuine
from outreach.ledger.audit.notes import note
from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.schema import audit, campaigns, contacts
from outreach.ledger.ledger import Ledger

SEALED = "sealed"
MOST = 255
"""Longer chains are counted as so long."""


def fold(ledger: Ledger, root: str, contact_id: int, count: int, head: str) -> str:
    """One hash over the ends of chains, with one contact's more: how long it is, and its last hash.

    In the order of the contacts; of none it is "".
    """
    return ledger.vault.chain(root, f"{contact_id} {count} {head}".encode())


def seal(ledger: Ledger, campaign: Campaign) -> str:
    """Fix the ends of all chains as they are now; the seal's hash, 64 hex digits."""
    own_row = select(campaigns.c.id).where(campaigns.c.id == campaign.id).with_for_update(key_share=True)
    with ledger.db.write() as connection:
        connection.execute(own_row)  # before the table, as everybody who notes something has it
        last = find_last(connection)
        ends = _recall(ledger, connection, campaign.id) or _gather(ledger, connection, campaign.id)
        return note(ledger, connection, campaign.id, SEALED, {**ends, "last": last})


def _recall(ledger: Ledger, connection: Connection, campaign_id: int) -> dict[str, Any] | None:
    """What the last seal says, where it is genuine and no chain has grown since.

    So nothing is read of 200,000 contacts who are done, which takes 0.7 s.
    """
    a = audit.c
    own = (a.campaign_id == campaign_id, a.contact_id.is_(None), a.action == SEALED)
    query = select(*COVERED, a.hash).where(*own).order_by(a.n.desc()).limit(1)
    sealed = connection.execute(query).first()
    if not sealed or not is_genuine(ledger, sealed, sealed.n):
        return None
    said: dict[str, Any] = orjson.loads(sealed.detail)
    # Plus 0: SQLite would look through the campaign's whole index, 0.07 s of 200,000 contacts.
    grown = exists().where(a.id > said["last"], a.campaign_id + 0 == campaign_id, a.contact_id.is_not(None))
    return None if connection.execute(select(grown)).scalar_one() else said


def _gather(ledger: Ledger, connection: Connection, campaign_id: int) -> dict[str, Any]:
    """The ends, and a byte a contact: a dictionary took 8 MB of 100,000, at a run's end, when it has most."""
    c = contacts.c
    rows = select(c.id, c.audit_count, c.audit_head).where(c.campaign_id == campaign_id).order_by(c.id)
    root, records, first, counts = "", 0, 0, bytearray()
    for contact_id, count, head in connection.execute(rows):  # by their names, twice the time
        root, records = fold(ledger, root, contact_id, count, head), records + count
        first = first or contact_id
        counts.extend(bytes(contact_id - first - len(counts)))  # between them, those of other campaigns
        counts.append(min(count, MOST))
    return {"root": root, "records": records, "counts": pack_counts(first, bytes(counts))}


def pack_counts(first: int, counts: bytes) -> str:
    """How many records each contact has, as text: a byte for each number from the first on, compressed."""
    return f"{first}:{base64.b64encode(zlib.compress(counts, 9)).decode()}" if counts else ""


def unpack_counts(packed: str) -> dict[int, int]:
    """The counts again, each at most `MOST`."""
    first, found, rest = packed.partition(":")
    row = zlib.decompress(base64.b64decode(rest)) if found else b""
    return {int(first) + place: count for place, count in enumerate(row) if count}
