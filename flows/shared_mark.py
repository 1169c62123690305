"""A ledger's mark as Prefect's server keeps it for all machines: a variable, and nobody's data."""

import contextlib
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
    """The mark in a variable's value; None where there is none, or a person wrote something else there."""
    if not isinstance(value, dict):
        return None
    with contextlib.suppress(KeyError, TypeError, ValueError):
        at = datetime.fromisoformat(str(value["at"])) if value.get("at") else None
        return Mark(int(value["record"]), str(value["hash"]), at, value.get("run") != "ended")
    return None
