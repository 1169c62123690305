"""Everything that the ledger holds about one person, for the person: the answer to a request for access."""

from datetime import datetime
from typing import Any

import orjson

from outreach.ledger.audit.chain import read_history
from outreach.ledger.campaigns import list_campaigns
from outreach.ledger.contacts import read_contact
from outreach.ledger.deliveries import list_events_of
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.person_search import Findings, Known, find_person
from outreach.ledger.suppressions import find_suppressed

_STANDING = ("state", "reason", "channel", "genesys_id", "conversation_id", "disconnect_type", "delivery")
_ATTEMPT = ("undelivered", "link", "reference", "attempts", "segments", "latency_ms")
_TIMES = ("started_at", "connected_at", "ended_at", "until", "look_at", "updated_at")
_RECORDED = ("decision", "availability")


def disclose(ledger: Ledger, who: str) -> dict[str, Any]:
    """One person's data in all campaigns, ready for JSON; `contacts` and `rows` are empty for a stranger.

    Args:
        ledger: where to look.
        who: an external contact id or an address.
    """
    found = find_person(ledger, who)
    return {
        "asked_for": who,
        "ids": sorted(found.person.ids) if found.people else [],
        "suppressed": sorted(find_suppressed(ledger, sorted(found.person.addresses))),
        "contacts": [_contact(ledger, known) for known in found.people],
        "rows": _rows(ledger, found),
    }


def _contact(ledger: Ledger, known: Known) -> dict[str, Any]:
    row = read_contact(ledger, known.id)
    return {
        "campaign": row.name,
        "external_contact_id": known.external_contact_id,
        "data": known.contact.model_dump(mode="json", exclude_defaults=True) if known.contact else None,
        **{name: getattr(row, name) or None for name in (*_STANDING, *_ATTEMPT)},
        **{name: _iso(getattr(row, name)) for name in _TIMES},
        **{name: orjson.loads(said) if (said := getattr(row, name)) else None for name in _RECORDED},
        "history": read_history(ledger, known.id),
        "webhooks": [_message(ledger, message) for message in list_events_of(ledger, known.id)],
    }


def _message(ledger: Ledger, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the outbox
    return {
        "endpoint": row.endpoint,
        "event": row.event,
        "at": _iso(row.created_at),
        "state": row.state,
        "body": orjson.loads(row.body),
        "status": row.status,
        "answer": ledger.vault.open(row.excerpt),  # a receiver may have named the person in it
    }


def _rows(ledger: Ledger, found: Findings) -> list[dict[str, Any]]:
    names = {campaign.id: campaign.name for campaign in list_campaigns(ledger)}
    return [
        {
            "campaign": names[row.campaign_id],
            "line": row.line,
            "code": row.code,
            "reason": row.reason,
            "data": dict(row.raw),
        }
        for row in found.rows
    ]


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
