"""The answer of `outreach why`: one shape for whatever there is to tell; instants are ISO-8601 UTC."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

import orjson
from sqlalchemy import select

from outreach.compliance import Decision, RuleApplied, sentence
from outreach.ledger.ledger import Ledger
from outreach.ledger.schema import audit


def write_answer(
    decided: str,
    at: datetime | None,
    decision: Decision | None,
    rules: Sequence[RuleApplied],
    packs: str,
    notes: Sequence[str],
) -> dict[str, Any]:
    """How it was `decided` (recorded, afresh, erased), when, what, by which rules, and what one must know."""
    reasons = list(decision.reasons) if decision else []
    return {
        "decided": decided,
        "at": _iso(at),
        "verdict": decision.verdict.value if decision else None,
        "channel": decision.channel.value if decision and decision.channel else None,
        "reasons": reasons,
        "sentences": [sentence(code) for code in reasons],
        "next_allowed_at": _iso(decision.next_allowed_at) if decision else None,
        "losing": {str(name): list(why) for name, why in decision.losing.items()} if decision else {},
        "rules": [_write_rule(rule) for rule in rules],
        "packs": packs,
        "notes": list(notes),
    }


def read_history(ledger: Ledger, contact_id: int) -> list[dict[str, Any]]:
    """The audit of one contact: `at, action, actor, detail`, in order."""
    a = audit.c
    query = select(a.at, a.action, a.actor, a.detail).where(a.contact_id == contact_id).order_by(a.n)
    with ledger.db.read() as connection:
        rows = connection.execute(query).all()
    return [
        {"at": _iso(row.at), "action": row.action, "actor": row.actor, "detail": orjson.loads(row.detail)}
        for row in rows
    ]


def _write_rule(rule: RuleApplied) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "version": rule.version,
        "input": dict(rule.input),
        "local_time": rule.local_time,
        "verdict": rule.verdict.value,
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(timezone.utc).isoformat() if instant else None
