"""Giving leases back when a step ends early, so that nobody waits for us."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlalchemy import update

from outreach.errors import LedgerError
from outreach.ledger.claims import Claimed
from outreach.ledger.schema import contacts
from outreach.ledger.states import State

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger


def release(ledger: Ledger, claimed: Sequence[Claimed]) -> None:
    """Free the rows that are still ours; an intent stays leased, since its call may be in the air."""
    if not claimed:
        return
    ours = update(contacts).where(
        contacts.c.id.in_([row.id for row in claimed]),
        contacts.c.lease_owner == claimed[0].owner,
        contacts.c.state != State.INTENT.value,
    )
    with ledger.db.write() as connection:
        connection.execute(ours.values(lease_owner=None))


@contextlib.contextmanager
def releasing(ledger: Ledger, claimed: Sequence[Claimed]) -> Iterator[None]:
    """Free what a failing block leaves behind."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(LedgerError):  # they stay leased until this process leaves the register
            release(ledger, claimed)
        raise
