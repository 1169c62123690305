"""Whose turn a round is: one living process at a time for each name, on each ledger."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import delete

from outreach.ledger.database.schema import facts
from outreach.ledger.ledger import Ledger
from outreach.ledger.release import list_living_executors


@contextlib.contextmanager
def taking_turn(ledger: Ledger, name: str) -> Iterator[bool]:
    """Whether it is ours for the length of the block; it is not while another living process has it."""
    me, key = ledger.executor.enter(), f"turn/{name}"
    gone = facts.c.value.not_in(list_living_executors(ledger))
    note = ledger.db.insert(facts).values(name=key, value=me)
    taking = note.on_conflict_do_update(index_elements=["name"], set_={"value": me}, where=gone)
    with ledger.db.write() as connection:  # one statement, so that of two at once one gets it
        mine = connection.execute(taking.returning(facts.c.value)).scalar() == me
    try:
        yield mine
    finally:
        if mine:
            # Only while it is still ours: whoever was taken for dead must not end another's turn.
            ledger.db.execute(delete(facts).where(facts.c.name == key, facts.c.value == me))
