"""The retention flow: a dry run by default, and what it forgets when it is none."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from flows.retention import retention
from outreach.ledger.database.schema import EPOCH, contacts
from outreach.ledger.opening import open_ledger
from tests.flows.office import Office


def test_the_flow_counts_first_and_forgets_when_it_is_told_to(office: Office) -> None:
    office.run(office.source(4))
    url = f"sqlite:///{office.folder / 'ledger.db'}"
    with (
        open_ledger(url, keys=["0123456789abcdef0123456789abcdef"]) as ledger,
        ledger.db.write() as connection,
    ):
        connection.execute(update(contacts).values(updated_at=EPOCH))

    runs: list[Any] = [
        retention(30, office.name, dry_run=dry, return_state=True) for dry in (True, False, False)
    ]

    assert [run.result()["contacts"] for run in runs] == [4, 4, 0]
    assert runs[0].message == "4 contacts, 0 rows and 0 files would be forgotten"
    assert office.run(office.source(4))["contacted"] == 4
    assert office.genesys.truth()["count"] == 4
