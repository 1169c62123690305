"""The leak scan: whatever becomes of a run, Prefect and our files hold nobody's data and no secret."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import html
import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.flow_engine import run_flow
from prefect.flow_runs import resume_flow_run
from prefect.logging.handlers import APILogHandler
from prefect.states import Failed
from prefect.variables import Variable

import flows.approval
from cli.main import execute
from cli.selfscan import own_files, prefect_answers, prefect_home, secrets_of_blocks
from flows.contact import contact_one
from outreach.errors import SourceError
from outreach.ledger.opening import open_ledger
from outreach.privacy.erasure import written_files
from outreach.privacy.leak_scan import Leak, files_below, scan, search_terms_of, search_terms_of_contact
from outreach.privacy.sealed_contact import seal_contact
from outreach.privacy.search_terms import SearchTerm
from outreach.sources.opening import open_source
from tasks.registration import register
from tests.flows.office import Office
from tests.support.emulation import UNLIMITED
from tests.support.emulator_server import EmulatorServer

pytestmark = pytest.mark.slow

KEY = "0123456789abcdef0123456789abcdef"
PEOPLE = 6


@dataclass
class Traced:
    """An office whose every person, secret and line of output is looked for afterwards."""

    office: Office
    people: list[dict[str, Any]]
    output: list[bytes] = field(default_factory=list)

    @property
    def ledger_url(self) -> str:
        return f"sqlite:///{self.office.folder / 'ledger.db'}"

    def source(self) -> str:
        file = self.office.folder / "people.jsonl"
        file.write_bytes(b"\n".join(orjson.dumps(person) for person in self.people))
        return str(file)

    def command(self, *arguments: str) -> list[str]:
        names = [f"--{kind}={name}" for kind, name in self.office.names.items()]
        file = self.office.folder / "settings.json"
        file.write_text(self.office.settings().model_dump_json(exclude_defaults=True))
        name = f"--campaign={self.office.name}"
        return ["run", self.source(), name, *names, f"--settings={file}", *arguments]

    def needles(self) -> list[SearchTerm]:
        """Everybody in the ledger, and everybody whom it was given."""
        rows = open_source(self.people).rows()
        given = [needle for row in rows if row.contact for needle in search_terms_of_contact(row.contact)]
        with open_ledger(self.ledger_url, keys=[KEY]) as ledger:
            kept = list(search_terms_of(ledger))
        named = [SearchTerm(n.kind, f"{self.office.name} {n.whose}", n.value) for n in (*given, *kept)]
        return [*named, SearchTerm("secret", "the ledger's key", KEY)]

    def places(self) -> list[tuple[str, Iterable[bytes]]]:
        """What the run left beside the ledger: report, logs, output."""
        with open_ledger(self.ledger_url, keys=[KEY]) as ledger:
            left_out = [*own_files(ledger, None), *written_files(ledger), Path(self.source())]
        return [*files_below([self.office.folder], left_out), (f"{self.office.name} output", self.output)]


def settle() -> None:
    """Let everything arrive at the server."""
    asyncio.run(APILogHandler.aflush())
    EventsWorker.drain_all(timeout=5)
    time.sleep(0.5)


def make_people(tag: str) -> list[dict[str, Any]]:
    number = zlib.crc32(tag.encode()) % 9000
    return [
        {
            "external_contact_id": f"C-{n}",
            "name": f"Zoë O'Quill-{number} <b>{n}</b>",
            "sms": f"+1317{2000000 + number * 100 + n}",
            "voice": f"+1317{3000000 + number * 100 + n}",
            "email": f"zoe.{number}+tag{n}@example.org",
            "initial_message": f'Dear Zoë, your "parcel {number}-{n}"\nis ready & waits',
            "time_zone": "America/New_York",
            "metadata": {"shelf": f"shelf {number} of row {n}"},
        }
        for n in range(PEOPLE)
    ]


@pytest.fixture
def traced(office: Office) -> Traced:
    return Traced(office, make_people(office.name))


def succeed(traced: Traced) -> None:
    assert traced.office.run(traced.source())["contacted"] == PEOPLE


def take_rows_from_memory(traced: Traced) -> None:
    assert traced.office.run(traced.people)["contacted"] == PEOPLE


def succeed_on_the_guide_api(traced: Traced) -> None:
    traced.office.save_blocks("guide")
    assert traced.office.run(traced.source())["contacted"] == PEOPLE


def run_again(traced: Traced) -> None:
    for _ in range(2):
        traced.office.run(traced.source())


def fail_to_log_in(traced: Traced) -> None:
    traced.office.genesys.configure(clients={traced.office.name: {"secret": "another one"}})
    expect_failure(traced)


def expect_failure(traced: Traced) -> None:
    with contextlib.suppress(Exception):
        proof = traced.office.run(traced.source())
        assert not proof["balanced"] or proof["stopped"] or proof["contacted"] < PEOPLE


def retry_a_task(traced: Traced) -> None:
    down = {"kind": "error_before_effect", "operation": "*contacts*", "status": 503, "times": 4}
    traced.office.genesys.configure(faults=[down])
    expect_failure(traced)


def lose_the_token(traced: Traced) -> None:
    traced.office.genesys.configure(faults=[{"kind": "unauthorized", "operation": "*", "after": 4}])
    expect_failure(traced)


def miss_a_permission(traced: Traced) -> None:
    denied = {"*": ["conversation:message:create", "conversation:agentlessEmail:send"]}
    traced.office.genesys.configure(permissions_denied=denied)
    expect_failure(traced)


def doubt_an_outcome(traced: Traced) -> None:
    lost = {"kind": "act_then_reset", "operation": "messages.agentless", "every": 2}
    traced.office.genesys.configure(faults=[lost])
    expect_failure(traced)


def read_bad_rows(traced: Traced) -> None:
    good = list(traced.people)
    bad = [
        {**good[0], "external_contact_id": "!!", "name": "Mallory Quibblesworth"},
        {**good[1], "external_contact_id": "B-1", "sms": "not +1 317 555 0000 0000 0000"},
        {**good[2], "external_contact_id": "B-2", "time_zone": "Nowhere/Zoë"},
        good[3],
    ]
    traced.people = [*good, *bad]
    assert traced.office.run(traced.source())["rejected"] >= 2


def decide_all(traced: Traced) -> None:
    command = [sys.executable, "-m", "cli.main", *traced.command("--dry-run", "--json")]
    command = [part for part in command if not part.startswith("--ledger=")]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ, timeout=60)
    traced.output += [done.stdout, done.stderr]


def contact_one_person(traced: Traced) -> None:
    proof = traced.office.contact(traced.people[0])
    assert proof["contacted"] == 1


def contact_nobody_with_a_bad_row(traced: Traced) -> None:
    with contextlib.suppress(Exception):
        traced.office.contact({**traced.people[0], "external_contact_id": "??", "interactionDuration": "x"})


def pause_for_approval(traced: Traced) -> None:
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(_resume(traced.office)))
    thread.start()
    traced.office.run(traced.source(), approve_above=2)
    thread.join()
    assert found == [True]


def _resume(office: Office) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        for run in office.runs():
            if run["state"]["type"] == "PAUSED":
                time.sleep(0.5)
                resume_flow_run(run["id"], {"approve": True, "by": "Ada"})
                return True
        time.sleep(0.2)
    return False


def lose_the_ledger(traced: Traced) -> None:
    traced.office.ledger_url = f"sqlite:///{traced.office.folder / 'people.jsonl' / 'ledger.db'}"
    traced.office.save_blocks()
    traced.source()
    with contextlib.suppress(Exception):
        traced.office.run(traced.source())


def hear_the_receiver_refuse(traced: Traced) -> None:
    traced.office.genesys.configure(webhook_answers=[{"status": 500, "times": 100}])
    with contextlib.suppress(Exception):
        traced.office.run(traced.source())


def kill_it(traced: Traced) -> None:
    traced.office.genesys.configure(latency_ms=300)
    with _child(traced) as process:
        _await_contact(traced, process)
        traced.output.append(_processes())
        process.send_signal(signal.SIGKILL)
    traced.office.genesys.configure(latency_ms=0)
    traced.office.run(traced.source())


def cancel_it(traced: Traced) -> None:
    traced.office.genesys.configure(latency_ms=300)
    with _child(traced) as process:
        _await_contact(traced, process)
        run = traced.office.runs()[0]["id"]
        state = {"state": {"type": "CANCELLED", "name": "Cancelled"}, "force": True}
        httpx.post(f"{traced.office.prefect}/flow_runs/{run}/set_state", json=state, trust_env=False)
        process.send_signal(signal.SIGINT)
        process.wait(20)


@contextlib.contextmanager
def _child(traced: Traced) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "cli.main", *traced.command()]
    log = traced.office.folder / "child.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=os.environ)
        try:
            yield process
        finally:
            process.kill()
            process.wait(10)


def _processes() -> bytes:
    """What the process list shows, to anybody on the machine, of every program that this one started."""
    shown = b""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.getpid() in _forebears(int(file.parent.name)):
                shown += file.read_bytes().replace(b"\0", b" ") + b"\n"
    return shown


def _forebears(pid: int) -> Iterator[int]:
    """The process that started this one, the one that started that, and so on."""
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        yield pid


def _await_contact(traced: Traced, process: subprocess.Popen[bytes]) -> None:
    """Until the child has contacted somebody."""
    until = time.monotonic() + 120
    while not traced.office.genesys.truth()["count"]:
        assert process.poll() is None, (traced.office.folder / "child.log").read_text()[-2000:]
        assert time.monotonic() < until
        time.sleep(0.1)


SHAPES: tuple[Callable[[Traced], None], ...] = (
    succeed,
    take_rows_from_memory,
    succeed_on_the_guide_api,
    run_again,
    fail_to_log_in,
    retry_a_task,
    lose_the_token,
    miss_a_permission,
    doubt_an_outcome,
    read_bad_rows,
    decide_all,
    contact_one_person,
    contact_nobody_with_a_bad_row,
    pause_for_approval,
    lose_the_ledger,
    hear_the_receiver_refuse,
    kill_it,
    cancel_it,
)


@pytest.fixture(scope="module")
def leaks(
    prefect_api: str, organisation: EmulatorServer, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Leak]]:
    """All shapes run once, each in an office of its own, then one look for everybody everywhere."""
    needles: list[SearchTerm] = []
    places: list[tuple[str, Iterable[bytes]]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flows.approval, "POLL_SECONDS", 1)
        patch.setattr(register, "retry_delay_seconds", [0.0])
        for shape in SHAPES:
            organisation.reset()
            organisation.configure(**UNLIMITED)
            name = shape.__name__.replace("_", "-")
            office = Office(name, prefect_api, organisation, tmp_path_factory.mktemp(name))
            office.save_blocks()
            traced = Traced(office, make_people(name))
            with contextlib.redirect_stderr(io.StringIO()) as told:
                shape(traced)
            traced.output.append(told.getvalue().encode())
            needles += [*traced.needles(), *secrets_of_blocks([prefect_home()])]
            places += traced.places()
    settle()
    result = scan(needles, [*places, *files_below([prefect_home()], []), *prefect_answers()])
    assert result.bytes > 2_000_000
    found: dict[str, list[Leak]] = {"": []}
    for leak in result.leaks:
        shape_of = next((s.__name__ for s in SHAPES if s.__name__.replace("_", "-") in leak.whose), "")
        found.setdefault(shape_of, []).append(leak)
    return found


@pytest.mark.parametrize("shape", [shape.__name__ for shape in SHAPES])
def test_a_run_leaks_nothing(leaks: dict[str, list[Leak]], shape: str) -> None:
    assert leaks.get(shape, []) + leaks[""] == []


def test_a_contact_in_a_run_made_by_the_api_is_masked_as_soon_as_it_is_in_the_ledger(traced: Traced) -> None:
    parameters = {"contact": traced.people[0], "campaign": traced.office.name, **traced.office.names}
    settings = traced.office.settings().model_dump(mode="json", exclude_defaults=True)
    with get_client(sync_client=True) as client:
        made = httpx.post(
            f"{traced.office.prefect}/flow_runs/",
            json={
                "flow_id": str(client.create_flow_from_name("contact-one")),
                "name": traced.office.name,
                "parameters": {**parameters, "settings": settings},
                "state": {"type": "PENDING"},
            },
            trust_env=False,
        ).raise_for_status()
        run = client.read_flow_run(made.json()["id"])
    run_flow(contact_one, flow_run=run, return_type="state")

    asyncio.run(APILogHandler.aflush())
    with open_ledger(traced.ledger_url, keys=[KEY]) as ledger:
        assert scan(search_terms_of(ledger), prefect_answers()).leaks == []


def test_a_sealed_contact_never_reaches_prefect_in_clear(traced: Traced) -> None:
    with open_ledger(traced.ledger_url, keys=[KEY]) as ledger:
        sealed = seal_contact(ledger, traced.people[0])
    settings = traced.office.settings()
    proof: Any = contact_one(sealed, traced.office.name, **traced.office.names, settings=settings)

    assert proof["contacted"] == 1
    settle()
    assert scan(traced.needles(), [*files_below([prefect_home()], []), *prefect_answers()]).leaks == []


def test_what_is_no_sealed_contact_is_one_clear_sentence_and_is_not_kept(traced: Traced) -> None:
    settings = traced.office.settings()
    with pytest.raises(SourceError, match="neither an object nor sealed"):
        contact_one(traced.people[0]["sms"], traced.office.name, **traced.office.names, settings=settings)
    settle()
    assert scan(traced.needles(), prefect_answers()).leaks == []


PLANTS: dict[str, Callable[[Traced], object]] = {
    "phone": lambda traced: traced.people[1]["sms"],
    "phone without its plus": lambda traced: traced.people[1]["sms"][1:],
    "phone as people write it": lambda traced: _as_people_write(traced.people[1]["sms"]),
    "phone in a URL": lambda traced: traced.people[1]["sms"].replace("+", "%2B"),
    "email": lambda traced: traced.people[2]["email"].upper(),
    "email in a URL": lambda traced: traced.people[2]["email"].replace("@", "%40").replace("+", "%2B"),
    "name": lambda traced: traced.people[3]["name"],
    "name in JSON": lambda traced: orjson.dumps({"name": traced.people[3]["name"]}),
    "name in ASCII": lambda traced: ascii(traced.people[3]["name"]).strip("'\"").replace("\\xeb", "\\u00eb"),
    "name in HTML": lambda traced: html.escape(traced.people[3]["name"]),
    "message": lambda traced: traced.people[4]["initial_message"],
    "half a message": lambda traced: traced.people[4]["initial_message"][:36],
    "metadata": lambda traced: traced.people[5]["metadata"]["shelf"],
    "client secret": lambda traced: traced.office.secret_of_client,
    "signing secret": lambda traced: traced.office.secret,
    "basic authorization": lambda traced: _basic(traced.office.name, traced.office.secret_of_client),
    "somebody's token": lambda traced: "Authorization: Bearer 9f1c7e2a5b3d8046aa11",
    "the ledger's key": lambda traced: KEY,
    "base64 of a pickle": lambda traced: _pickled(traced.people[1]["sms"]),
    "a compressed result": lambda traced: _compressed(traced.people[1]["email"]),
}


def _as_people_write(number: str) -> str:
    return f"call ({number[2:5]}) {number[5:8]}-{number[8:]} now"


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def _pickled(value: str) -> str:
    return base64.b64encode(pickle.dumps(ValueError("bad contact", value))).decode()


def _compressed(value: str) -> str:
    return base64.b64encode(zlib.compress(orjson.dumps({"email": value}))).decode()


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_leak_in_a_file_is_found(planted: Traced, plant: str) -> None:
    value: Any = PLANTS[plant](planted)
    content = value if isinstance(value, bytes) else str(value).encode()
    file = planted.office.folder / "planted.log"
    file.write_bytes(b"2026-03-02 14:30 | INFO | " + content + b"\n")

    needles = [*planted.needles(), *secrets_of_blocks([])]
    assert scan(needles, files_below([file], [])).leaks


@pytest.fixture(scope="module")
def planted(prefect_api: str, tmp_path_factory: pytest.TempPathFactory, organisation: Any) -> Traced:
    office = Office("planted", prefect_api, organisation, tmp_path_factory.mktemp("planted"))
    office.save_blocks()
    traced = Traced(office, make_people("planted"))
    with open_ledger(traced.ledger_url, keys=[KEY]):
        pass
    return traced


PLACES = ("log", "artifact", "parameter", "variable", "result", "state")


@pytest.fixture(scope="module")
def leaky(planted: Traced) -> dict[str, set[str]]:
    """One person leaked into each place of Prefect, and where each was found."""
    people = dict(zip(PLACES, planted.people, strict=True))
    for place, person in people.items():
        leak_into(place, person)
    settle()
    found = scan(planted.needles(), [*files_below([prefect_home()], []), *prefect_answers()]).leaks
    names = {place: f"planted {person['external_contact_id']}" for place, person in people.items()}
    return {place: {leak.where for leak in found if leak.whose == names[place]} for place in PLACES}


@pytest.mark.parametrize("place", PLACES)
def test_a_leak_planted_in_prefect_is_found_there(leaky: dict[str, set[str]], place: str) -> None:
    assert any("prefect.db" in where or "/storage/" in where for where in leaky[place])
    if place != "result":
        assert any(where.startswith("http") for where in leaky[place])


def leak_into(place: str, person: dict[str, Any]) -> None:
    @flow(name=f"leaky-{place}", persist_result=place == "result")
    def leaky(contact: str = "") -> Any:
        if place == "log":
            get_run_logger().info("contacting %s", person["sms"])
        if place == "artifact":
            create_markdown_artifact(f"| {person['name']} |", key="leaky")
        if place == "variable":
            Variable.set("leaky", person["email"], overwrite=True)
        if place == "result":
            return {"to": person["sms"], "said": person["initial_message"]}
        return Failed(message=f"no such number {person['sms']}") if place == "state" else None

    leaky(person["email"] if place == "parameter" else "", return_state=True)


def test_the_verb_says_what_leaks_and_never_the_thing_itself(
    traced: Traced, capsys: pytest.CaptureFixture[str]
) -> None:
    succeed(traced)
    log = traced.office.folder / "app.log"
    log.write_text(f"contacting {traced.people[0]['sms']}")
    capsys.readouterr()
    dirty = execute(["selfscan", "--ledger", traced.office.name, "--paths", str(log)])
    told = capsys.readouterr().out

    assert dirty == 1
    assert told.count(" stands in ") == 1, told
    assert "phone of C-0 stands in" in told
    assert traced.people[0]["sms"][1:] not in told
