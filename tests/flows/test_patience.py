"""What is asked of a Prefect server that is busy for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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

from flows.witness import PrefectWitness
from outreach.ledger.witness import Mark
from tasks.patience import ask_soon, ask_while_busy, known_trust
from tests.flows.pointing import pointing_to
from tests.support.certificates import contexts

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
    left = {"busy": 0}
    handler = type("Busy", (BusyServer,), {"variables": {}, "left": left})
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

    assert time.monotonic() - began < 1.5  # Prefect's own client sleeps for 2 s, and then for 4
    assert witness.recall("ledger") == Mark(9, "later")


def test_what_is_told_beside_a_run_keeps_its_end_for_no_two_seconds(busy: dict[str, int]) -> None:
    busy["busy"] = 2  # as whoever writes while the run's own tasks do
    began = time.monotonic()

    made = ask_while_busy(lambda client: client.create_variable(VariableCreate(name="told", value=1)))

    assert (made.name, busy["busy"]) == ("told", 0)
    assert time.monotonic() - began < 1.5


def test_a_server_that_is_away_is_not_waited_for_by_what_is_told_beside_a_run() -> None:
    began = time.monotonic()
    with pointing_to("http://127.0.0.1:1/api", is_up=False), pytest.raises(httpx.TransportError):
        ask_while_busy(lambda client: client.create_variable(VariableCreate(name="told", value=1)))

    assert time.monotonic() - began < 5  # a client of Prefect's sleeps for 2 s even after its only attempt


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
