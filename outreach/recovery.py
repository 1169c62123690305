"""Picking up what an earlier process left: rows that the dead held, outcomes in doubt whose time has come."""

from __future__ import annotations

import logging
from collections import Counter

from outreach.errors import GenesysError
from outreach.ledger.executors import bury_the_dead
from outreach.reconciliation import reconcile
from outreach.run import Run

log = logging.getLogger(__name__)


def recover(run: Run, *, at_most: int = 5000) -> Counter[str]:
    """Free what dead processes held and look for outcomes in doubt; says what it found.

    Returns how many of at most `at_most` outcomes in doubt are in which state now.
    """
    freed = bury_the_dead(run.ledger)
    if freed:
        log.warning(
            "an earlier process died holding %s contacts; they go on from where they stood", len(freed)
        )
    try:
        found = reconcile(run, at_most=at_most)
    except GenesysError as error:
        log.warning("outcomes in doubt stay so, Genesys cannot be asked: %s", error)
        return Counter()
    if found:
        log.info("outcomes in doubt: %s", ", ".join(f"{count} {state}" for state, count in found.items()))
    return found
