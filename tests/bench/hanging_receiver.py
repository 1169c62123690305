"""What a receiver that never answers costs a campaign: its time with one, and with one that answers at once.

Compared is the time until the last person was contacted, as the ledger wrote it down; what waits in the
outbox is for `redeliver`.
"""

from __future__ import annotations

from typing import Any

from tests.bench.contest import spread
from tests.bench.job import run_job
from tests.bench.site import Site

CONTACTS = 2000
ROUNDS = 5


def measure(site: Site, contacts: int = CONTACTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """The cost, as a share of the time with a good receiver; below 0 when it saved work."""
    ratios = []
    for _ in range(rounds):
        good = _seconds_to_contact(site, contacts, [])
        hanging = _seconds_to_contact(site, contacts, [{"status": 204, "hang": True}])
        ratios.append(hanging / good - 1)
    return {"contacts": contacts, "rounds": rounds, "cost": spread(ratios)}


def _seconds_to_contact(site: Site, contacts: int, answers: list[dict[str, Any]]) -> float:
    site.clear()
    site.genesys.configure(webhook_answers=answers)
    return float(run_job(site.job("ours", "platform", contacts))["seconds_to_last_contact"])
