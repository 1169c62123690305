"""What was known of the do-not-contact lists when the campaign ran last: counts, never an entry."""

from dataclasses import dataclass, fields

import orjson

from outreach.ledger.facts import recall
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import MIRRORED


@dataclass(frozen=True, slots=True)
class Lists:
    """`at`: of the copy in force, "" for none; `lines` say where the `unread` entries stand."""

    at: str
    addresses: int
    entries: int
    unread: int
    lines: tuple[str, ...]
    problem: str
    forbidden: bool


def read_lists(ledger: Ledger, campaign_id: int) -> Lists | None:
    """None when the campaign never asked."""
    kept = recall(ledger, f"{MIRRORED}@{campaign_id}")
    if kept is None:
        return None
    found = orjson.loads(kept)
    shown = {each.name: found[each.name] for each in fields(Lists)}
    return Lists(**{**shown, "lines": tuple(shown["lines"])})
