"""Which executors are in the register: for whoever handed work to another process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from outreach.ledger.executors import bury_the_dead
from outreach.ledger.schema import executors

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger


def take_census(ledger: Ledger) -> frozenset[str]:
    """Bury the dead, and name the executors that live."""
    bury_the_dead(ledger)
    with ledger.db.read() as connection:
        return frozenset(connection.execute(select(executors.c.id)).scalars())
