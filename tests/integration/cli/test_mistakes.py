"""Whatever a person gets wrong ends in one clear sentence and exit code 2, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.ledger.opening import open_ledger
from outreach.ledger.outbox import LedgerOutbox
from outreach.webhook.outbox import Settlement
from tests.support.forks import ROOT, outreach
from tests.support.ledger_outbox import ENDPOINT, fill_ledger

EXAMPLES = ROOT / "cli" / "contacts.csv"
GOOD = "external_contact_id,name,email\nA-1,Ann,ann@example.com\n"

MISTAKES = {
    "a missing file": (["run", "none.csv", "--campaign", "c"], "does not exist"),
    "a folder": (["run", ".", "--campaign", "c"], "is a folder"),
    "an unknown ending": (["run", "list.docx", "--campaign", "c"], "no kind of contact list"),
    "an empty source": (["run", "empty.csv", "--campaign", "c"], "empty"),
    "a wrong column": (["run", "wrong.csv", "--campaign", "c"], "external_contact_id"),
    "an unreadable Parquet": (["run", "bad.parquet", "--campaign", "c"], "Parquet"),
    "a URL of no known kind": (["run", "gopher://x/y.csv", "--campaign", "c"], "gopher"),
    "a password in the source": (
        ["run", "postgresql://u:secret@h/d#SELECT 1", "--campaign", "c"],
        "in clear",
    ),
    "no campaign": (["run", "good.csv"], "--campaign"),
    "a campaign name that is a path": (
        ["run", "good.csv", "--campaign", "../../etc/x", "--dry-run"],
        "cannot name a campaign",
    ),
    "an unknown rule pack": (["run", "good.csv", "--campaign", "c", "--dry-run", "--rules", "mars"], "mars"),
    "an unknown channel": (["run", "good.csv", "--campaign", "c", "--channels", "fax"], "channel_order"),
    "a wrong column mapping": (["run", "good.csv", "--campaign", "c", "--columns", "Mobile"], "Mobile"),
    "settings that are no JSON": (["run", "good.csv", "--campaign", "c", "--settings", "good.csv"], "JSON"),
    "an unknown setting": (["run", "good.csv", "--campaign", "c", "--settings", "odd.json"], "threads"),
    "no ledger": (["proof", "c"], "no ledger"),
    "an unknown campaign": (["proof", "c", "--ledger", "sqlite:///l.db"], "no campaign"),
    "an unknown verb": (["frobnicate"], "frobnicate"),
    "--at without --dry-run": (["run", "good.csv", "--campaign", "c", "--at", "2026-01-01"], "--dry-run"),
    "an unknown event": (
        ["replay", "--since", "2026-01-01", "--event", "contact_created", "--ledger", "sqlite:///l.db"],
        "contact_interaction_created",
    ),
    "a campaign to replay that nobody knows": (
        ["replay", "--since", "2026-01-01", "--campaign", "c", "--ledger", "sqlite:///l.db"],
        "no campaign",
    ),
    "a time window the wrong way round": (
        ["replay", "--since", "2026-01-02", "--until", "2026-01-01", "--ledger", "sqlite:///l.db"],
        "--until",
    ),
    "a password on the command line": (
        ["proof", "c", "--ledger", "postgresql://me:secret@db.example/ledger"],
        "OUTREACH_LEDGER",
    ),
    "nobody to suppress": (["suppress", "--ledger", "sqlite:///l.db"], "Whom"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mistakes")
    (path / "good.csv").write_text(GOOD)
    with open_ledger(f"sqlite:///{path / 'l.db'}"):
        pass
    (path / "empty.csv").write_text("")
    (path / "wrong.csv").write_text("ident,name,email\nA-1,Ann,ann@example.com\n")
    (path / "bad.parquet").write_bytes(b"PAR1 not really")
    (path / "odd.json").write_text('{"threads": 1000}')
    return path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_gives_one_sentence_and_exit_code_2(mistake: str, folder: Path) -> None:
    arguments, word = MISTAKES[mistake]

    done = outreach(*arguments, cwd=folder)

    assert done.returncode == 2, done.stderr
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "secret" not in done.stderr


def test_the_installed_command_ends_as_its_forks_do(folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("outreach")), "run", "none.csv", "--campaign", "c"]

    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)

    forked = outreach(*command[1:], cwd=folder)
    assert (done.returncode, done.stdout) == (forked.returncode, forked.stdout) == (2, "")
    assert done.stderr.split() == forked.stderr.split()


def test_a_dry_run_prints_one_json_object_with_a_decision_for_each_row(folder: Path) -> None:
    at = "2026-07-01T15:00:00Z"

    done = outreach("run", str(EXAMPLES), "--campaign", "c", "--dry-run", "--at", at, "--json", cwd=folder)
    said = json.loads(done.stdout)

    assert done.returncode == 0
    assert len(said["decisions"]) == said["forecast"]["total"] == 195
    keys = {"external_contact_id", "verdict", "channel", "reasons", "next_allowed_at"}
    assert all(keys <= decision.keys() for decision in said["decisions"])
    assert {d["verdict"] for d in said["decisions"]} == {"allowed", "deferred", "blocked", "held", "rejected"}


@pytest.mark.parametrize(
    "verb",
    [
        *("run", "demo", "emulator", "preflight", "proof", "why", "export", "retry", "resolve"),
        *("redeliver", "replay", "follow-up", "suppress", "erase", "audit", "deploy", "selfscan"),
        *("export-person", "up"),
    ],
)
def test_every_verb_has_help(verb: str, folder: Path) -> None:
    done = outreach(verb, "--help", cwd=folder)

    assert done.returncode == 0
    assert verb in done.stdout


@pytest.mark.parametrize("verb", ["run", "follow-up"])
def test_every_block_that_a_verb_opens_can_be_named(verb: str, folder: Path) -> None:
    shown = outreach(verb, "--help", cwd=folder).stdout

    assert all(name in shown for name in ("--genesys", "--senders", "--webhook", "--ledger"))


def test_a_proof_lists_what_the_crm_was_not_told_and_why(folder: Path) -> None:
    url = f"sqlite:///{folder / 'told.db'}"
    with open_ledger(url) as ledger:
        fill_ledger(ledger, 3, 1)
        box, now = LedgerOutbox(ledger, ENDPOINT), ledger.clock.now()
        box.settle([Settlement(box.take(1, now, 60)[0].id, "dead", None, 400, "E_HTTP", "no")], now)

    said = json.loads(outreach("proof", "webhooks", "--ledger", url, "--json", cwd=folder).stdout)
    shown = outreach("proof", "webhooks", "--ledger", url, cwd=folder).stdout

    listed = [(row["events"], row["state"], row["code"], row["status"]) for row in said["undelivered"]]
    assert listed == [(2, "pending", "not_tried", 0), (1, "dead", "E_HTTP", 400)]
    assert "1 contact_interaction_created dead: E_HTTP 400, since" in shown
