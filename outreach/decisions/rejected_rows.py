"""Rows of a source that never became contacts, found again by the id that stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Select, select

from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.pages import read_pages
from outreach.ledger.database.schema import rejects
from outreach.ledger.ledger import Ledger
from outreach.sources.columns import Headings

LONGEST_ID = 255


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row by its `line` in the source, and why it was left out: `code`, and `reason` as a sentence."""

    line: int
    code: str
    reason: str


def read_id(raw: Mapping[str, str], headings: Headings) -> str:
    """The external contact id as it stands in a row that is no contact; "" when there is none."""
    found = (cell for name, cell in raw.items() if headings.column(name) == "external_contact_id")
    return next(found, "")[:LONGEST_ID]


def find_duplicates(ledger: Ledger, campaign: Campaign, external_contact_id: str) -> list[RejectedRow]:
    """The rows left out because an earlier one had the same id."""
    query = _rows(campaign, duplicate=True).where(rejects.c.external_contact_id == external_contact_id)
    return [RejectedRow(row.line, row.code, row.reason) for page in read_pages(ledger, query) for row in page]


def find_rejected(ledger: Ledger, campaign: Campaign, external_contact_id: str) -> list[RejectedRow]:
    """The rows with this id that could not become contacts. Opens every rejected row of the campaign."""
    headings = Headings.of("The source", campaign.settings.columns)
    opened = _open(ledger, _rows(campaign, duplicate=False).where(rejects.c.raw.is_not(None)))
    # They are sealed whole, so the database cannot look for an id in them.
    return [row for row, raw in opened if read_id(raw, headings) == external_contact_id]


def _rows(campaign: Campaign, *, duplicate: bool) -> Select[Any]:
    r = rejects.c
    columns = select(r.id, r.line, r.code, r.reason, r.raw)
    return columns.where(r.campaign_id == campaign.id, r.duplicate.is_(duplicate))


def _open(ledger: Ledger, query: Select[Any]) -> Iterator[tuple[RejectedRow, dict[str, str]]]:
    for page in read_pages(ledger, query):
        for row in page:
            yield RejectedRow(row.line, row.code, row.reason), orjson.loads(ledger.vault.open(row.raw))
