"""What may differ on PostgreSQL: locks, conflicts, isolation, clocks, types."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, make_url, select, text, update

from outreach.campaign.reconciliation import reconcile
from outreach.campaign.run import Run
from outreach.contacts import Channel
from outreach.errors import Ambiguous, LedgerError
from outreach.genesys.interface import Started
from outreach.ledger.changes import Change, apply_within
from outreach.ledger.claims import claim, plan
from outreach.ledger.conversations import (
    Answer,
    find_answering_campaigns,
    find_by_address,
    list_answers,
    note_answer,
    read_people,
    write_links,
)
from outreach.ledger.database.connecting import POOL
from outreach.ledger.database.postgres import LIMITS
from outreach.ledger.database.schema import contacts, executors, intents, metadata
from outreach.ledger.facts import remember
from outreach.ledger.intents import IntentRequest, commit_intents
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.known_contacts import KnownContacts
from outreach.ledger.migrations import migrate
from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.ledger.privacy.forgetting import rewrite
from outreach.ledger.proof import prove, prove_within
from outreach.ledger.rate_slots import LedgerSlotAllocator
from outreach.ledger.release import release_dead_executors
from outreach.ledger.states import State
from outreach.ledger.suppressions import find_suppressed, mirror, suppress
from outreach.ledger.wrong_clocks import RIGHT_UNTIL, take_back_instants
from outreach.operations.export import export_contacts
from outreach.operations.resolution import release_waiting, resolve, retry_failed
from outreach.settings import FrequencyCap, SameAddress
from outreach.webhook.outbox import Settlement
from tests.support.clocks import SetClock
from tests.support.first_ledger import describe, migrated
from tests.support.ledgers import (
    CALM,
    KEY,
    NOON,
    advance,
    attempt,
    batch,
    clear,
    intend,
    kill,
    load,
    new_run,
    people,
    row_of,
    states,
)
from tests.support.organisations import Organisation
from tests.support.postgres import Postgres
from tests.support.timetables import close, take

pytestmark = pytest.mark.postgres

WORKERS = 16
T = TypeVar("T")


@pytest.fixture
def url(server: Postgres) -> str:
    return server.new_ledger()


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with open_ledger(url, keys=[KEY], clock=SetClock(NOON)) as opened:
        yield opened


@pytest.fixture
def run(ledger: Ledger) -> Iterator[Run]:
    with new_run(
        ledger, Organisation(), CALM.model_copy(update={"same_address": SameAddress.EACH})
    ) as opened:
        yield opened


def at_once(count: int, work: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def with_a_ledger_each(url: str, work: Callable[[int, Ledger], T]) -> list[T]:
    """Sixteen executors at once. None leaves before all are done: who leaves gives back what it holds."""
    with contextlib.ExitStack() as stack:
        ledgers = [stack.enter_context(another(url)) for _ in range(WORKERS)]
        return at_once(WORKERS, lambda n: work(n, ledgers[n]))


@contextlib.contextmanager
def another(url: str) -> Iterator[Ledger]:
    with open_ledger(url, keys=[KEY], clock=SetClock(NOON)) as opened:
        yield opened


def test_the_migrations_make_exactly_the_schema(server: Postgres) -> None:
    with contextlib.closing(migrated(server.new_database())) as database, database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrate.VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_a_new_ledger_is_what_the_migrations_make(ledger: Ledger, server: Postgres) -> None:
    with contextlib.closing(migrated(server.new_database())) as database:
        assert describe(ledger.db) == describe(database)


def test_a_campaign_from_end_to_end(run: Run) -> None:
    organisation = run.genesys
    assert isinstance(organisation, Organisation)
    organisation.will(Ambiguous("start sms", 500), after_effect=True)
    load(run, [*people(40), {"external_contact_id": "C-99", "name": "x", "sms": "1"}, *people(2)])
    assert advance(run).balanced
    run.ledger.clock.sleep(60)

    assert reconcile(run) == {"started": 1}
    proof = prove(run.ledger, run.campaign)
    assert (proof.missing, proof.contacted, proof.rejected, proof.duplicates) == ((), 40, 1, 2)


def test_claimers_at_once_share_the_rows_and_none_is_lost(run: Run, url: str) -> None:
    load(run, people(200))

    def take(_: int, ledger: Ledger) -> list[int]:
        mine: list[int] = []
        while group := claim(ledger, run.campaign.id, batch(run), (State.ACCEPTED,), limit=7):
            assert len(group) <= 7
            mine += [row.id for row in group]
        return mine

    taken = [number for mine in with_a_ledger_each(url, take) for number in mine]

    assert len(taken) == len(set(taken)) == 200


def test_intents_of_many_claimers_keep_addresses_and_caps_and_never_wait_in_a_circle(
    run: Run, url: str
) -> None:
    """Each address stands in ten rows; a cap of two per day; sixteen processes open intents at once."""
    rows = [{**person, "sms": f"+1317555{n % 20:04d}", "email": None} for n, person in enumerate(people(200))]
    load(run, rows)
    clear(run)
    caps = (FrequencyCap(contacts=2, hours=24),)

    def contact(seed: int, ledger: Ledger) -> int:
        opened = 0
        while group := claim(ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=9):
            wanted = [IntentRequest(row, Channel.SMS, row.contact.channels.sms or "", caps) for row in group]
            order = wanted[::-1] if seed % 2 else wanted
            mine, kept = commit_intents(ledger, order, same_address=SameAddress.EACH)
            assert {item.code for item in kept} <= {"frequency_cap"}
            opened += sum(ledger.executor.note_sent(item.claimed.owner, item.reference) for item in mine)
        return opened

    assert sum(with_a_ledger_each(url, contact)) == 40
    with run.ledger.db.read() as connection:
        per_address = select(func.count()).select_from(intents).group_by(intents.c.address_key)
        assert set(connection.execute(per_address).scalars()) == {2}


def test_one_address_is_contacted_once_whoever_comes_first(run: Run, url: str) -> None:
    rows = [{**person, "sms": f"+1317555{n % 20:04d}", "email": None} for n, person in enumerate(people(200))]
    load(run, rows)
    clear(run)

    def contact(seed: int, ledger: Ledger) -> int:
        opened = 0
        while group := claim(ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=11):
            wanted = [IntentRequest(row, Channel.SMS, row.contact.channels.sms or "") for row in group]
            order = wanted[::-1] if seed % 2 else wanted
            opened += len(commit_intents(ledger, order, same_address=SameAddress.ONCE)[0])
        return opened

    assert sum(with_a_ledger_each(url, contact)) == 20


def test_an_opt_out_outlives_the_list_that_named_the_address_before(ledger: Ledger) -> None:
    mirror(ledger, ["+13175550001", "+13175550002"], organisation="o-1")
    suppress(ledger, ["+13175550001"], source="by_hand", reason="asked")

    mirror(ledger, [], organisation="o-1")

    assert find_suppressed(ledger, ["+13175550001", "+13175550002"]) == {"+13175550001"}


def test_two_loads_of_one_file_at_once_accept_everybody_once(run: Run, url: str) -> None:
    bad: dict[str, object] = {"external_contact_id": "C-999", "name": "x", "sms": "1"}
    rows = [*people(300), bad]

    def read(number: int) -> int:
        with another(url) as ledger, new_run(ledger, Organisation()) as mine:
            return load(mine, rows if number else rows[::-1]).accepted

    assert sum(at_once(4, read)) == 300
    assert prove(run.ledger, run.campaign).balanced


def test_whose_row_of_today_cannot_be_read_waits_for_one_that_can(run: Run) -> None:
    unclear: dict[str, Any] = {"consent.sms": "perhaps"}
    load(run, people(2))
    clear(run)

    load(run, [*people(1, **unclear), *people(1, first=2)])
    assert advance(run).balanced
    assert states(run.ledger) == {"C-1": "held:row_unreadable", "C-2": "started"}

    load(run, people(2))
    assert advance(run).balanced
    assert states(run.ledger) == {"C-1": "started", "C-2": "started"}


def test_whose_number_another_row_refuses_waits_until_it_does_not_or_a_person_decides(run: Run) -> None:
    yes, no = people(1, email=None), people(1, first=2, sms="+13175550001", opt_out="yes")
    load(run, [*yes, *no, *no])
    advance(run)
    assert states(run.ledger) == {"C-1": "held:address_refused", "C-2": "blocked:consent_refused"}

    load(run, [*yes, *people(1, first=2)])
    assert advance(run).balanced
    assert states(run.ledger) == {"C-1": "started", "C-2": "started"}

    load(
        run,
        [
            *people(2, first=3, sms="+13175550003", email=None),
            *people(1, first=5, sms="+13175550003", opt_out="yes"),
        ],
    )
    advance(run)
    resolve(run.ledger, run.campaign, "C-3", "released", reason="she has the number now")
    assert advance(run).balanced
    assert [states(run.ledger)[name] for name in ("C-3", "C-4")] == ["started", "held:address_refused"]


def test_whom_one_list_describes_in_two_ways_waits_for_one_that_agrees(run: Run) -> None:
    load(run, [*people(2), *people(1, opt_out="yes"), *people(1, first=2, name="Again")])
    assert states(run.ledger) == {"C-1": "held:rows_contradict", "C-2": "accepted"}

    assert release_waiting(run.ledger, run.campaign, "rows_contradict", reason="she said yes") == 1
    load(run, [*people(2), *people(1, opt_out="yes")])
    assert states(run.ledger)["C-1"] == "accepted"
    load(run, [*people(2), *people(1, sms="+13175550009")])
    assert states(run.ledger)["C-1"] == "held:rows_contradict"

    assert load(run, people(2)).corrected == 1
    assert advance(run).contacted == 2
    assert prove(run.ledger, run.campaign).balanced


def test_whoever_is_being_contacted_while_their_row_is_found_unreadable_is_left_alone(
    run: Run, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unclear: dict[str, Any] = {"consent.sms": "perhaps"}
    load(run, people(1))
    clear(run)
    find = KnownContacts.find

    with another(url) as ledger:

        def find_and_contact(*asked: Any) -> dict[str, Any]:
            found = find(*asked)
            if found:  # the load has seen them waiting, and has no lock yet
                [claimed] = claim(ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=1)
                wanted = [IntentRequest(claimed, Channel.SMS, "+13175550001")]
                assert commit_intents(ledger, wanted, same_address=SameAddress.ONCE)[0]
            return found

        monkeypatch.setattr(KnownContacts, "find", find_and_contact)
        load(run, people(1, **unclear))

        assert states(run.ledger) == {"C-1": "intent"}


def test_runs_of_one_campaign_at_once_contact_everybody_once(run: Run, url: str) -> None:
    load(run, people(120))

    def go(_: int) -> None:
        with another(url) as ledger, new_run(ledger, run.genesys) as mine:
            advance(mine)

    at_once(4, go)

    assert isinstance(run.genesys, Organisation)
    names = [engagement.contact.external_contact_id for engagement in run.genesys.contacted]
    assert len(names) == len(set(names)) == 120
    assert prove(run.ledger, run.campaign).missing == ()


def test_burials_at_once_count_one_death(run: Run, url: str) -> None:
    load(run, people(50))
    clear(run)
    intend(run, 10)
    claim(run.ledger, run.campaign.id, batch(run), (State.CLEARED,), limit=40)
    kill(run.ledger)

    def bury(_: int) -> int:
        with another(url) as ledger:
            return len(release_dead_executors(ledger))

    assert sum(at_once(6, bury)) == 50
    with run.ledger.db.read() as connection:
        assert set(connection.execute(select(contacts.c.deaths)).scalars()) == {1}
        assert set(connection.execute(select(contacts.c.lease_owner)).scalars()) == {None}


def test_the_databases_clock_says_who_is_dead_elsewhere(run: Run, url: str) -> None:
    load(run, people(1))
    claim(run.ledger, run.campaign.id, batch(run), (State.ACCEPTED,), limit=1)
    with another(url) as ledger:
        ledger.clock = SetClock(NOON + timedelta(days=400))  # a machine whose clock is wrong buries nobody
        with ledger.db.write() as connection:
            connection.execute(update(executors).values(host="elsewhere"))
        assert release_dead_executors(ledger) == []
        with ledger.db.write() as connection:
            connection.execute(text("UPDATE executors SET seen_at = seen_at - 61000000"))
        assert len(release_dead_executors(ledger)) == 1


def test_the_proof_is_one_look_while_others_write(run: Run, url: str) -> None:
    load(run, people(20))
    clear(run)
    with run.ledger.db.read() as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        before = prove_within(connection, run.campaign).states
        with another(url) as ledger, new_run(ledger, Organisation()) as mine:
            advance(mine)
        assert prove_within(connection, run.campaign).states == before == {"cleared": 20}
    assert prove(run.ledger, run.campaign).states == {"started": 20}


def test_batches_are_planned_while_others_work(run: Run, url: str) -> None:
    load(run, people(200))

    def work(_: int) -> None:
        with another(url) as ledger, new_run(ledger, run.genesys, CALM) as mine:
            advance(mine)

    with ThreadPoolExecutor(2) as pool:
        workers = [pool.submit(work, n) for n in range(2)]
        while not all(worker.done() for worker in workers):
            batches = plan(run.ledger, run.campaign, size=20)
            assert sum(one.size for one in batches) <= 200
        assert [worker.result() for worker in workers] == [None, None]


def test_a_record_that_is_not_committed_yet_lies_before_no_mark_of_instants(run: Run, url: str) -> None:
    """Its number is taken, and it is not to be seen: who sets the mark waits for it."""
    load(run, people(3))
    clear(run)
    ahead = SetClock(NOON + timedelta(days=1))
    remember(run.ledger, RIGHT_UNTIL, f"0 {ahead.now().isoformat()}")  # so that it is set anew
    until = {"until": ahead.now() + timedelta(hours=1)}
    with open_ledger(url, keys=[KEY], clock=ahead) as wrong, ThreadPoolExecutor(1) as beside:
        with wrong.db.write() as connection:
            ids = connection.execute(select(contacts.c.id)).scalars()
            held = [Change(contact_id=n, after=State.DEFERRED, action="deferred", fields=until) for n in ids]
            apply_within(wrong, connection, held)
            taken_back = beside.submit(take_back_instants, run.ledger)
            assert wait([taken_back], timeout=1).not_done

        assert taken_back.result(timeout=30) == 3


def test_slots_of_many_processes_never_meet(ledger: Ledger, url: str) -> None:
    script = textwrap.dedent("""
        import sys, time
        from outreach.ledger.opening import open_ledger
        from outreach.ledger.rate_slots import LedgerSlotAllocator
        with open_ledger(sys.argv[1], keys=[sys.argv[2]]) as ledger:
            table = LedgerSlotAllocator(ledger)
            for _ in range(25):
                wait = table.change("token", lambda t, now: t.take({0: 120}, 2, now)[0].at - now)
                print(round((time.time() + wait) * 1000))
    """)
    command = [sys.executable, "-c", script, url, KEY]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    slots = sorted(int(line) for process in processes for line in process.communicate()[0].split())

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(slots) == 75
    assert all(slots[n + 1] - slots[n] > 400 for n in range(74))  # a second apart, told by busy processes
    assert slots[-1] - slots[0] == pytest.approx(74_000, abs=600)


def test_a_hold_is_for_everybody(ledger: Ledger, url: str) -> None:
    close(LedgerSlotAllocator(ledger), "token", 30)
    with another(url) as other:
        assert 29 < take(LedgerSlotAllocator(other), "token", 1.0, 1)[0] <= 30


def test_processes_that_open_a_new_ledger_at_once_all_succeed(server: Postgres) -> None:
    script = (
        "import sys; from outreach.ledger.opening import open_ledger\n"
        "with open_ledger(sys.argv[1], keys=[sys.argv[2]]): pass"
    )
    command = [sys.executable, "-c", script, server.new_database(), KEY]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]

    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 3


def test_couriers_at_once_take_each_message_once_and_keep_each_contacts_order(run: Run, url: str) -> None:
    load(run, people(40))
    advance(run)

    def deliver(_: int) -> list[str]:
        with another(url) as ledger:
            box = LedgerOutbox(ledger, "default", run.campaign.id)
            mine: list[str] = []
            while messages := box.take(3, ledger.clock.now(), 60.0):
                mine += [message.id for message in messages]
                done = [Settlement(message.id, "delivered") for message in messages]
                box.settle(done, ledger.clock.now())
            return mine

    delivered = [message for mine in at_once(6, deliver) for message in mine]

    assert len(delivered) == len(set(delivered)) == 40


def test_what_a_person_does_works_here_too(run: Run, tmp_path_factory: pytest.TempPathFactory) -> None:
    organisation = run.genesys
    assert isinstance(organisation, Organisation)
    organisation.will(Ambiguous("start sms", 500), after_effect=True)
    load(run, people(2))
    advance(run)
    doubtful = next(name for name, state in states(run.ledger).items() if state.startswith("unknown"))
    resolve(run.ledger, run.campaign, doubtful, "started", reason="seen", conversation_id="c-77")
    with run.ledger.db.write() as connection:
        connection.execute(update(contacts).values(state="failed", retryable=True))
        connection.execute(text("DELETE FROM intents"))

    path = tmp_path_factory.mktemp("out") / "failed.csv"
    assert export_contacts(run.ledger, run.campaign, ["failed"], path) == 2
    assert retry_failed(run.ledger, run.campaign) == 2


def test_an_answer_with_a_long_id_is_written_down(run: Run) -> None:
    load(run, people(1))
    clear(run)
    attempt(run, intend(run)[0], Started("c" * 100, 1.0))

    assert row_of(run.ledger, "C-1").conversation_id == "c" * 100


def test_an_error_of_the_database_quotes_nobody(run: Run) -> None:
    load(run, people(1))
    with pytest.raises(LedgerError) as raised, run.ledger.db.write() as connection:
        connection.execute(update(contacts).values(payload=None, state="x" * 99 + "+13175550001"))

    assert "317555" not in f"{raised.value}{raised.value.args}{raised.value.__cause__}"


def test_a_database_that_went_away_is_said_and_the_next_try_goes_on(run: Run, url: str) -> None:
    load(run, people(1))
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )

    with contextlib.suppress(LedgerError):
        states(run.ledger)
    assert advance(run).balanced


def test_freeing_what_was_erased_takes_the_time_that_it_takes(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(LIMITS, "statement_timeout", "500ms")
    with open_ledger(url, keys=[KEY]) as ledger, ThreadPoolExecutor(1) as pool:
        with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False)) as other:
            other.execute("LOCK TABLE contacts IN SHARE UPDATE EXCLUSIVE MODE")
            freed = pool.submit(rewrite, ledger)
            wait([freed], timeout=1.5)
        assert freed.result(timeout=30)
        assert ledger.db.value(select(func.current_setting("statement_timeout"))) == "500ms"


def test_an_answer_that_sixteen_read_at_once_is_written_down_and_told_once(ledger: Ledger) -> None:
    with new_run(ledger, Organisation()) as run:
        load(run, people(2))
        advance(run)
        number = row_of(ledger, "C-1").id
        assert find_by_address(ledger, ["+13175550001"], NOON + timedelta(hours=1)) == number
        person = read_people(ledger, [number])[number]
        answer = Answer("m-1", "c-1", Channel.SMS, "stop", NOON)

        noted = at_once(WORKERS, lambda _: note_answer(ledger, person, answer, ()))

        assert sorted(noted) == [False] * (WORKERS - 1) + [True]
        assert find_answering_campaigns(ledger) == [run.campaign.name]
        assert [row.external_contact_id for row in list_answers(ledger, run.campaign.id, ["stop"])] == ["C-1"]
        write_links(ledger, {number: "named"})
        proof = prove(ledger, run.campaign)
    assert (proof.answers, proof.links) == ({"stop": 1}, {"named": 1, "not_shown": 1})
    assert proof.balanced


def test_three_processes_take_fewer_connections_than_the_server_has_by_itself(url: str) -> None:
    most = POOL["pool_size"] + POOL["max_overflow"]
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT boot_val::int FROM pg_settings WHERE name = 'max_connections'"
        ).fetchone()
    assert row
    assert 3 * most < row[0] - 10
