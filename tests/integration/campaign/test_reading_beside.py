"""A large list is read by a process of its own: the ledger gets the same, and the process is gone."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.campaign import loading
from outreach.campaign.loading import load_source
from outreach.campaign.run import Run
from outreach.concurrency import side_process
from outreach.errors import LedgerError, SourceError
from outreach.ledger.database.schema import contacts, rejects
from outreach.ledger.loads.load import Loading
from outreach.ledger.proof import prove
from outreach.sources.opening import open_source
from tests.support.ledgers import new_ledger, new_run
from tests.support.organisations import Organisation
from tests.support.reading_beside import read_beside

LISTS = [
    Path(__file__).parents[1] / "sources" / "lists" / name
    for name in (
        "11-lead-export-utf16.csv",
        "16-gz-without-suffix.csv",
        "23-written-numbers.csv",
        "24-entities.json",
        "24-nested-phones.jsonl",
    )
]
NASTY = (
    "external_contact_id,name,sms,email,initial_message,Color,time_zone\n"
    "C-1,Ana,+1 317 5550101,a@example.com,Hi,red,Europe/Berlin\n"
    '"C-2","Two\nlines",+13175550102,,,,\n'
    "C-3,Bad,12,nobody,,,\n"
    'C-4,Quo"te,+13175550104,,,,\n'
    "\n"
    "C-1,Again,+13175550101,,,,\n"
    "C-5,Field,+13175550105,,Dear {{ name }},,\n"
    "C-6,Zone,+13175550106,,,,Nowhere/City\n"
    "C-7,Fein,0171 5550107,,,,\n"
    + "".join(f"D-{n},Row,+1317555{n:04d},,,,\n" for n in range(4500))
    + "C-8,Cut,+1317"
)
LONG = "".join(f"\nE-{n},Row,+4930{n:07d},,,," for n in range(30_000))


def take_in(run: Run, path: Path, rejected: Path) -> dict[str, Any]:
    """What a load leaves: in the ledger, in the rejects file, and in what it says of the list."""
    source = open_source(str(path), country="DE")
    loaded = load_source(run, source, rejected)
    c, r = contacts.c, rejects.c
    people = run.ledger.db.rows(
        select(c.id, c.external_contact_id, c.line, c.payload, c.state, c.audit_count).order_by(c.id)
    )
    refused = run.ledger.db.rows(
        select(r.line, r.code, r.reason, r.retryable, r.duplicate, r.external_contact_id, r.raw).order_by(
            r.line, r.code
        )
    )
    said = (source.columns_in_words, source.columns, source.notes, source.assumed_encoding, source.numbers)
    assert prove(run.ledger, run.campaign).balanced
    return {
        "loaded": loaded,
        "people": [tuple(row) for row in people],
        "refused": [tuple(row) for row in refused],
        "file": rejected.read_bytes() if rejected.exists() else b"",
        "said": [list(each) if not isinstance(each, dict) else dict(each) for each in said],
        "known": load_source(run, open_source(str(path), country="DE"), rejected),
    }


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    path = tmp_path / "nasty.csv"
    path.write_text(NASTY, encoding="utf-8")
    return path


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> None:
    read_beside(monkeypatch)


def reading_processes() -> list[int]:
    """Those that this process started and that are still there."""
    shown = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
        check=False,
    )
    return [int(line.split()[0]) for line in shown.stdout.splitlines() if side_process.__name__ in line]


@pytest.mark.parametrize("path", [*LISTS, None], ids=lambda path: path.name if path else "nasty")
def test_a_list_read_beside_leaves_what_it_leaves_when_read_here(
    path: Path | None, nasty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name in ("here", "beside"):
        if name == "beside":
            read_beside(monkeypatch)
        folder = tmp_path / name
        folder.mkdir()
        with new_ledger(folder) as ledger, new_run(ledger, Organisation()) as run:
            try:
                found.append(take_in(run, path or nasty, folder / "rejects.csv"))
            except SourceError as error:
                found.append({"error": str(error)})

    assert found[0] == found[1]


@pytest.mark.usefixtures("beside")
def test_a_reading_process_that_is_killed_costs_a_sentence_and_no_row(
    run: Run, nasty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: Any) -> Any:
        made = real(*arguments)
        yield next(made)
        (pid,) = reading_processes()
        os.kill(pid, signal.SIGKILL)
        yield from made

    real = side_process.make_beside
    nasty.write_text(NASTY + LONG)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "make_beside", killed)
        with pytest.raises(SourceError, match="read by a process that ended before it"):
            load_source(run, open_source(str(nasty)))

    loaded = load_source(run, open_source(str(nasty)))

    assert loaded.known >= 2000
    assert loaded.rows_read == 34_509
    assert prove(run.ledger, run.campaign).balanced


@pytest.mark.usefixtures("beside")
def test_nothing_runs_on_after_an_interrupt(run: Run, nasty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any) -> Any:
        for chunk in real(*arguments):
            yield chunk
            assert reading_processes()
            raise KeyboardInterrupt

    real = side_process.make_beside
    monkeypatch.setattr(loading, "make_beside", interrupted)
    nasty.write_text(NASTY + LONG)  # else it has been read to its end by then

    with pytest.raises(KeyboardInterrupt):
        load_source(run, open_source(str(nasty)))

    assert not reading_processes()


@pytest.mark.usefixtures("beside")
def test_no_reading_process_outlives_a_row_that_could_not_be_written(
    run: Run, nasty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task's error is kept until it is tried again, and with it everything that it held."""

    def fail(*_: object) -> None:
        assert reading_processes()
        raise LedgerError("The disk is full.", "Make room.")

    nasty.write_text(NASTY + LONG)
    monkeypatch.setattr(Loading, "_place", fail)

    with pytest.raises(LedgerError) as kept:
        load_source(run, open_source(str(nasty)))

    assert not reading_processes()
    assert kept.value.__traceback__


@pytest.mark.usefixtures("beside")
@pytest.mark.parametrize("how", ["refused", "ends at once"])
def test_a_list_is_read_here_where_no_other_process_can_be_had(
    run: Run, nasty: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    if how == "refused":
        monkeypatch.setattr(subprocess, "Popen", refuse)
    else:
        monkeypatch.setattr(sys, "executable", "/bin/true")

    loaded = load_source(run, open_source(str(nasty)))
    assert loaded.rows_read == 4509


@pytest.mark.usefixtures("beside")
def test_a_list_that_the_machine_cannot_even_look_up_is_said_in_a_sentence(run: Run, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Check address"):
        load_source(run, open_source(str(tmp_path / f"{'x' * 300}.csv")))


def test_no_process_is_started_with_one_core_or_busy_ones_or_under_an_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(side_process, "_count_cores", lambda: 2)
    monkeypatch.setattr(side_process, "_read_load", lambda: 2.0)
    assert not side_process.may_start()
    monkeypatch.setattr(side_process, "_read_load", lambda: 0.5)
    assert side_process.may_start()

    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "distributed", side_process)
        assert not side_process.may_start()
    monkeypatch.setattr(side_process, "_count_cores", lambda: 1)
    assert not side_process.may_start()
