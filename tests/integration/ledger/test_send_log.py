"""By both APIs: a call is noted before its first byte leaves, each time, and not made where it may not go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from outreach.campaign.interaction import interact_batch
from outreach.campaign.run import Run
from tests.support.clients import open_at
from tests.support.clocks import SetClock
from tests.support.emulation import EmulatorThread, emulator_thread
from tests.support.ledgers import NOON, batch, clear, load, new_ledger, new_run, people, states

STARTS = {"platform": "messages.agentless", "guide": "guide.start"}
APIS = pytest.mark.parametrize("api", STARTS)


@contextlib.contextmanager
def cleared(folder: Path, emulator: EmulatorThread, api: str) -> Iterator[Run]:
    """One person, ready to be contacted."""
    with (
        new_ledger(folder, SetClock(NOON)) as ledger,
        open_at(emulator.url, api, ledger.clock) as genesys,
        new_run(ledger, genesys) as run,
    ):
        load(run, people(1))
        clear(run)
        yield run


def watch(run: Run, monkeypatch: pytest.MonkeyPatch, look: Callable[[], int]) -> list[int]:
    """What `look` sees each time that a call says that it leaves."""
    seen: list[int] = []
    note_sent = run.ledger.executor.note_sent

    def note(owner: str, reference: str) -> bool:
        seen.append(look())
        return note_sent(owner, reference)

    monkeypatch.setattr(run.ledger.executor, "note_sent", note)
    return seen


@APIS
def test_a_call_says_that_it_leaves_before_anybody_is_contacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    with emulator_thread() as emulator, cleared(tmp_path, emulator, api) as run:
        seen = watch(run, monkeypatch, lambda: len(emulator.org.truth.rows))

        assert interact_batch(run, batch(run)) == {"started": 1}

        assert seen == [0]
        assert len(emulator.org.truth.rows) == 1


@APIS
def test_a_call_that_may_not_leave_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    with emulator_thread() as emulator, cleared(tmp_path, emulator, api) as run:

        def stay(owner: str, reference: str) -> bool:
            run.auto_stop.stop("enough")
            return False

        monkeypatch.setattr(run.ledger.executor, "note_sent", stay)

        assert interact_batch(run, batch(run)) == {"cleared": 1}

        assert states(run.ledger) == {"C-1": "cleared"}
        assert emulator.org.truth.rows == []


@APIS
def test_a_call_that_is_sent_again_after_a_new_login_says_so_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api: str
) -> None:
    faults = [{"kind": "unauthorized", "operation": STARTS[api], "times": 1}]
    with emulator_thread(faults=faults) as emulator, cleared(tmp_path, emulator, api) as run:
        seen = watch(run, monkeypatch, lambda: emulator.metrics()["by_operation"]["oauth.token"])

        assert interact_batch(run, batch(run)) == {"started": 1}

        assert seen == [1, 2]  # each time with the token in hand
        assert len(emulator.org.truth.rows) == 1
