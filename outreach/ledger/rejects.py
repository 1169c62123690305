"""Rows of a source that never became contacts, with what stood in them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, exists, select

from outreach.ledger.database.schema import rejects
from outreach.ledger.ledger import Ledger

_R = rejects.c


class RejectedRow(NamedTuple):
    """A row by its `line` in the source, why it was left out (`code`, `reason`, a sentence) and its cells."""

    id: int
    campaign_id: int
    line: int
    code: str
    reason: str
    retryable: bool
    raw: Mapping[str, str]


_COLUMNS = tuple(_R[name] for name in RejectedRow._fields)


def read_rejects(
    ledger: Ledger, campaign_id: int | None = None, *, duplicate: Collection[bool] = (False, True)
) -> Iterator[RejectedRow]:
    """The rows of one campaign, or of all, but for those that were forgotten. Opens each of them.

    `duplicate`: (True,) for those whose id an earlier row had, (False,) for those that cannot be contacts.
    """
    chosen = select(*_COLUMNS).where(_R.raw.is_not(None), _R.duplicate.in_(duplicate))
    if campaign_id is not None:
        chosen = chosen.where(_R.campaign_id == campaign_id)
    for row in ledger.db.one_by_one(chosen):
        rejected = RejectedRow._make(row)
        yield rejected._replace(raw=orjson.loads(ledger.vault.open(row.raw)))


def find_duplicates(ledger: Ledger, campaign_id: int, external_contact_id: str) -> Sequence[Row[Any]]:
    """The `line`, `code` and `reason` of rows that were left out because an earlier one had the same id."""
    same = (_R.duplicate.is_(True), _R.external_contact_id == external_contact_id)
    query = select(_R.line, _R.code, _R.reason).where(_R.campaign_id == campaign_id, *same)
    return ledger.db.rows(query.order_by(_R.id))


def has_rejects(ledger: Ledger, campaign_id: int) -> bool:
    """Whether the campaign has rows for a rejects file."""
    return bool(ledger.db.value(select(exists().where(_R.campaign_id == campaign_id))))
