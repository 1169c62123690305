"""The seal: one record in a campaign's own chain that fixes how every contact's chain ended at that moment.

A chain shows what was altered inside it, but not that its last records, or a whole contact, are gone. The
seal does: it holds how many records each contact had, and one keyed hash over the ends of all their chains.
Its own hash is shown outside the database (the run's log), so that not even the newest records can be rolled
back unseen: `outreach audit verify --seal HASH`.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, text

from outreach.ledger.audit.chain import campaign_record
from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.schema import audit, campaigns, contacts
from outreach.ledger.ledger import Ledger

SEALED = "sealed"
MOST = 255
"""Longer chains are counted as so long."""


@dataclass
class Ends:
    """The ends of all chains, folded into one hash as they are added, in the order of the contacts."""

    ledger: Ledger
    root: str = ""
    records: int = 0

    def add(self, contact_id: int, count: int, head: str) -> None:
        """One contact's chain: how long it is, and its last hash."""
        self.root = self.ledger.vault.chain(self.root, f"{contact_id} {count} {head}".encode())
        self.records += count


def seal(ledger: Ledger, campaign: Campaign) -> str:
    """Fix the ends of all chains as they are now; the seal's hash, 64 hex digits."""
    own_row = select(campaigns.c.id).where(campaigns.c.id == campaign.id).with_for_update(key_share=True)
    with ledger.db.write() as connection:
        connection.execute(own_row)  # before the table, as everybody who notes something has it
        if not ledger.db.is_sqlite:
            # Nobody is in the middle of a record: every number up to the last is there, or never will be.
            connection.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
        ends, first, counts = _gather(ledger, connection, campaign.id)
        last = connection.execute(select(func.coalesce(func.max(audit.c.id), 0))).scalar_one()
        detail = {"last": last, "root": ends.root, "records": ends.records, "counts": _press(first, counts)}
        record = campaign_record(ledger, connection, campaign.id, SEALED, detail)
        connection.execute(insert(audit), record)
    return str(record["hash"])


def _gather(ledger: Ledger, connection: Connection, campaign_id: int) -> tuple[Ends, int, bytes]:
    """The ends, the first contact's id, and a byte for each id from there on: a dictionary of 100,000
    contacts took 8 MB, at the end of a run, where it takes most.
    """
    c = contacts.c
    rows = select(c.id, c.audit_count, c.audit_head).where(c.campaign_id == campaign_id).order_by(c.id)
    ends, first, counts = Ends(ledger), 0, bytearray()
    for contact_id, count, head in connection.execute(rows):  # by their names, twice the time
        ends.add(contact_id, count, head)
        first = first or contact_id
        counts.extend(bytes(contact_id - first - len(counts)))  # between them, those of other campaigns
        counts.append(min(count, MOST))
    return ends, first, bytes(counts)


def pack(counts: Mapping[int, int]) -> str:
    """How many records each contact has, as text: a byte from the first number to the last, compressed."""
    first, last = min(counts, default=0), max(counts, default=-1)
    return _press(first, bytes(min(counts.get(number, 0), MOST) for number in range(first, last + 1)))


def _press(first: int, row: bytes) -> str:
    return f"{first}:{base64.b64encode(zlib.compress(row, 9)).decode()}" if row else ""


def unpack(packed: str) -> dict[int, int]:
    """The counts again, each at most `MOST`."""
    first, found, rest = packed.partition(":")
    row = zlib.decompress(base64.b64decode(rest)) if found else b""
    return {int(first) + place: count for place, count in enumerate(row) if count}
