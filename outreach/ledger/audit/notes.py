"""Notes in a campaign's own chain: what was done to all of it, and which files hold its people's data."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select

from outreach.ledger.audit.chain import ChainEnd, end_of, record_for
from outreach.ledger.database.schema import audit, campaigns
from outreach.ledger.facts import kept_as
from outreach.ledger.ledger import Ledger
from outreach.sources.private_file import digest_of

REPORTED = "reported"
"""The action that tells of a run's end in the campaign's own audit."""

ASKED = "asked"
"""The same of a run that a person has to approve: where nobody approves it, it has no other end."""


def note(
    ledger: Ledger, connection: Connection, campaign_id: int, action: str, detail: Mapping[str, object]
) -> str:
    """Append to the campaign's own chain of the audit; the record's hash.

    The campaign's row is locked so that the chain has one end.
    """
    own_row = select(campaigns.c.id).where(campaigns.c.id == campaign_id)
    # FOR NO KEY UPDATE: whoever writes a row that refers to the campaign need not wait for us.
    connection.execute(own_row.with_for_update(key_share=True))
    own = (audit.c.campaign_id == campaign_id, audit.c.contact_id.is_(None))
    last = select(audit.c.n, audit.c.hash).where(*own).order_by(audit.c.n.desc()).limit(1)
    row = connection.execute(last).first()
    end = ChainEnd(None, campaign_id, row.n if row else 0, row.hash if row else "")
    record = record_for(ledger, end, action, detail, ledger.clock.now())
    connection.execute(kept_as(ledger, end_of(campaign_id), f"{record['n']} {record['hash']}"))
    connection.execute(insert(audit), record)
    return str(record["hash"])


def note_everywhere(
    ledger: Ledger, action: str, detail: dict[str, object], *, within: Connection | None = None
) -> None:
    """Append to the own chain of every campaign: what was done to the ledger as a whole."""
    with contextlib.nullcontext(within) if within else ledger.db.write() as connection:
        for campaign_id in connection.execute(select(campaigns.c.id).order_by(campaigns.c.id)).scalars():
            note(ledger, connection, campaign_id, action, detail)


def note_file(ledger: Ledger, campaign_id: int, action: str, path: Path, **more: object) -> None:
    """Note a file with people's data: who wrote it, and where an erasure must look for them."""
    with ledger.db.write() as connection:
        note(ledger, connection, campaign_id, action, {"file": str(path.absolute()), **more})


def is_as_written(ledger: Ledger, path: Path) -> bool:
    """Whether a file was written by us, noted, and changed by nobody since."""
    where = str(path.absolute())
    left = {detail.get("sha256") for detail in _noted(ledger) if detail.get("file") == where}
    return digest_of(path) in left - {None, ""}


def list_noted_files(ledger: Ledger) -> set[Path]:
    """The rejects files and exports that were noted, of all campaigns."""
    return {Path(name) for detail in _noted(ledger) if (name := detail.get("file"))}


def _noted(ledger: Ledger) -> Iterator[dict[str, Any]]:
    chosen = (audit.c.action.in_(("exported", "rejects")), audit.c.contact_id.is_(None))
    return map(orjson.loads, ledger.db.values(select(audit.c.detail).where(*chosen)))
