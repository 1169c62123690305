"""A ledger behind a pooler in transaction mode: each transaction may have another connection."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, make_url, select, text

from outreach.clock import SystemClock
from outreach.ledger.database.schema import contacts
from outreach.ledger.opening import open_ledger
from outreach.report.figures.gather import gather
from tests.support.ledgers import CALM, KEY, advance, load, new_run, people
from tests.support.organisations import Organisation
from tests.support.pooler import CONNECTIONS, find_bouncer, pooler_to
from tests.support.postgres import Postgres

pytestmark = pytest.mark.postgres

POOLERS = [
    "ours",
    pytest.param("PgBouncer", marks=pytest.mark.skipif(not find_bouncer(), reason="no PgBouncer here")),
]


@pytest.fixture(params=POOLERS)
def url(request: pytest.FixtureRequest, server: Postgres, tmp_path: Path) -> Iterator[str]:
    bouncer = find_bouncer() if request.param == "PgBouncer" else None
    with pooler_to(server.new_ledger(), tmp_path, bouncer) as opened:
        yield opened


def test_a_whole_campaign_goes_through_and_its_sums_hold(url: str) -> None:
    organisation = Organisation()
    with (
        open_ledger(url, keys=[KEY], clock=SystemClock()) as ledger,
        new_run(ledger, organisation, CALM.model_copy(update={"threads": 6})) as run,
    ):
        load(run, people(120))
        proof = advance(run)
        figures = [gather(ledger, run.campaign) for _ in range(3)]

    assert (proof.contacted, proof.contacted_twice, proof.missing) == (120, 0, ())
    assert len(organisation.contacted) == 120
    assert figures


def test_nothing_is_prepared_and_every_transaction_has_its_limits(url: str) -> None:
    with open_ledger(url, keys=[KEY]) as ledger:
        for _ in range(12):
            with ledger.db.read() as connection:
                connection.execute(select(func.count()).select_from(contacts))
                limit = connection.execute(text("SHOW statement_timeout")).scalar()
                prepared = connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar()
                assert (limit, prepared) == ("1min", 0)


def test_no_setting_of_ours_stays_on_a_connection_that_others_get(url: str) -> None:
    with open_ledger(url, keys=[KEY]) as ledger:
        with ledger.db.snapshot() as connection:
            connection.execute(text("SELECT 1"))
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, prepare_threshold=None, autocommit=True) as other:
            for _ in range(3 * CONNECTIONS):
                for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
                    assert other.execute(f"SHOW {name}").fetchall() == [("0",)]
