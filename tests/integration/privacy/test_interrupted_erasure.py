"""Where forgetting is cut short, the next one ends it: a process died, or another program held the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from outreach.ledger.audit.verification import verify
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy import forgetting, retention
from outreach.ledger.privacy.retention import purge
from outreach.operations.export import export_contacts
from outreach.privacy import erasure
from outreach.privacy.erasure import erase
from tests.integration.privacy.test_erasure import ADA, TRACES, run_with, traces
from tests.integration.privacy.test_remains import STRANGER, content, plant
from tests.support.ledgers import new_ledger, people

DEAD = "the process is gone"
BY_MAIL_ALONE: dict[str, object] = {
    "external_contact_id": "",
    "name": "Ada Quillfeather",
    "email": "ada.quill@example.org",
}


def die(*_: object, **__: object) -> Any:
    raise SystemExit(DEAD)


STEPS: dict[str, tuple[object, str]] = {
    "suppressed": (erasure, "clean"),
    "files": (erasure, "forget_rows"),
    "rows": (erasure, "forget"),
    "contacts": (erasure, "rewrite"),
}


@pytest.mark.parametrize("who", ["EXT-7", "+13175550177"])
@pytest.mark.parametrize("dies_after", STEPS)
def test_an_erasure_that_died_is_ended_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_after: str, who: str
) -> None:
    with new_ledger(tmp_path) as ledger:
        run = run_with(ledger, tmp_path, [*people(5), ADA, BY_MAIL_ALONE])
        export_contacts(ledger, run.campaign, ["started", "rejected"], tmp_path / "spring.csv")
        monkeypatch.setattr(*STEPS[dies_after], die)
        with pytest.raises(SystemExit, match=DEAD):
            erase(ledger, who)
        monkeypatch.undo()
    assert dies_after == "contacts" or len(traces(tmp_path)) == len(TRACES)

    with new_ledger(tmp_path) as ledger:
        assert erase(ledger, who).rewritten
        assert verify(ledger, run.campaign).intact
    assert traces(tmp_path) == []


def test_what_an_erasure_that_died_left_in_the_file_goes_with_anybodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_ledger(tmp_path) as ledger:
        run_with(ledger, tmp_path, [*people(300), ADA])
        monkeypatch.setattr(erasure, "rewrite", die)
        with pytest.raises(SystemExit, match=DEAD):
            erase(ledger, "EXT-7")
        monkeypatch.undo()
    plant(tmp_path / "ledger.db", STRANGER)
    with new_ledger(tmp_path) as ledger:
        erase(ledger, "C-3")
    assert STRANGER not in content(tmp_path)


def purge_all(ledger: Ledger) -> retention.Purged:
    ledger.clock.sleep(400 * 86_400)
    return purge(ledger, 365, dry_run=False)


def test_a_retention_says_when_somebody_held_the_ledger_and_the_next_one_makes_up_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with new_ledger(tmp_path) as ledger:
        run_with(ledger, tmp_path, people(300))
        monkeypatch.setattr(forgetting, "_rewrite_sqlite", lambda *_: False)
        assert not purge_all(ledger).rewritten
    monkeypatch.undo()
    plant(tmp_path / "ledger.db", STRANGER)

    with new_ledger(tmp_path) as ledger:
        done = purge_all(ledger)
    assert (done.contacts, done.rewritten) == (0, True)
    assert STRANGER not in content(tmp_path)


def test_a_retention_that_forgets_nobody_writes_nothing_anew(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        run_with(ledger, tmp_path, people(300))
    plant(tmp_path / "ledger.db", STRANGER)
    with new_ledger(tmp_path) as ledger:
        assert purge(ledger, 365, dry_run=False).rewritten
    assert STRANGER in content(tmp_path)
