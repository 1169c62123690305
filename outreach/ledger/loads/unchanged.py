"""Whether a source was read already: the campaign's last load ended, and its source has not changed since."""

from sqlalchemy import exists, select

from outreach.ledger.database.schema import loads, rejects
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.load import Loaded


def find_unchanged(ledger: Ledger, campaign_id: int, fingerprint: str) -> Loaded | None:
    """What reading the source again would give: every row known; None when it has to be read.

    Only the last load counts: after another source, the same rows may correct what that one brought. A row
    that was rejected for the time being may pass now, so such a load is read again.
    """
    last = select(loads).where(loads.c.campaign_id == campaign_id).order_by(loads.c.id.desc()).limit(1)
    may_pass = select(exists().where(rejects.c.campaign_id == campaign_id, rejects.c.retryable))
    row = next(iter(ledger.db.rows(last)), None)
    if not fingerprint or row is None or row.fingerprint != fingerprint or ledger.db.value(may_pass):
        return None
    return Loaded(rows_read=row.rows_read, known=row.rows_read)


def has_rejects(ledger: Ledger, campaign_id: int) -> bool:
    """Whether the campaign has rows for a rejects file."""
    return bool(ledger.db.value(select(exists().where(rejects.c.campaign_id == campaign_id))))
