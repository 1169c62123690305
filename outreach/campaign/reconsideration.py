"""Deciding again on whom a reason kept back that is not the person's, or that may be gone.

ours                a sender, a setting, the text, the campaign's end
suppressed          an address that is on no more
same_address        an address that the other row did not take
address_refused     a no that the other row does not say any more
validation_unknown  what only Genesys can tell: asked again by each run

Nothing is written while a decision stays as it was. What a decision rests on is known by marks, so that a run
in which none of them has changed looks at nobody but those who were set aside since the last one.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from outreach.campaign.run import Run
from outreach.campaign.validation import STATES, gather_facts
from outreach.compliance.owners import list_reasons, rests_on_us
from outreach.compliance.reasons import ADDRESS_REFUSED, ASKED_AGAIN
from outreach.decisions.record import read_facts, read_record
from outreach.ledger.claims import read_claimed
from outreach.ledger.contacts import ContactRow
from outreach.ledger.facts import recall, remember
from outreach.ledger.refusals import freed_in
from outreach.ledger.reopening import mark_given_back, read_set_aside, reopen
from outreach.ledger.suppressions import LIFTED
from outreach.reachability import Inspection

log = logging.getLogger(__name__)

OURS = "ours"
"""The mark of our settings, senders and rules; the others are named like the reason that rests on them."""

_SLACK = timedelta(hours=1)  # another process's clock may be behind ours


def reconsider(run: Run) -> int:
    """Open again whoever may be decided on otherwise now than when they were set aside; how many.

    Called with the senders as they are, before the run's batches are planned. Who was contacted, or may have
    been, is not among them.
    """
    now = run.ledger.clock.now()
    name = f"reconsidered:{run.campaign.id}"
    marks = _read_marks(run)
    known = orjson.loads(recall(run.ledger, name) or "{}")
    changed = {kind for kind, mark in marks.items() if known.get(kind) != mark} | {ASKED_AGAIN}
    opened = 0
    since = _since(known, changed, now)
    for page in read_set_aside(run.ledger, run.campaign.id, since=since, reasons=changed):
        rows = [row for row in page if _may_differ(run, row, changed)]
        opened += reopen(run.ledger, _find_otherwise(run, rows, now), action="reconsidered")
    remember(run.ledger, name, orjson.dumps({**marks, "at": now}).decode())
    if opened:
        log.info("%s contacts go again: what kept them back is gone", opened)
    return opened


def _read_marks(run: Run) -> dict[str, str]:
    has_ended = run.gate.has_ended(run.ledger.clock.now())
    return {
        OURS: f"{run.footing} {has_ended}",
        "suppressed": recall(run.ledger, LIFTED) or "",
        ADDRESS_REFUSED: recall(run.ledger, freed_in(run.campaign.id)) or "",
        "same_address": f"{run.settings.same_address.value} {mark_given_back(run.ledger, run.campaign.id)}",
    }


def _may_differ(run: Run, row: ContactRow, changed: Collection[str]) -> bool:
    """Whether anything that set a contact aside is not as it was: of ours, or by a mark that changed."""
    recorded = read_record(row.decision)
    if not list_reasons(row.reason, recorded).isdisjoint(changed):
        return True
    is_older = OURS in changed or recorded.get("footing") != run.footing
    return is_older and rests_on_us(row.reason, recorded)


def _since(known: Mapping[str, Any], changed: Collection[str], now: datetime) -> datetime | None:
    """From when on everybody set aside is looked at; None for all of them."""
    if OURS in changed or "at" not in known:
        return None
    at = datetime.fromisoformat(known["at"])
    return at - _SLACK if at <= now else None  # a clock that was ahead knows nothing of what came since


def _find_otherwise(run: Run, rows: Sequence[ContactRow], now: datetime) -> list[int]:
    """The numbers of those on whom the gate decides otherwise now."""
    group = [read_claimed(run.ledger, row) for row in rows]
    # As Genesys saw the contact when it was decided on: nobody asks again here.
    seen = {row.id: read_facts(read_record(row.decision).get("facts", {})).inspection for row in rows}
    inspections = {row.id: seen[row.id] or Inspection("passed", row.availability) for row in group}
    facts = gather_facts(run, group, inspections)
    decided = ((row, run.gate.decide(row.contact, facts[row.id], now)) for row in group)
    return [
        row.id
        for row, decision in decided
        if (STATES[decision.verdict], *decision.reasons[:1]) != (row.state, row.reason)
        or row.reason == ASKED_AGAIN
    ]
