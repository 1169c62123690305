"""Slips over all verbs: each is one sentence and the right exit code; nothing is lost or made."""

from __future__ import annotations

import contextlib
import io
import itertools
import sys
from collections.abc import Iterator
from contextvars import Context
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.main import execute
from cli.processes import pointed_to
from outreach.ledger.opening import open_ledger
from outreach.ledger.privacy.forgetting import suppress_for_good
from tests.support.byte_server import answer, serve_bytes
from tests.support.ledger_outbox import fill_ledger

AWAY = "http://127.0.0.1:9/api"
ONE = "+13175550001"
MINE = "sqlite:///mine.db"

OF_A_LEDGER = {
    "proof": ["proof", "webhooks"],
    "why": ["why", "webhooks", "C-1"],
    "export": ["export", "webhooks"],
    "retry": ["retry", "webhooks"],
    "resolve": ["resolve", "webhooks", "C-1", "--as", "released", "--reason", "seen"],
    "replay": ["replay", "--since", "2026-01-01"],
    "suppress": ["suppress", ONE],
    "lift": ["suppress", "--lift", ONE],
    "audit verify": ["audit", "verify", "webhooks"],
    "audit export": ["audit", "export", "webhooks"],
    "erase": ["erase", "C-1"],
    "export-person": ["export-person", "C-1"],
    "reseal": ["reseal"],
    "selfscan": ["selfscan"],
    "seal-contact": ["seal-contact"],
}
LEDGERS = {
    "a path that is not there": ("sqlite:///none.db", "none.db"),
    "a folder that is not there": ("sqlite:///no/such/none.db", "none.db"),
    "a contact list": ("sqlite:///list.csv", "list.csv"),
    "an empty file": ("sqlite:///empty.db", "empty.db"),
    "a folder": ("sqlite:///folder", "folder"),
    "no file at all": ("sqlite://", "memory"),
    "no database that we know": ("nonsense://host/name", "URL"),
    "a password for all to see": ("postgresql://me:geheim@host/name", "OUTREACH_LEDGER"),
    "nothing": ("", "empty"),
}
OF_A_SERVER = {
    "run": ["run", "list.csv", "--campaign", "c"],
    "run --dry-run": ["run", "list.csv", "--campaign", "c", "--dry-run"],
    "preflight": ["preflight"],
    "deploy": ["deploy"],
    "redeliver": ["redeliver"],
    "follow-up": ["follow-up"],
}
RUN = ["run", "list.csv", "--campaign", "c"]
WHY = ["why", "webhooks", "C-1", "--ledger", MINE]
EXPORT = ["export", "webhooks", "--ledger", MINE]
AUDIT = ["audit", "export", "webhooks", "--ledger", MINE]
PERSON = ["export-person", "C-1", "--ledger", MINE]
REPLAY = ["replay", "--ledger", MINE, "--since"]
RESOLVE = ["resolve", "webhooks", "C-1", "--ledger", MINE, "--as"]
SUPPRESS = ["suppress", "--ledger", MINE]
ERASE = ["erase", "--ledger", MINE]

BY_THEMSELVES: list[tuple[list[str], str]] = [
    (["frobnicate"], "frobnicate"),
    (["proof"], "--campaign"),
    (["proof", "webhooks", "--nonsense"], "--nonsense"),
    (["proof", "nobody", "--ledger", MINE], "no campaign"),
    (["proof", "", "--ledger", MINE], "no campaign"),
    (["proof", "\udcff", "--ledger", MINE], "UTF-8"),
    (["why", "webhooks"], "--contact"),
    (["why", "webhooks", "nobody", "--ledger", MINE], "nobody"),
    ([*WHY, "--at", "9999-12-31T23:59:59"], "2200"),
    ([*WHY, "--at", "0001-01-01T00:00:00+05:00"], "2000"),
    ([*WHY, "--at", "yesterday"], "yesterday"),
    ([*WHY, "--at", ""], "--at"),
    ([*EXPORT, "--state", ""], "No state"),
    ([*EXPORT, "--state", ",,"], "No state"),
    ([*EXPORT, "--state", "lost"], "no state lost"),
    (["audit", "nonsense"], "nonsense"),
    (["audit", "verify", "nobody", "--ledger", MINE], "no campaign"),
    (["retry", "nobody", "--ledger", MINE], "no campaign"),
    *[
        ([*verb, "--to", to], word)
        for verb in (EXPORT, AUDIT, PERSON)
        for to, word in (
            *(("folder", "folder"), ("", "folder"), ("list.csv", "--force"), ("mine.db", "--force")),
            *(("no/such/x.csv", "no folder"), ("/dev/null", "no file"), ("list.csv/x.csv", "no folder")),
        )
    ],
    ([*REPLAY, "yesterday"], "yesterday"),
    ([*REPLAY, "9999-12-31"], "2200"),
    ([*REPLAY, "2026-01-02", "--until", "2026-01-01"], "--until"),
    ([*REPLAY, "2026-01-01", "--event", "contact_created"], "contact_interaction_created"),
    ([*REPLAY, "2026-01-01", "--campaign", "nobody"], "no campaign"),
    (["replay", "--ledger", MINE], "--since"),
    ([*RESOLVE, "maybe", "--reason", "x"], "maybe"),
    ([*RESOLVE, "released", "--reason", ""], "reason"),
    ([*RESOLVE, "released", "--reason", "x" * 501], "reason"),
    ([*RESOLVE, "released"], "--reason"),
    ([*RESOLVE, "started", "--reason", "seen", "--conversation", "a b"], "C-1"),
    (["resolve", "webhooks", "nobody", "--as", "released", "--reason", "x", "--ledger", MINE], "nobody"),
    (SUPPRESS, "Whom"),
    ([*SUPPRESS, "12"], "address"),
    ([*SUPPRESS, "0171 1234567"], "address"),
    ([*SUPPRESS, "me@"], "address"),
    ([*SUPPRESS, ""], "address"),
    ([*SUPPRESS, ONE, "12"], "address"),
    ([*SUPPRESS, "--file", "nosuch.csv"], "nosuch.csv"),
    ([*SUPPRESS, ONE, "--file", "nosuch.csv"], "nosuch.csv"),
    ([*SUPPRESS, "--file", "folder"], "folder"),
    ([*SUPPRESS, "--file", "odd.csv"], "no column of addresses"),
    ([*SUPPRESS, "--lift"], "Whom"),
    ([*SUPPRESS, "--lift", "12"], "address"),
    ([*SUPPRESS, "--lift", ONE, "--file", "list.csv"], "whole file"),
    ([*SUPPRESS, "--erased", ONE], "--lift"),
    ([*SUPPRESS, "--lift", "+13175550666"], "--erased"),
    ([*ERASE, "+1 317"], "E.164"),
    ([*ERASE, "nobody"], "Nobody"),
    ([*ERASE, ""], "Nobody"),
    ([*ERASE, "C-1", "--files", "nosuch.csv"], "nosuch.csv"),
    (["export-person", "+1 317", "--ledger", MINE], "E.164"),
    (["selfscan", "--paths", "nosuch", "--ledger", MINE], "nosuch"),
    (["run", "none.csv", "--campaign", "c"], "does not exist"),
    (["run", ".", "--campaign", "c"], "is a folder"),
    (["run", "", "--campaign", "c"], "empty"),
    (["run", "list.docx", "--campaign", "c"], "no kind of contact list"),
    (["run", "empty.csv", "--campaign", "c"], "empty"),
    (["run", "odd.csv", "--campaign", "c"], "no column of any channel"),
    (["run", "gopher://x/y.csv", "--campaign", "c"], "gopher"),
    (["run", "postgresql://u:geheim@h/d#SELECT 1", "--campaign", "c"], "in clear"),
    (["run", "sqlite:///mine.db#DELETE FROM contacts", "--campaign", "c"], "SELECT"),
    (["run", "list.csv"], "--campaign"),
    (["run", "list.csv", "--campaign", ""], "cannot name a campaign"),
    (["run", "list.csv", "--campaign", "../../etc/x"], "cannot name a campaign"),
    ([*RUN, "--rules", "mars"], "mars"),
    ([*RUN, "--channels", "fax"], "channel_order"),
    ([*RUN, "--channels", "sms,sms"], "twice"),
    ([*RUN, "--channels", ""], "channel_order"),
    ([*RUN, "--columns", "Mobile"], "Mobile"),
    ([*RUN, "--columns", "Mobile=fax"], "fax"),
    ([*RUN, "--settings", "list.csv"], "JSON"),
    ([*RUN, "--settings", "nosuch.json"], "nosuch.json"),
    ([*RUN, "--settings", "folder"], "folder"),
    ([*RUN, "--settings", "odd.json"], "threads"),
    ([*RUN, "--settings", "devnull.json"], "/dev/null"),
    ([*RUN, "--at", "2026-01-01"], "--dry-run"),
    ([*RUN, "--dry-run", "--rules", "mars"], "mars"),
    ([*RUN, "--dry-run", "--at", "9999-12-31"], "2200"),
    (["demo", "--source", "nosuch.csv"], "nosuch.csv"),
    (["demo", "--api", "soap"], "soap"),
    (["emulator", "--port", "x"], "port"),
    (["up", "--prefect-port", "x"], "port"),
    (["deploy"], "No Prefect server"),
    (["retry", "webhooks"], "demo"),
    (["suppress", ONE], "demo"),
    (["erase", "C-1"], "demo"),
]
OF_SYSTEMS: list[tuple[list[str], str]] = [
    ([*verb, "--ledger", "postgresql://me@127.0.0.1:9/name"], "does not answer")
    for verb in (OF_A_LEDGER["proof"], OF_A_LEDGER["suppress"], OF_A_LEDGER["erase"])
]


class Slip(NamedTuple):
    """What is typed, the exit code, a word of the sentence, and the Prefect API of the settings."""

    arguments: list[str]
    code: int
    word: str
    api: str = ""


SLIPS = {
    **{
        f"{verb}: {what}": Slip([*arguments, "--ledger", url], 2, word)
        for (verb, arguments), (what, (url, word)) in itertools.product(OF_A_LEDGER.items(), LEDGERS.items())
    },
    **{
        f"{verb}: a server that is {api}": Slip(arguments, 2, "--ledger", api)
        for (verb, arguments), api in [
            *itertools.product(OF_A_LEDGER.items(), ("away",)),
            *((verb, "nonsense") for verb in OF_A_LEDGER.items() if verb[0] in ("proof", "suppress")),
        ]
    },
    **{
        f"{verb}: a server that is {api}": Slip(arguments, 2, "The Prefect API at", api)
        for (verb, arguments), api in [
            *itertools.product(OF_A_SERVER.items(), ("away", "nonsense")),
            (("run", OF_A_SERVER["run"]), "no URL"),
        ]
    },
    **{f"{n} {a[0]}": Slip(a, 2, word) for n, (a, word) in enumerate(BY_THEMSELVES)},
    **{f"{a[0]}: a database that is away": Slip(a, 1, word) for a, word in OF_SYSTEMS},
}

CONTACT = b'{"external_contact_id": "A-1", "name": "Ann", "email": "ann@example.com"}'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("slips")
    (path / "list.csv").write_text("external_contact_id,name,email\nA-1,Ann,ann@example.com\n" * 3)
    (path / "odd.csv").write_text("id,full name\nA-1,Ann\n")
    (path / "empty.csv").touch()
    (path / "empty.db").touch()
    (path / "odd.json").write_text('{"threads": 1000}')
    (path / "devnull.json").write_text('{"output": "/dev/null"}')
    (path / "folder").mkdir()
    (path / "out/demo").mkdir(parents=True)
    for name in ("mine.db", "out/demo/ledger.db"):
        with open_ledger(f"sqlite:///{path / name}") as ledger:
            fill_ledger(ledger, 2, 1)
            suppress_for_good(ledger, ["+13175550666"])
    return path


@pytest.fixture(scope="module")
def apis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    page = answer(200, b"<html>Welcome</html>", content_type="text/html")
    nowhere = {"PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")), "PREFECT_API_URL": ""}
    with serve_bytes(page) as nonsense, pointed_to(nowhere):
        yield {"away": AWAY, "nonsense": f"{nonsense.url}/api", "no URL": "nonsense", "": ""}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_one_sentence_and_nothing_is_lost_or_made(
    name: str,
    folder: Path,
    apis: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    slip = SLIPS[name]
    before = tree(folder)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONTACT)))
    monkeypatch.delenv("OUTREACH_LEDGER", raising=False)

    with pointed_to({"PREFECT_API_URL": apis[slip.api]}) if slip.api else contextlib.nullcontext():
        code = Context().run(execute, slip.arguments)  # flows that went before have another server's settings
    said = capsys.readouterr()

    assert (code, said.out) == (slip.code, ""), said.err
    assert said.err.startswith("outreach: ")
    assert slip.word in said.err
    assert len(said.err.splitlines()) == 1, said.err
    assert not any(word in said.err for word in ("Traceback", "geheim", "mistake of this program"))
    assert tree(folder) == before


def test_there_are_enough_of_them() -> None:
    assert len(SLIPS) >= 200
