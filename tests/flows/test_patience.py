"""What is asked of a Prefect server that is busy for a moment."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import VariableCreate
from prefect.settings import (
    PREFECT_API_SSL_CERT_FILE,
    PREFECT_API_TLS_INSECURE_SKIP_VERIFY,
    temporary_settings,
)

from flows.prefect_watch import PrefectWatch
from flows.witness import PrefectWitness
from outreach.ledger.witness import Mark
from tasks.patience import ask_soon, ask_while_busy, known_trust
from tests.flows.pointing import pointing_to
from tests.support.certificates import contexts
from tests.support.ledgers import new_ledger, new_run
from tests.support.organisations import Organisation

MARK = Mark(7, "hash")


class BusyServer(BaseHTTPRequestHandler):
    """Prefect's variables; the first answers to each write say that the database is at work."""

    variables: dict[str, Any]
    left: dict[str, int]

    def do_GET(self) -> None:
        known = self.variables.get(self.path.rsplit("/", 1)[-1])
        self._answer(200 if known else 404, known)

    def do_PATCH(self) -> None:
        self._write(204, can=self.path.rsplit("/", 1)[-1] in self.variables)

    def do_POST(self) -> None:
        self._write(201)

    def _write(self, status: int, *, can: bool = True) -> None:
        sent = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.left["busy"]:
            self.left["busy"] -= 1
            return self._answer(503)
        if not can:
            return self._answer(404)
        kept = {"id": "018f0000-0000-7000-8000-000000000000", "tags": [], **sent}
        self.variables[kept["name"]] = kept
        return self._answer(status, kept)

    def _answer(self, status: int, body: Any = None) -> None:
        content = b"" if status == 204 else orjson.dumps(body or {})
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def busy() -> Iterator[dict[str, int]]:
    """How many more writes are answered 503; this process asks that server."""
    with serving(BusyServer, {"busy": 0}) as left:
        yield left


@contextlib.contextmanager
def serving(kind: type[BusyServer], left: dict[str, int]) -> Iterator[dict[str, int]]:
    handler = type("Busy", (kind,), {"variables": {}, "left": left})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pointing_to(f"http://127.0.0.1:{server.server_port}/api", is_up=False):
        yield left
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("asking", [ask_soon, ask_while_busy])
def test_a_server_with_a_limit_of_its_own_is_asked_again(
    busy: dict[str, int], asking: Callable[[Callable[[SyncPrefectClient], str]], str]
) -> None:
    answers = iter([429, 429, 200])

    def ask(client: SyncPrefectClient) -> str:
        answer = httpx.Response(next(answers), request=httpx.Request("GET", "http://prefect/api"))
        answer.raise_for_status()
        return "known"

    assert asking(ask) == "known"


def test_a_server_that_is_busy_for_a_moment_is_asked_again_within_the_second(busy: dict[str, int]) -> None:
    witness = PrefectWitness()
    witness.remember("ledger", MARK)
    busy["busy"] = 2
    began = time.monotonic()
    witness.remember("ledger", Mark(9, "later"))

    assert time.monotonic() - began < 4  # Prefect's own client sleeps for 2 s, and then for 4
    assert witness.recall("ledger") == Mark(9, "later")


def test_what_is_told_beside_a_run_keeps_its_end_for_no_two_seconds(busy: dict[str, int]) -> None:
    busy["busy"] = 2  # as whoever writes while the run's own tasks do
    began = time.monotonic()

    made = ask_while_busy(lambda client: client.create_variable(VariableCreate(name="told", value=1)))

    assert (made.name, busy["busy"]) == ("told", 0)
    assert time.monotonic() - began < 4


def test_a_server_that_is_away_is_not_waited_for_by_what_is_told_beside_a_run() -> None:
    began = time.monotonic()
    with pointing_to("http://127.0.0.1:1/api", is_up=False), pytest.raises(httpx.TransportError):
        ask_while_busy(lambda client: client.create_variable(VariableCreate(name="told", value=1)))

    assert time.monotonic() - began < 5  # a client of Prefect's sleeps for 2 s even after its only attempt


class LimitedServer(BusyServer):
    """Over its limit for the first question; then it knows of one run, which somebody cancels."""

    def do_POST(self) -> None:
        asked = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.left["busy"]:
            self.left["busy"] -= 1
            self.send_response(429)
            self.send_header("Retry-After", "20")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        state = {"id": str(uuid4()), "type": "CANCELLING", "name": "Cancelling"}
        [own] = asked["flow_runs"]["id"]["any_"]
        seen = {
            "id": own,
            "flow_id": str(uuid4()),
            "name": "spring",
            "state_name": "Cancelling",
            "state": state,
        }
        return self._answer(200, 1 if self.path.endswith("/count") else [seen])


def test_a_cancelled_run_is_seen_to_be_soon_though_the_server_says_to_ask_it_much_later(
    tmp_path: Path,
) -> None:
    with (
        serving(LimitedServer, {"busy": 2}),
        new_ledger(tmp_path) as ledger,
        new_run(ledger, Organisation()) as run,
    ):
        watch = PrefectWatch(run)
        watch._own = uuid4()
        threading.Thread(target=copy_context().run, args=(watch.run,), daemon=True).start()
        until = time.monotonic() + 15
        while not run.auto_stop.is_called_off and time.monotonic() < until:
            time.sleep(0.1)
        watch.ended.set()

    assert run.auto_stop.reason == "The run was ended in Prefect (Cancelling)."


def test_a_ledger_of_which_the_server_knows_nothing_yet_is_entered(busy: dict[str, int]) -> None:
    witness = PrefectWitness()
    assert witness.recall("ledger") is None

    witness.remember("ledger", MARK)

    assert witness.recall("ledger") == MARK


def test_the_authorities_are_read_once_for_all_that_is_asked() -> None:
    assert known_trust()["verify"] is known_trust()["verify"]


def test_other_authorities_of_a_setting_are_not_the_known_ones(tmp_path: Path) -> None:
    contexts(tmp_path, "prefect.test")
    with temporary_settings({PREFECT_API_SSL_CERT_FILE: str(tmp_path / "authority.pem")}):
        (only,) = known_trust()["verify"].get_ca_certs()

    assert only["subject"] == ((("commonName", "test authority"),),)


def test_where_a_setting_trusts_everybody_prefects_client_goes_by_it() -> None:
    with temporary_settings({PREFECT_API_TLS_INSECURE_SKIP_VERIFY: True}):
        assert known_trust() == {}
