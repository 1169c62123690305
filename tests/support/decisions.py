"""The dry run's decisions and the real run's, in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from outreach.decisions.dry_run import DryRunRow, decide_all
from outreach.ledger.database.schema import contacts, rejects
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.campaigns import NOW, Stage

VERDICTS = {"started": "allowed", "ended": "allowed", "failed": "blocked"}
"""What a state of the real run is in the dry run's words; the others are called alike."""


def decide(people: Sequence[Mapping[str, object]], **options: Any) -> list[DryRunRow]:
    chosen = {"settings": CampaignSettings(), "campaign": "spring", "at": NOW, **options}
    return list(decide_all(open_source(people), **chosen))


def real(staged: Stage) -> Iterator[tuple[str, str, str, str | None, Any]]:
    """What the real run made of each row: id, verdict, reason, channel, next instant."""
    with staged.ledger.db.read() as connection:
        for row in connection.execute(select(contacts)):
            verdict = VERDICTS.get(row.state, row.state)
            until = row.until if verdict == "deferred" else None
            yield row.external_contact_id, verdict, row.reason, row.channel, until
        for row in connection.execute(select(rejects)):
            yield f"line {row.line}", "rejected", row.code, None, None


def dry(rows: Sequence[DryRunRow]) -> Iterator[tuple[str, str, str, str | None, Any]]:
    for row in rows:
        told = row.as_json()
        reason = (told["reasons"] or [""])[0]
        at = row.decision.next_allowed_at if row.decision else None
        name = f"line {row.line}" if row.verdict == "rejected" else row.external_contact_id
        yield name, row.verdict, reason, told["channel"], at
