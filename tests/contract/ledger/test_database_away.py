"""A database that is away for a while: nobody is left in hands that do nothing, every wait has an end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, make_url, select, text

from outreach.campaign.interaction import interact_batch
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.campaign.validation import validate_batch
from outreach.clock import SystemClock
from outreach.errors import LedgerError
from outreach.genesys.interface import Engagement, Started
from outreach.ledger import changes
from outreach.ledger.database import postgres
from outreach.ledger.database.schema import contacts
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from tests.support.ledgers import CALM, KEY, batch, clear, load, new_run, people
from tests.support.organisations import Organisation
from tests.support.postgres import Postgres
from tests.support.wire import Way, Wire, wire_to

pytestmark = pytest.mark.postgres

SETTINGS = CALM.model_copy(update={"threads": 4})


class Watched(Organisation):
    """Does something when it has started so many."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 0
        self.then: Callable[[], object] = lambda: None

    def start(self, engagement: Engagement) -> Started:
        started = super().start(engagement)
        if len(self.contacted) == self.at:
            self.then()
        return started


@pytest.fixture
def wire(server: Postgres) -> Iterator[Wire]:
    with wire_to(server.new_ledger()) as opened:
        yield opened


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def run(wire: Wire, watched: Watched) -> Iterator[Run]:
    with (
        open_ledger(wire.url, keys=[KEY], clock=SystemClock()) as ledger,
        new_run(ledger, watched, SETTINGS) as opened,
    ):
        yield opened
        wire.mend()


def held(run: Run) -> int:
    """Contacts that stand leased."""
    return run.ledger.db.value(select(func.count()).where(contacts.c.lease_owner.is_not(None))) or 0


@pytest.mark.parametrize("step", [register_batch, validate_batch, interact_batch])
def test_a_step_that_lost_the_database_finds_all_its_people_when_it_is_tried_again(
    run: Run, wire: Wire, watched: Watched, monkeypatch: pytest.MonkeyPatch, step: Callable[..., object]
) -> None:
    load(run, people(120))
    _ready_for(run, step)
    # Their rows are in hand when the database goes away.
    _cut_in_the_middle(run, wire, watched, monkeypatch, step)
    with pytest.raises(LedgerError):
        step(run, batch(run))
    wire.mend()
    assert held(run) > 0

    step(run, batch(run))  # as the task's retry does

    assert held(run) == 0
    for later in (register_batch, validate_batch, interact_batch):
        later(run, batch(run))
    proof = prove(run.ledger, run.campaign)
    assert (proof.contacted, len(watched.contacted), proof.contacted_twice) == (120, 120, 0)
    assert proof.missing == ()


def _ready_for(run: Run, step: Callable[..., object]) -> None:
    if step is interact_batch:
        clear(run)
    elif step is validate_batch:
        register_batch(run, batch(run))


def _cut_in_the_middle(
    run: Run, wire: Wire, watched: Watched, monkeypatch: pytest.MonkeyPatch, step: Callable[..., object]
) -> None:
    monkeypatch.setattr(changes, "PATIENCE_SECONDS", 1.0)
    if step is interact_batch:
        watched.at, watched.then = 40, lambda: wire.cut(Way.REFUSED)
        return
    asked = "register" if step is register_batch else "inspect"
    plain, cuts = getattr(watched, asked), iter([Way.REFUSED])

    def ask(*given: object, **more: object) -> object:
        wire.cut(next(cuts, wire.way))
        return plain(*given, **more)

    monkeypatch.setattr(watched, asked, ask)


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits longer than three seconds."""
    monkeypatch.setattr(postgres.BoundConnection, "most_seconds", 2.0)
    monkeypatch.setattr(postgres, "GRACE_SECONDS", 1.0)
    monkeypatch.setitem(postgres.ON_CONNECTING, "connect_timeout", 2)
    monkeypatch.setattr(changes, "PATIENCE_SECONDS", 1.0)


@pytest.mark.usefixtures("in_a_hurry")
def test_a_way_that_drops_everything_ends_in_one_sentence_and_the_run_resumes(
    run: Run, wire: Wire, watched: Watched
) -> None:
    load(run, people(60))
    clear(run)
    watched.at, watched.then = 20, lambda: wire.cut(Way.SILENT)
    began = time.monotonic()

    with pytest.raises(LedgerError, match="does not answer"):
        interact_batch(run, batch(run))

    assert time.monotonic() - began < 30
    wire.mend()
    interact_batch(run, batch(run))
    proof = prove(run.ledger, run.campaign)
    assert (proof.contacted, len(watched.contacted), proof.missing) == (60, 60, ())


@pytest.mark.usefixtures("in_a_hurry")
def test_a_database_that_takes_a_connection_and_says_nothing_is_not_waited_for(wire: Wire) -> None:
    wire.cut(Way.SILENT)
    began = time.monotonic()

    with pytest.raises(LedgerError, match="does not answer"), open_ledger(wire.url, keys=[KEY]):
        pass

    assert time.monotonic() - began < 30


@pytest.mark.usefixtures("in_a_hurry")
def test_what_takes_long_by_nature_is_waited_for(run: Run) -> None:
    slow = text("SELECT pg_sleep(4)")
    with pytest.raises(LedgerError, match="does not answer"), run.ledger.db.read() as connection:
        connection.execute(slow)

    with run.ledger.db.snapshot() as connection:
        assert connection.execute(slow).one()


def test_a_client_that_vanished_in_a_transaction_keeps_no_lock(run: Run) -> None:
    limits = ("statement_timeout", "idle_in_transaction_session_timeout")
    with run.ledger.db.read() as connection:
        found = [connection.execute(text(f"SHOW {name}")).scalar() for name in limits]

    assert found == ["1min", "2min"]


@pytest.mark.parametrize(("option", "prepares"), [("", True), ("prepare_threshold=none", False)])
def test_nothing_is_prepared_where_a_pooler_stands_between(
    server: Postgres, option: str, *, prepares: bool
) -> None:
    url = make_url(server.new_ledger()).update_query_string(option)
    with (
        open_ledger(url.render_as_string(hide_password=False), keys=[KEY]) as ledger,
        ledger.db.read() as connection,
    ):
        for _ in range(10):
            connection.execute(select(func.count()).select_from(contacts))
        found = connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar()

    assert bool(found) is prepares
