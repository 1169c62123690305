"""The how-tos tell the truth: their commands run, their parameters fit the form, their names exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import orjson
import pytest
from tenacity import retry, retry_if_result, stop_after_attempt, wait_fixed

from cli.main import execute
from deployments.production import POOL, deploy
from deployments.registry import DEPLOYMENTS
from flows.events import Signal
from tests.flows.office import LEDGER_KEY, Office, call_off
from tests.support.byte_server import answer, serve_bytes
from tests.support.postgres import postgres

DOCS = Path(__file__).parents[2] / "docs"
README = DOCS.parent / "README.md"
HOW_TOS = [
    README,
    *(
        DOCS / f"{name}.md"
        for name in ("first-organisation", "schedules", "resuming", "workers", "upgrading")
    ),
]
BLOCK = re.compile(r"^ *```console\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^ *(?:\$ )?((?:outreach|prefect) .*)$", re.MULTILINE)
MENTION = re.compile(
    r"(?:^ *|`)(?:\$ )?outreach ([a-z][a-z-]+(?: (?:verify|export|backup|move|catch-up))?)([^`\n#]*)",
    re.MULTILINE,
)
OPTION = re.compile(r"--[a-z][a-z-]+")


def commands(page: Path) -> list[str]:
    """What stands in the page's console blocks, word for word."""
    return [command for block in BLOCK.findall(page.read_text()) for command in COMMAND.findall(block)]


def mentions() -> list[tuple[str, str, str]]:
    """Every verb and option of `outreach` that any page speaks of: page, verb, options."""
    return [
        (page.name, verb, options)
        for page in [README, *DOCS.glob("*.md")]
        for verb, options in MENTION.findall(page.read_text())
    ]


def run(command: str, folder: Path, database: str) -> subprocess.CompletedProcess[str]:
    """Run it in a folder, which has the places that the pages name on a machine, and an own database."""
    for place in ("/backup/", "/var/lib/outreach/"):
        command = command.replace(place, f"{folder}{place}")
    command = command.replace("postgresql://outreach@db/outreach", database)
    program, *arguments = shlex.split(command, comments=True)
    module = {"outreach": "cli.main", "prefect": "prefect"}[program]
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.mark.postgres
@pytest.mark.slow
def test_their_commands_run_one_after_the_other(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.name = "default"
    office.genesys.configure(requests_per_minute=300)
    office.budget = 300
    office.save_blocks()
    people = Path(office.source(3)).read_text().replace("C-1,", "EXT-1,").replace("C-2,", "EXT-9928374,")
    (tmp_path / "contacts.csv").write_text(people)
    monkeypatch.setenv("PYTHONPATH", str(DOCS.parent))
    monkeypatch.setenv("OUTREACH_LEDGER_KEY", LEDGER_KEY)  # its block has one: a copy has no key beside it

    different = list(dict.fromkeys(command for name in HOW_TOS for command in commands(name)))

    assert len(different) > len(HOW_TOS)
    with postgres() as server:
        database = server.new_database()
        for command in different:
            done = run(command, tmp_path, database)
            is_early = "Catch up again after" in done.stderr  # people were contacted just now
            assert done.returncode == 0 or is_early, (command, done.stdout, done.stderr)


def test_every_deployment_stands_in_the_table_of_schedules() -> None:
    text = (DOCS / "schedules.md").read_text()

    assert [each.name for each in DEPLOYMENTS if f"`{each.flow.name}/{each.name}`" not in text] == []


def test_every_event_for_automations_stands_on_the_page_of_schedules() -> None:
    text = (DOCS / "schedules.md").read_text()

    assert [signal.value for signal in Signal if f"| {signal.value} |" not in text] == []


def test_the_question_of_the_docs_finds_a_runs_proof_whatever_its_artifact_is_called(office: Office) -> None:
    asked = re.findall(r"```text\n(.*?jq \.balanced)\n", (DOCS / "triggering.md").read_text(), re.DOTALL)
    office.run(office.source(1))
    [run] = office.runs()

    env = {**os.environ, "PREFECT_API_URL": office.prefect, "RUN": run["id"], "no_proxy": "*"}
    done = subprocess.run(
        ["bash", "-c", asked[-1].rpartition("```text\n")[2]],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stdout == "true\n", done.stderr


def test_the_pool_of_the_docs_is_ours() -> None:
    assert f"--pool {POOL} " in (DOCS / "workers.md").read_text()


def test_what_the_docs_send_by_curl_and_by_python_is_taken(prefect_api: str) -> None:
    text = (DOCS / "triggering.md").read_text()
    by_curl = re.findall(r"create_flow_run --json '(.*?)'", text, re.DOTALL)
    by_python = re.findall(r"parameters=(\{.*?\}),", text, re.DOTALL)
    bodies = [orjson.loads(by_curl[0]), {"parameters": orjson.loads(by_python[0])}]
    deploy()
    made = httpx.get(f"{prefect_api}/deployments/name/run-campaign/campaign", trust_env=False).json()["id"]

    for body in bodies:
        url = f"{prefect_api}/deployments/{made}/create_flow_run"
        made_run = ask_patiently(url, body)
        assert made_run.status_code == 201, made_run.text
        call_off(made_run)


@retry(
    retry=retry_if_result(lambda made: made.status_code == 503),
    stop=stop_after_attempt(6),
    wait=wait_fixed(1),
)
def ask_patiently(url: str, body: object) -> httpx.Response:
    """As `curl --retry` does: Prefect answers 503 while its SQLite is busy."""
    return httpx.post(url, json=body, trust_env=False)


def docs_commands() -> str:
    [block] = re.findall(r"With curl.*?```text\n(.*?)```", (DOCS / "triggering.md").read_text(), re.DOTALL)
    return str(block)


def ask_by_the_docs(api: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", docs_commands()],
        env={**os.environ, "PREFECT_API_URL": api, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


BUSY = answer(503, b'{"exception_message": "Service Unavailable"}')


def test_the_curl_of_the_docs_asks_a_busy_server_again_and_makes_one_run() -> None:
    with serve_bytes(BUSY, answer(200, {"id": "a-1"}), BUSY, answer(201, {"id": "run-1"})) as server:
        done = ask_by_the_docs(f"{server.url}/api")

    assert done.returncode == 0, done.stderr
    assert "run-1" in done.stdout
    assert {seen.path for seen in server.seen[2:]} == {"/api/deployments/a-1/create_flow_run"}
    assert len({seen.json()["idempotency_key"] for seen in server.seen[2:]}) == 1


def test_the_curl_of_the_docs_fails_loudly() -> None:
    said = answer(409, b'{"detail": "no_such is no parameter"}')
    with serve_bytes(answer(200, {"id": "a-1"}), said) as server:
        refused = ask_by_the_docs(f"{server.url}/api")
    with serve_bytes(answer(404, b'{"detail": "Deployment not found"}')) as server:
        unknown = ask_by_the_docs(f"{server.url}/api")

    assert refused.returncode != 0
    assert "no_such" in refused.stdout
    assert unknown.returncode != 0
    assert "404" in unknown.stderr
    assert len(server.seen) == 1


def test_every_verb_and_option_that_a_page_speaks_of_exists(capsys: pytest.CaptureFixture[str]) -> None:
    spoken_of = mentions()
    known = {}
    for verb in {verb for _, verb, _ in spoken_of}:
        known[verb] = execute([*verb.split(), "--help"]) == 0 and capsys.readouterr().out

    assert len(spoken_of) > 40
    assert [each for each in spoken_of if not known[each[1]]] == []
    wrong = [
        (page, verb, option)
        for page, verb, words in spoken_of
        for option in OPTION.findall(words)
        if option not in f"{known[verb]} --help"
    ]
    assert wrong == []
