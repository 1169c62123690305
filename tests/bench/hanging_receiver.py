"""What a receiver that never answers costs a campaign, beside one that answers at once.

    cost            the time until the last person was contacted, as the ledger wrote it down, as a share
    waits_seconds   how much longer the run lasted after that: what it waited for the receiver in vain

What is left in the outbox is for `redeliver`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.bench.contest import spread
from tests.bench.job import run_job
from tests.bench.site import Site

CONTACTS = 2000
ROUNDS = 5
HANGING = ({"hang": True, "probability": 1},)


class _Times(NamedTuple):
    to_last_contact: float
    after_it: float


def measure(site: Site, contacts: int = CONTACTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """The cost, as a share of the time with a good receiver (below 0 when it saved work), and the waits."""
    pairs = [(_run(site, contacts, HANGING), _run(site, contacts, ())) for _ in range(rounds)]
    return {
        "contacts": contacts,
        "rounds": rounds,
        "cost": spread([hanging.to_last_contact / good.to_last_contact - 1 for hanging, good in pairs]),
        "waits_seconds": spread([hanging.after_it - good.after_it for hanging, good in pairs]),
    }


def _run(site: Site, contacts: int, answers: tuple[dict[str, Any], ...]) -> _Times:
    site.clear(webhook_answers=list(answers))
    result = run_job(site.job("ours", "platform", contacts))
    if bool(result["webhooks_pending"]) != bool(answers):
        raise RuntimeError("the receiver did not behave as it was told")
    to_last = float(result["seconds_to_last_contact"])
    return _Times(to_last, float(result["seconds"]) - to_last)
