"""Ledgers filled straight through their tables, so that a report has something of everything to show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from outreach.genesys.http.usage import UsageSnapshot
from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.schema import audit, contacts, intents, loads, outbox, rejects
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.runs import enter_campaign
from outreach.report.figures.gather import Figures, gather
from outreach.settings import CampaignSettings
from tests.support.clocks import SetClock
from tests.support.report_examples import HOSTILE, NOW

CHUNK = 5000

OUTCOMES: tuple[tuple[str, str, str | None], ...] = (
    ("ended", "", "sms"),
    ("started", "", "sms"),
    ("ended", "", "email"),
    ("started", "", "email"),
    ("started", "", "voice"),
    ("started", "", "chat"),
    ("deferred", "outside_hours", "sms"),
    ("deferred", "outside_hours", "voice"),
    ("deferred", "frequency_cap", "email"),
    ("blocked", "suppressed", None),
    ("blocked", "consent_refused", None),
    ("blocked", "same_address", None),
    ("held", "zone_unknown", "voice"),
    ("failed", "refused:invalid.number", "sms"),
    ("failed", "not_registered:bad.request", None),
    ("unknown", "outcome_unknown:read_timeout", "email"),
)
"""State, reason and channel of the contacts of `fill`, in turn."""


def fill(
    ledger: Ledger,
    count: int,
    *,
    name: str = "spring",
    outcomes: Sequence[tuple[str, str, str | None]] = OUTCOMES,
    settings: CampaignSettings | None = None,
    latencies: Sequence[float] = (),
    rejected: int = 3,
) -> Campaign:
    """A balanced campaign of so many contacts, `rejected` bad rows and one duplicate."""
    campaign = enter_campaign(ledger, name, settings or CampaignSettings(message="Hello"), "5f2b" * 16)
    with ledger.db.write() as connection:
        load_id = connection.execute(
            insert(loads).returning(loads.c.id),
            {
                "campaign_id": campaign.id,
                "source": "contacts.csv",
                "started_at": NOW - timedelta(hours=1),
                "finished_at": NOW - timedelta(minutes=59),
                "rows_read": count + rejected + bool(rejected),
                "known": 0,
            },
        ).scalar_one()
        if rejected:
            connection.execute(insert(rejects), list(_rejects(campaign.id, load_id, rejected)))
    for start in range(0, count, CHUNK):
        rows = [
            _contact(campaign.id, load_id, number, *outcomes[number % len(outcomes)], latencies)
            for number in range(start, min(start + CHUNK, count))
        ]
        _write(ledger, campaign, rows)
    return campaign


def _write(ledger: Ledger, campaign: Campaign, rows: Sequence[dict[str, Any]]) -> None:
    with ledger.db.write() as connection:
        ids = connection.execute(insert(contacts).returning(contacts.c.id), rows).scalars().all()
        named = list(zip(ids, rows, strict=True))
        connection.execute(insert(audit), [_record(campaign.id, key, row) for key, row in named])
        live = [pair for pair in named if pair[1]["state"] in {"started", "ended", "unknown"}]
        if live:
            connection.execute(insert(intents), [_intent(campaign.id, key, row) for key, row in live])
            connection.execute(insert(outbox), [_webhook(campaign.id, key) for key, _ in live])


def _rejects(campaign_id: int, load_id: int, count: int) -> Iterator[dict[str, Any]]:
    for line in range(count + 1):
        yield {
            "campaign_id": campaign_id,
            "load_id": load_id,
            "line": line + 2,
            "duplicate": line == count,
            "external_contact_id": "C-0" if line == count else None,
            "code": "duplicate" if line == count else ("malformed_phone", "no_channel")[line % 2],
            "reason": "sms is not a phone number.",
            "retryable": False,
            "row_key": f"row-{line}",
        }


def _contact(
    campaign_id: int,
    load_id: int,
    number: int,
    state: str,
    reason: str,
    channel: str | None,
    latencies: Sequence[float],
) -> dict[str, Any]:
    contacted = state in {"started", "ended"}
    started = NOW - timedelta(minutes=50) + timedelta(milliseconds=210 * (number % 10_000))
    usual = 18 + (number * 7919 % 400) ** 2 / 900
    return {
        "campaign_id": campaign_id,
        "external_contact_id": f"C-{number}",
        "load_id": load_id,
        "line": number + 2,
        "content_key": f"key-{number}",
        "payload": '{"name":"Ada Lovelace","channels":{"sms":"+15551234567","email":"ada@example.com"}}' * 6,
        "state": state,
        "reason": reason,
        "retryable": state == "failed" and number % 2 == 0,
        "until": NOW + timedelta(minutes=37 * (number % 61)) if state == "deferred" else None,
        "channel": channel,
        "genesys_id": None if reason.startswith("not_registered") else f"g-{number}",
        "attempts": 1 if contacted or state in {"unknown", "failed"} else 0,
        "reference": f"{number:016x}" if contacted or state == "unknown" else None,
        "conversation_id": f"{campaign_id}-c-{number}" if contacted else None,
        "latency_ms": (latencies[number % len(latencies)] if latencies else usual) if contacted else None,
        "started_at": started if contacted else None,
        "connected_at": started + timedelta(seconds=2) if state == "ended" else None,
        "ended_at": started + timedelta(seconds=20 + number % 300) if state == "ended" else None,
        "updated_at": started,
        "audit_count": 1,
        "audit_head": f"head-{number}",
    }


def _record(campaign_id: int, contact_id: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "contact_id": contact_id,
        "n": 1,
        "at": row["updated_at"],
        "action": "started" if row["state"] in {"started", "ended"} else "filled",
        "detail": "{}",
        "actor": "test",
        "previous": "",
        "hash": row["audit_head"],
    }


def _intent(campaign_id: int, contact_id: int, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "contact_id": contact_id,
        "campaign_id": campaign_id,
        "reference": f"{campaign_id}-{row['reference']}",
        "channel": row["channel"],
        "address_key": f"address-{contact_id}",
        "address_slot": f"address-{contact_id}",
        "person_key": f"person-{contact_id}",
        "at": row["updated_at"],
        "outcome": "unknown" if row["state"] == "unknown" else "started",
    }


def _webhook(campaign_id: int, contact_id: int) -> dict[str, Any]:
    state = ("dead", "pending")[contact_id % 2] if contact_id % 50 < 2 else "delivered"
    return {
        "webhook_id": f"msg_{contact_id}",
        "campaign_id": campaign_id,
        "contact_id": contact_id,
        "endpoint": "crm",
        "event": "contact_interaction_created",
        "body": b"{}",
        "created_at": NOW - timedelta(minutes=40),
        "state": state,
        "attempts": {"dead": 10, "pending": 1, "delivered": 1}[state],
        "due_at": NOW,
        "status": {"dead": 500, "pending": 0, "delivered": 204}[state],
        "code": {"dead": "E_HTTP", "pending": "E_TIMEOUT", "delivered": ""}[state],
    }


def spend(seconds: int = 600, per_second: int = 5, *, budget: int | None = 300) -> UsageSnapshot:
    """What a client that spends evenly has counted since the first person of `fill` was contacted."""
    first = NOW - timedelta(minutes=50)
    series = [(first + timedelta(seconds=second), per_second) for second in range(seconds)]
    total = seconds * per_second
    creations = total * 9 // 10
    operations = {"start sms": creations, "register": total - creations}
    return UsageSnapshot(total, operations, 0, 12.5, budget, 1, series)


def gather_usual(place: Path) -> Figures:
    """A campaign with something of everything, balanced."""
    with open_ledger(f"sqlite:///{place}/ledger.db", clock=SetClock(NOW)) as ledger:
        return gather(ledger, fill(ledger, 480), usage=spend())


def gather_hostile(place: Path) -> Figures:
    """A campaign whose name, reasons and channel try to be markup, links and terminal commands."""
    outcomes = [
        *OUTCOMES,
        ("failed", f"refused:{HOSTILE}"[:200], "sms"),
        ("blocked", HOSTILE[:200], None),
        ("held", "$\\frac{1}{2}$ </svg><script>alert(1)</script>", "e`|<b>"),
    ]
    with open_ledger(f"sqlite:///{place}/ledger.db", clock=SetClock(NOW)) as ledger:
        campaign = fill(ledger, 190, outcomes=outcomes)
        # The ledger takes no such name; the report must not depend on that.
        return gather(ledger, replace(campaign, name=HOSTILE), usage=spend())
