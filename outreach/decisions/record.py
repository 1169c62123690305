"""A decision and the facts it rested on, as the ledger keeps them for `outreach why`: written and read.

{at, verdict, channel, reasons, next_allowed_at, losing, packs, zones, footing,
 facts{status, reason, availability, senders, suppressed, taken, undelivered, refused, recent}}
codes, channels and times: nobody's address
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from outreach.compliance import Decision, Facts, Verdict
from outreach.contacts import Channel
from outreach.reachability import Inspection
from outreach.zones import find_version


def write_record(decision: Decision, facts: Facts, now: datetime, packs: str, footing: str = "") -> str:
    """Write it as JSON.

    `now` is when it was decided, aware; `packs` the hash of the rule packs; `footing` that of all that is
    ours and that it rests on.
    """
    record = {
        "at": now,
        "verdict": decision.verdict.value,
        "channel": decision.channel.value if decision.channel else None,
        "reasons": decision.reasons,
        "next_allowed_at": decision.next_allowed_at,
        "losing": {str(name): reasons for name, reasons in decision.losing.items()},
        "packs": packs,
        "zones": find_version(),
        "footing": footing,
        "facts": _write_facts(facts),
    }
    return orjson.dumps(record).decode()


def read_record(written: str | None) -> Mapping[str, Any]:
    """What a contact's row says of its last decision; nothing where none was made."""
    return orjson.loads(written) if written else {}


def _write_facts(facts: Facts) -> dict[str, Any]:
    inspection = facts.inspection
    return {
        "status": inspection.status if inspection else None,
        "reason": inspection.reason if inspection else "",
        "availability": {str(k): v for k, v in inspection.availability.items()} if inspection else {},
        "senders": {str(name): verdict for name, verdict in facts.senders.items()},
        "suppressed": sorted(str(name) for name in facts.suppressed),  # a set: the same facts, one text
        "taken": sorted(str(name) for name in facts.taken),
        "undelivered": sorted(str(name) for name in facts.undelivered),
        "refused": sorted(str(name) for name in facts.refused),
        "recent": sorted(facts.recent),
    }


def read_facts(facts: Mapping[str, Any]) -> Facts:
    """The facts of a record, from its `facts`."""
    status = facts.get("status")
    availability = {Channel(name): verdict for name, verdict in facts.get("availability", {}).items()}
    return Facts(
        inspection=Inspection(status, availability, facts.get("reason", "")) if status else None,
        senders={Channel(name): verdict for name, verdict in facts.get("senders", {}).items()},
        suppressed=frozenset(Channel(name) for name in facts.get("suppressed", ())),
        taken=frozenset(Channel(name) for name in facts.get("taken", ())),
        undelivered=frozenset(Channel(name) for name in facts.get("undelivered", ())),
        refused=frozenset(Channel(name) for name in facts.get("refused", ())),
        recent=[datetime.fromisoformat(instant) for instant in facts.get("recent", ())],
    )


def read_decision(recorded: Mapping[str, Any]) -> Decision:
    """The decision of a record."""
    until = recorded["next_allowed_at"]
    return Decision(
        Verdict(recorded["verdict"]),
        Channel(recorded["channel"]) if recorded["channel"] else None,
        tuple(recorded["reasons"]),
        datetime.fromisoformat(until) if until else None,
        {Channel(name): tuple(reasons) for name, reasons in recorded["losing"].items()},
    )
