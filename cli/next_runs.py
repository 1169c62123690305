"""What our schedules begin next, as Prefect's server knows it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeAlias

Place: TypeAlias = Literal["/deployments/filter", "/flow_runs/filter"]
Post: TypeAlias = Callable[[Place, dict[str, Any]], list[dict[str, Any]]]
"""Asks the server for what a filter leaves."""

OURS = {"tags": {"all_": ["outreach"]}}


def find_next_runs(post: Post, most: int = 10) -> list[tuple[str, datetime]]:
    """Each deployment and campaign once, the soonest first."""
    names = {each["id"]: each["name"] for each in post("/deployments/filter", {"deployments": OURS})}
    to_come = {"state": {"type": {"any_": ["SCHEDULED"]}}}
    asked = {"deployments": OURS, "flow_runs": to_come, "sort": "EXPECTED_START_TIME_ASC"}
    found: dict[str, datetime] = {}
    for run in post("/flow_runs/filter", asked):
        campaign = run["parameters"].get("campaign") or ""
        if run["expected_start_time"] and run["deployment_id"]:
            name = f"{names.get(run['deployment_id'], run['name'])} {campaign}".strip()
            found.setdefault(name, _instant(run["expected_start_time"]))
    return list(found.items())[:most]


def _instant(text: str) -> datetime:
    # Python 3.10's own reader does not know that Z is UTC.
    return datetime.fromisoformat(re.sub(r"[zZ]\Z", "+00:00", text))
