"""PostgreSQL is ended and started again within a transaction: a sentence, nobody lost, nobody twice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection, event

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run
from outreach.clock import SystemClock
from outreach.errors import LedgerError
from outreach.ledger import changes
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from tests.support.ledgers import CALM, KEY, batch, clear, load, new_run, people
from tests.support.organisations import Organisation
from tests.support.postgres import Postgres

pytestmark = pytest.mark.postgres


@pytest.fixture
def run(server: Postgres, organisation: Organisation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setattr(changes, "PATIENCE_SECONDS", 0.5)
    settings = CALM.model_copy(update={"threads": 4})
    with (
        open_ledger(server.new_ledger(), keys=[KEY], clock=SystemClock()) as ledger,
        new_run(ledger, organisation, settings) as opened,
    ):
        yield opened


def at_commit(run: Run, is_time: Callable[[], bool], act: Callable[[Connection], None]) -> None:
    """Act once, when it is time and the next transaction is about to be committed."""
    acted: list[bool] = []

    def commit(connection: Connection) -> None:
        if not acted and is_time():
            acted.append(True)
            act(connection)

    event.listen(run.ledger.db.engine, "commit", commit)


@pytest.mark.parametrize(
    "is_committed", [False, True], ids=["nothing is committed", "it is, and nobody is told"]
)
def test_a_restart_within_a_transaction_loses_nobody_and_contacts_nobody_twice(
    run: Run, server: Postgres, organisation: Organisation, *, is_committed: bool
) -> None:
    load(run, people(80))
    clear(run)
    contacted_before: list[int] = []

    def end(connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert driver
        if is_committed:
            driver.commit()
            driver.execute("SELECT 1")  # so that there is something left to commit, which fails
        contacted_before.append(len(organisation.contacted))
        server.again()

    at_commit(run, lambda: len(organisation.contacted) >= 10, end)
    for _ in range(3):  # as the task's retries do
        with contextlib.suppress(LedgerError):
            interact_batch(run, batch(run))

    assert 0 < contacted_before[0] < 80
    proof = prove(run.ledger, run.campaign)
    told = [each.attempt.address for each in organisation.contacted]
    assert len(told) == len(set(told))
    assert (proof.contacted_twice, proof.missing) == (0, ())
    in_doubt = proof.states.get("unknown", 0) + proof.states.get("held", 0)
    assert proof.contacted + in_doubt == 80
    assert len(told) >= proof.contacted
