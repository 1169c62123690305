"""How fast Genesys' own engine sent, beside the requests that it cost."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from outreach.ledger.database.schema import contacts, facts, hand_overs, intents
from outreach.ledger.facts import paces_of


@dataclass(frozen=True, slots=True)
class EngineUse:
    """What one channel's hand-overs have sent; `per_minute`: by each sender, None unknown.

    `allowed`: how many a minute all its senders may, by whose word (`campaign_route.Pace`).
    """

    channel: str
    senders: int
    sent: int
    per_minute: float | None
    allowed: dict[str, int] = field(default_factory=dict)


def list_engine_use(connection: Connection, campaign_id: int) -> tuple[EngineUse, ...]:
    """By channel; nothing where each person was a call of ours."""
    first, last, c = func.min(contacts.c.started_at), func.max(contacts.c.started_at), hand_overs.c
    query = (
        select(c.channel, c.sender, first.label("first"), last.label("last"), func.count().label("sent"))
        .join(intents, intents.c.hand_over_id == c.id)
        .join(contacts, contacts.c.id == intents.c.contact_id)
        .where(c.campaign_id == campaign_id, contacts.c.started_at.is_not(None))
        .group_by(c.id, c.channel, c.sender)
    )
    found = connection.execute(query).all()
    return tuple(
        _sum_up(
            channel,
            [row for row in found if row.channel == channel],
            _read_allowed(connection, campaign_id, channel),
        )
        for channel in sorted({row.channel for row in found})
    )


def _read_allowed(connection: Connection, campaign_id: int, channel: str) -> dict[str, int]:
    noted = select(facts.c.value).where(facts.c.name == paces_of(campaign_id, channel))
    allowed: Counter[str] = Counter()
    for pace in orjson.loads(connection.execute(noted).scalar() or "[]"):
        allowed[pace["by"]] += pace["per_minute"]
    return dict(allowed)


def _sum_up(channel: str, rows: list[Any], allowed: dict[str, int]) -> EngineUse:
    sent = sum(row.sent for row in rows)
    minutes = sum((row.last - row.first).total_seconds() for row in rows) / 60
    pace = (sent - len(rows)) / minutes if minutes else None  # between the first and the last of each
    return EngineUse(channel, len({row.sender for row in rows}), sent, pace, allowed)
