"""A ledger's mark as Prefect's server keeps it for all machines: a variable, and nobody's data."""

from datetime import datetime
from typing import Any

from outreach.ledger.witness import Mark


def variable_of(identity: str) -> str:
    """The variable's name, for a ledger's identity."""
    return f"outreach_ledger_{identity}"


def as_variable(mark: Mark) -> dict[str, Any]:
    """The variable's value."""
    return {
        "record": mark.record,
        "hash": mark.hash,
        "at": mark.at.isoformat() if mark.at else None,
        "run": "going on" if mark.is_open else "ended",
    }


def from_variable(value: object) -> Mark | None:
    """The mark in a variable's value; None where there is none."""
    if not isinstance(value, dict):
        return None
    at = datetime.fromisoformat(str(value["at"])) if value.get("at") else None
    return Mark(int(value["record"]), str(value["hash"]), at, value.get("run") != "ended")
