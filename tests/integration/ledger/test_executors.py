from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from outreach.campaign.interaction import interact_batch
from outreach.campaign.registration import register_batch
from outreach.campaign.run import Run
from outreach.errors import LedgerError
from outreach.genesys.interface import Started
from outreach.ledger.claims import claim
from outreach.ledger.database.engine import Database
from outreach.ledger.database.schema import contacts, executors, intents
from outreach.ledger.executors import send_log
from outreach.ledger.executors.processes import born, host, is_gone
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.release import leave, release_dead_executors
from outreach.ledger.states import State
from tests.support.clocks import SetClock
from tests.support.ledgers import (
    attempt,
    batch,
    clear,
    intend,
    kill,
    load,
    new_ledger,
    new_run,
    people,
    row_of,
    states,
)
from tests.support.organisations import Organisation


@pytest.fixture
def heir(run: Run, tmp_path: Path, clock: SetClock) -> Iterator[Ledger]:
    """Another process on the same ledger, in which two people wait to be contacted."""
    load(run, people(2))
    clear(run)
    with new_ledger(tmp_path, clock) as opened:
        yield opened


def claim_one(run: Run, *wanted: State) -> int:
    return claim(run.ledger, run.campaign.id, batch(run), wanted, limit=1)[0].id


def test_a_living_process_is_not_buried(run: Run, heir: Ledger) -> None:
    claim_one(run, State.CLEARED)

    assert release_dead_executors(heir) == []


def test_what_the_dead_held_is_free_again_with_one_death_more(run: Run, heir: Ledger) -> None:
    contact_id = claim_one(run, State.CLEARED)
    kill(run.ledger)

    assert release_dead_executors(heir) == [contact_id]
    assert row_of(heir, "C-1").lease_owner is None
    assert row_of(heir, "C-1").deaths == 1
    assert states(heir) == {"C-1": "cleared", "C-2": "cleared"}


def test_an_intent_of_the_dead_is_in_doubt(run: Run, heir: Ledger) -> None:
    intend(run)
    kill(run.ledger)

    release_dead_executors(heir)

    assert states(heir)["C-1"] == "unknown:process_died"
    with heir.db.read() as connection:
        assert connection.execute(select(intents.c.outcome)).scalars().all() == ["unknown"]


def test_an_intent_whose_call_the_dead_had_not_let_go_is_free_at_once(run: Run, heir: Ledger) -> None:
    intend(run, 2, departed=False)
    run.ledger.executor.note_sent(run.ledger.executor.id, row_of(heir, "C-2").reference)
    kill(run.ledger)

    release_dead_executors(heir)

    assert states(heir) == {"C-1": "cleared", "C-2": "unknown:process_died"}
    assert row_of(heir, "C-1").deaths == 1
    assert prove(heir, run.campaign).balanced


@pytest.mark.parametrize(
    "loss", ["gone", "of another boot", "made by another user", "without a mark", "no text", "copied"]
)
def test_without_the_departures_of_the_dead_everything_it_intended_is_in_doubt(
    run: Run, heir: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, loss: str
) -> None:
    intend(run, 2, departed=False)
    file = send_log._path(run.ledger.executor.id)
    kill(run.ledger)
    marked, mine = file.read_text(), os.getuid()
    if loss == "gone":
        file.unlink()
    elif loss == "of another boot":
        monkeypatch.setattr(send_log, "host", lambda: "another/boot")
    elif loss == "without a mark":
        file.write_text(f"{host()} {mine}\n")
    elif loss == "no text":
        file.write_bytes(b"\xff\n")
    elif loss == "copied":  # by somebody who may read it, without the notes
        other = file.parent.with_name(f"{send_log.FOLDERS}{mine + 1}-{file.name}")
        other.mkdir(mode=0o755)
        (other / file.name).write_text(marked)
    else:  # its mark is for a user whose file it is not
        file.write_text(f"{send_log._head(file.name, run.ledger.vault, mine + 1)}\n")

    release_dead_executors(heir)

    assert set(states(heir).values()) == {"unknown:process_died"}
    for left in Path(tempfile.gettempdir()).glob(f"{send_log.FOLDERS}*-{file.name}"):
        shutil.rmtree(left)


def test_the_next_run_of_another_user_knows_what_never_left(
    run: Run, heir: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    intend(run, 2, departed=False)
    run.ledger.executor.note_sent(run.ledger.executor.id, row_of(heir, "C-2").reference)
    kill(run.ledger)
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)

    release_dead_executors(heir)

    assert states(heir) == {"C-1": "cleared", "C-2": "unknown:process_died"}


def test_what_never_left_is_found_among_twenty_thousand_notes_in_little_memory(
    run: Run, heir: Ledger
) -> None:
    intend(run, 2, departed=False)
    for number in range(20_000):
        run.ledger.executor.note_sent(run.ledger.executor.id, f"{number:032x}")
    run.ledger.executor.note_sent(run.ledger.executor.id, row_of(heir, "C-2").reference)
    kill(run.ledger)
    tracemalloc.start()

    release_dead_executors(heir)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert states(heir) == {"C-1": "cleared", "C-2": "unknown:process_died"}
    assert peak < 2_000_000  # all of them at once: 5 MB


def test_others_may_read_the_notes_and_not_write_them(run: Run, heir: Ledger) -> None:
    intend(run)
    file = send_log._path(run.ledger.executor.id)

    assert [oct(each.stat().st_mode & 0o777) for each in (file, file.parent)] == ["0o644", "0o755"]


def test_what_another_machine_had_not_let_go_is_in_doubt_since_it_may_still_send(
    run: Run, heir: Ledger, clock: SetClock
) -> None:
    intend(run, departed=False)
    with heir.db.write() as connection:
        connection.execute(update(executors).values(host="elsewhere"))
    clock.advance(61)

    release_dead_executors(heir)

    assert states(heir)["C-1"] == "unknown:process_died"


def test_a_call_that_cannot_be_noted_leaves_no_notes_at_all(run: Run, heir: Ledger) -> None:
    intend(run, 2, departed=False)
    beat = run.ledger.executor._beat
    assert beat
    os.close(beat._send_log._file or 0)  # what a full disk does: the write fails

    assert run.ledger.executor.note_sent(run.ledger.executor.id, "a reference")
    assert not send_log._path(run.ledger.executor.id).exists()


def test_a_process_that_others_may_think_dead_lets_no_call_go(
    run: Run, heir: Ledger, clock: SetClock
) -> None:
    opened = intend(run, departed=False)[0]
    clock.advance(21)

    assert not run.ledger.executor.note_sent(opened.claimed.owner, opened.reference)


def test_a_process_that_has_begun_to_end_lets_no_call_go(run: Run, heir: Ledger) -> None:
    opened = intend(run, departed=False)[0]
    kill(run.ledger)

    assert not run.ledger.executor.note_sent(opened.claimed.owner, opened.reference)


def test_the_notes_end_only_after_a_call_that_goes_while_the_process_ends(
    run: Run, heir: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = intend(run, departed=False)[0]
    beat = run.ledger.executor._beat
    assert beat
    note, is_going, may_go = beat._send_log.note, threading.Event(), threading.Event()

    def note_late(reference: str) -> None:
        is_going.set()
        may_go.wait()
        note(reference)

    monkeypatch.setattr(beat._send_log, "note", note_late)
    with ThreadPoolExecutor(2) as crew:
        going = crew.submit(run.ledger.executor.note_sent, opened.claimed.owner, opened.reference)
        is_going.wait()
        ending = crew.submit(kill, run.ledger)
        wait([ending], timeout=0.3)  # without the lock it has ended by then
        may_go.set()

    assert going.result()
    assert send_log.find_sent(beat.executor, run.ledger.vault, [opened.reference]) == frozenset(
        {opened.reference}
    )


def test_a_row_that_was_alone_at_two_deaths_is_quarantined_and_no_other(
    run: Run, heir: Ledger, tmp_path: Path
) -> None:
    for deaths in (1, 2, 3):
        with new_ledger(tmp_path, SetClock(run.ledger.clock.now())) as victim:
            ids = [r.id for r in claim(victim, run.campaign.id, batch(run), (State.CLEARED,), limit=5)]
            assert len(ids) == (2 if deaths == 1 else 1)  # after a death it is taken alone
            kill(victim)
            release_dead_executors(heir)

    assert states(heir) == {"C-1": "held:poison", "C-2": "cleared"}


@pytest.mark.parametrize("state", [State.ACCEPTED, State.REGISTERED])
def test_five_kills_while_people_are_registered_or_decided_on_hold_and_suspect_nobody(
    run: Run, tmp_path: Path, clock: SetClock, state: State
) -> None:
    load(run, people(1))
    if state is State.REGISTERED:
        register_batch(run, batch(run))
    for _ in range(5):
        with new_ledger(tmp_path, clock) as victim:
            assert len(claim(victim, run.campaign.id, batch(run), (state,), limit=5)) == 1
            kill(victim)
            release_dead_executors(run.ledger)

    assert states(run.ledger) == {"C-1": state.value}
    assert row_of(run.ledger, "C-1").deaths == 0


def test_kills_that_a_row_shared_with_others_never_hold_it(
    run: Run, heir: Ledger, tmp_path: Path, clock: SetClock
) -> None:
    """A suspect is claimed alone in its batch, while another batch of the same process has people in hand."""
    load(run, people(6, first=3))
    clear(run)
    for _ in range(5):
        with new_ledger(tmp_path, clock) as victim:
            for first, last in ((1, 4), (5, 8)):
                part = replace(batch(run), first=first, last=last)
                assert claim(victim, run.campaign.id, part, (State.CLEARED,), limit=4)
            kill(victim)
            release_dead_executors(heir)

    assert set(states(heir).values()) == {"cleared"}
    assert {row_of(heir, f"C-{n}").deaths for n in range(1, 9)} == {1}


def test_a_row_that_nothing_holds_back_any_more_is_freed_even_when_it_kills(run: Run, heir: Ledger) -> None:
    attempt(run, intend(run)[0], Started("c-1", 1.0))
    with run.ledger.db.write() as connection:
        leased = {"lease_owner": "gone", "deaths": 5}
        connection.execute(update(contacts).where(contacts.c.state == "started").values(leased))

    release_dead_executors(heir)

    assert row_of(heir, "C-1").lease_owner is None
    assert row_of(heir, "C-1").state == "started"


class Interrupted(Database):
    """A database in front of which somebody else acts, right after so many looks."""

    def __init__(self, database: Database, looks: int, act: Callable[[], object]) -> None:
        vars(self).update(vars(database))
        self._looks, self._act = looks, act

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        with super().read() as connection:
            yield connection
        self._looks -= 1
        if self._looks == 0:
            self._act()


@pytest.mark.parametrize("state", [State.CLEARED, State.INTENT])
def test_a_burial_that_comes_late_takes_nothing_from_whoever_has_it_now(
    run: Run, heir: Ledger, tmp_path: Path, clock: SetClock, state: State
) -> None:
    claim_one(run, State.CLEARED)
    kill(run.ledger)

    def be_faster() -> None:
        release_dead_executors(heir)
        with new_run(heir, Organisation()) as other:
            if state is State.INTENT:
                intend(other, 2)
            else:
                claim(heir, run.campaign.id, batch(run), (State.CLEARED,), limit=2)
                claim(heir, run.campaign.id, batch(run), (State.CLEARED,), limit=2)

    with new_ledger(tmp_path, clock) as slow:
        slow.db = Interrupted(slow.db, 2, be_faster)
        assert release_dead_executors(slow) == []

    assert row_of(heir, "C-1").deaths == 1
    assert {row_of(heir, name).lease_owner for name in ("C-1", "C-2")} == (
        {heir.executor.id} if state is State.CLEARED else {heir.executor.id, None}
    )
    assert "unknown" not in str(states(heir))


def test_a_process_on_another_machine_is_dead_after_a_minute_unseen(
    run: Run, heir: Ledger, clock: SetClock
) -> None:
    claim_one(run, State.CLEARED)
    with heir.db.write() as connection:
        connection.execute(update(executors).values(host="elsewhere"))

    clock.advance(59)
    assert release_dead_executors(heir) == []
    clock.advance(2)
    assert len(release_dead_executors(heir)) == 1


def test_a_process_that_was_buried_alive_acts_on_nothing_and_claims_as_a_new_one(
    run: Run, heir: Ledger, organisation: Organisation
) -> None:
    first = run.ledger.executor.enter()
    with heir.db.write() as connection:
        connection.execute(delete(executors))
    run.ledger.clock.sleep(21)  # long enough for others to think so

    assert not run.ledger.executor.may_act(first)
    assert interact_batch(run, batch(run)) == {"started": 2}
    assert run.ledger.executor.id != first
    assert len(organisation.contacted) == 2


def test_what_a_buried_process_claimed_before_it_knew_is_freed(run: Run, heir: Ledger) -> None:
    claim_one(run, State.CLEARED)
    with heir.db.write() as connection:
        connection.execute(delete(executors))

    assert len(release_dead_executors(heir)) == 1


def test_a_process_that_could_not_say_that_it_lives_contacts_nobody_until_it_has(
    run: Run, heir: Ledger, clock: SetClock
) -> None:
    owner = run.ledger.executor.enter()
    clock.advance(21)

    assert not run.ledger.executor.may_act(owner)
    assert run.ledger.executor.enter() == owner
    assert run.ledger.executor.may_act(owner)


def test_a_machine_that_slept_is_not_trusted(run: Run, heir: Ledger, clock: SetClock) -> None:
    owner = run.ledger.executor.enter()
    clock.monotonic = lambda: 0.0  # type: ignore[method-assign]  # it stands still while the machine sleeps
    run.ledger.executor.enter()
    clock.advance(300)

    assert not run.ledger.executor.may_act(owner)


def test_closing_a_ledger_gives_leases_back_and_leaves_no_intent_in_the_air(
    run: Run, heir: Ledger, tmp_path: Path, clock: SetClock
) -> None:
    with new_ledger(tmp_path, clock) as brief:
        claim(brief, run.campaign.id, batch(run), (State.CLEARED,), limit=1)
        intend(run)

    assert row_of(heir, "C-1").lease_owner is None
    assert row_of(heir, "C-1").deaths == 0
    leave(run.ledger)
    assert states(heir)["C-2"] == "unknown:process_ended"
    assert prove(heir, run.campaign).missing == ()


def test_an_executor_that_an_earlier_ledger_of_this_process_left_behind_is_buried(
    run: Run, heir: Ledger
) -> None:
    entry = {"id": "left", "host": host(), "pid": os.getpid(), "born": born(os.getpid())}
    with heir.db.write() as connection:
        connection.execute(insert(executors).values(seen_at=heir.clock.now(), **entry))
        connection.execute(update(contacts).values(lease_owner="left"))

    assert len(release_dead_executors(heir)) == 2


def test_an_executor_without_a_ledger_is_not_entered(run: Run, tmp_path: Path, clock: SetClock) -> None:
    with new_ledger(tmp_path, clock) as ledger:
        with ledger.db.write() as connection:
            connection.exec_driver_sql("ALTER TABLE executors RENAME TO away")
        with pytest.raises(Exception, match="ledger does not answer"):
            ledger.executor.enter()
        with ledger.db.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO executors")

        assert ledger.executor.enter()


def test_who_cannot_enter_leaves_no_file_behind_however_often_it_tries(
    run: Run, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "notes"))
    (tmp_path / "notes").mkdir()
    with new_ledger(tmp_path, clock) as ledger:
        with ledger.db.write() as connection:
            connection.exec_driver_sql("ALTER TABLE executors RENAME TO away")
        for _ in range(3):
            with pytest.raises(LedgerError):
                ledger.executor.enter()

    assert [path for path in (tmp_path / "notes").rglob("*") if path.is_file()] == []


def test_who_was_buried_alive_keeps_no_file_open(run: Run, heir: Ledger) -> None:
    run.ledger.executor.enter()
    beat = run.ledger.executor._beat
    assert beat
    with heir.db.write() as connection:
        connection.execute(delete(executors))

    assert not beat.renew()
    assert beat._send_log._file is None


def test_a_reused_pid_is_not_the_process_that_had_it() -> None:
    now = born(os.getpid())
    assert now
    assert not is_gone(os.getpid(), now)
    assert is_gone(os.getpid(), "1")
    assert is_gone(2**22 + 1, now)
