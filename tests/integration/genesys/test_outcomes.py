"""Every way a creating call can end, over real sockets: what we say of it, and how often it was sent."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outreach.clock import SystemClock
from outreach.contacts import Channel
from outreach.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    GenesysError,
    Invalid,
    NotFound,
    NotSent,
    RateLimited,
    Unauthorized,
    WrongClient,
)
from outreach.genesys.http import exchange
from outreach.genesys.http.auth import seal
from outreach.genesys.interface import Started
from outreach.genesys.platform.api import Platform, find_engine
from outreach.genesys.platform.campaigns import STOPS
from tests.support.byte_server import (
    ByteServer,
    Script,
    answer,
    close,
    never,
    raw,
    reset,
    reset_after,
    serve_bytes,
)
from tests.support.clients import NOW, engagement, open_at
from tests.support.clients import start as contact_by

STARTED = {"id": "m-1", "conversationId": "c-1"}
ENVELOPE = {"message": "to +15551234567", "code": "some.code", "status": 400, "contextId": "ctx-1"}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"


def start(url: str, **settings: Any) -> Started | GenesysError:
    with open_at(url, **settings) as genesys:
        try:
            return contact_by(genesys, engagement())
        except GenesysError as error:
            return error


@contextlib.contextmanager
def impatient(seconds: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for step in ("read", "connect", "write"):
        monkeypatch.setitem(exchange.TIMEOUTS, step, seconds)
    yield


UNKNOWN: dict[str, Script] = {
    "closed without a word": close,
    "reset without a word": reset,
    "reset in the status line": reset_after(b"HTTP/1.1 20"),
    "reset in the headers": reset_after(HEAD),
    "reset in the body": reset_after(HEAD + b'\r\n{"conversationId": "c'),
    "closed in the body": answer(200, STARTED, length=1000),
    "not HTTP": raw(b"SMTP ready\r\n"),
    "not JSON": answer(200, b"accepted"),
    "half of JSON": answer(200, b'{"conversationId": "c-1"'),
    "a page of HTML": answer(200, b"<html>Welcome to the airport</html>", content_type="text/html"),
    "empty body": answer(200),
    "no content": raw(b"HTTP/1.1 204 No Content\r\n\r\n", then_close=False),
    "JSON null": answer(200, b"null"),
    "another shape": answer(200, [STARTED]),
    "no id": answer(200, {"id": "m-1"}),
    "an id that is no string": answer(200, {"conversationId": 17}),
    "an id that could be a path": answer(200, {"conversationId": "../../users/me"}),
    "broken gzip": answer(200, b"no gzip", {"Content-Encoding": "gzip"}),
    "a redirect": answer(302, b"", {"Location": "/elsewhere"}),
    "a redirect to see the result": answer(303, b"", {"Location": "/elsewhere"}),
    "not modified": raw(b"HTTP/1.1 304 Not Modified\r\n\r\n", then_close=False),
    **{f"status {status}": answer(status, ENVELOPE) for status in (402, 405, 408, 410, 418, 423, 451)},
    **{f"status {status}": answer(status, ENVELOPE) for status in (500, 501, 502, 503, 504, 599)},
    "500 with Retry-After": answer(500, ENVELOPE, {"Retry-After": "1"}),
    "504 without JSON": answer(504, b"<html>gateway</html>", content_type="text/html"),
}


@pytest.mark.parametrize("script", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_may_have_happened_is_unknown_and_never_sent_again(script: Script) -> None:
    with serve_bytes(script) as server:
        outcome = start(server.url)

    assert isinstance(outcome, Ambiguous)
    assert len(server.seen) == 1


REFUSED: dict[str, tuple[Script, type[GenesysError]]] = {
    "400": (answer(400, ENVELOPE), Invalid),
    "401": (answer(401, ENVELOPE), Unauthorized),
    "403": (answer(403, ENVELOPE), Forbidden),
    "404": (answer(404, ENVELOPE), NotFound),
    "409": (answer(409, ENVELOPE), Conflict),
    "413": (answer(413, ENVELOPE), Invalid),
    "415": (answer(415, ENVELOPE), Invalid),
    "422": (answer(422, ENVELOPE), Invalid),
    "400 without a body": (answer(400), Invalid),
    "400 without JSON": (answer(400, b"<html>"), Invalid),
    "400 with half a body": (answer(400, ENVELOPE, length=1000), Invalid),
    "400 reset in the body": (
        reset_after(b"HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\n{"),
        Invalid,
    ),
    "429 with a long Retry-After": (answer(429, ENVELOPE, {"Retry-After": "3600"}), RateLimited),
    "503 with a long Retry-After": (answer(503, ENVELOPE, {"Retry-After": "3600"}), RateLimited),
}


@pytest.mark.parametrize(("script", "kind"), REFUSED.values(), ids=REFUSED.keys())
def test_what_genesys_turned_down_did_not_happen(script: Script, kind: type[GenesysError]) -> None:
    with serve_bytes(script) as server:
        outcome = start(server.url)

    assert type(outcome) is kind
    assert len(server.seen) == (2 if kind is Unauthorized else 1)


STARTS: dict[str, Script] = {
    "200": answer(200, STARTED),
    "201": answer(201, STARTED),
    "202": answer(202, STARTED),
    "chunked": raw(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n{"conversationId":"c-1"}\r\n0\r\n\r\n',
        then_close=False,
    ),
    "gzip": answer(200, gzip.compress(b'{"conversationId":"c-1"}'), {"Content-Encoding": "gzip"}),
    "without a length": raw(b'HTTP/1.1 200 OK\r\n\r\n{"conversationId":"c-1"}'),
    "called text": answer(200, STARTED, content_type="text/plain"),
}


@pytest.mark.parametrize("script", STARTS.values(), ids=STARTS.keys())
def test_an_id_that_can_be_read_is_a_start(script: Script) -> None:
    with serve_bytes(script) as server:
        outcome = start(server.url)

    assert isinstance(outcome, Started)
    assert outcome.conversation_id == "c-1"
    assert len(server.seen) == 1


AGAIN: dict[str, Script] = {
    "429": answer(429, ENVELOPE),
    "429 with seconds": answer(429, ENVELOPE, {"Retry-After": "7"}),
    "429 with a date": answer(429, ENVELOPE, {"Retry-After": "Wed, 04 Mar 2026 15:00:09 GMT"}),
    "503 with seconds": answer(503, ENVELOPE, {"Retry-After": "7"}),
}


@pytest.mark.parametrize("script", AGAIN.values(), ids=AGAIN.keys())
def test_a_call_that_was_put_off_is_made_again_and_happens_once(script: Script) -> None:
    with serve_bytes(script, answer(200, STARTED)) as server:
        outcome = start(server.url)

    assert isinstance(outcome, Started)
    assert len(server.seen) == 2


def test_a_call_that_is_put_off_forever_is_given_up_after_three_times() -> None:
    with serve_bytes(answer(429, ENVELOPE, {"Retry-After": "3"})) as server:
        outcome = start(server.url)

    assert isinstance(outcome, RateLimited)
    assert outcome.retry_after == 3
    assert len(server.seen) == 3


def test_a_read_timeout_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve_bytes(never) as server, impatient(0.2, monkeypatch):
        outcome = start(server.url)

    assert isinstance(outcome, Ambiguous)
    assert outcome.code == "read_timeout"
    assert len(server.seen) == 1


def hints_without_end(connection: socket.socket) -> None:
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        time.sleep(0.02)


def a_head_that_drips(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        connection.sendall(b"y")
        time.sleep(0.02)


@pytest.mark.parametrize("drip", [hints_without_end, a_head_that_drips])
def test_an_answer_whose_head_never_ends_is_unknown_and_holds_no_thread(
    monkeypatch: pytest.MonkeyPatch, drip: Script
) -> None:
    monkeypatch.setattr(exchange, "MOST_SECONDS", 0.5)
    with serve_bytes(drip) as server:
        began = time.monotonic()
        outcome = start(server.url)

    assert time.monotonic() - began < 10
    assert (type(outcome), getattr(outcome, "code", "")) == (Ambiguous, "read_timeout")


@pytest.mark.parametrize("script", [close, reset, never, a_head_that_drips, raw(b"SMTP ready\r\n")])
def test_a_call_whose_answer_was_lost_while_the_connection_was_made_was_not_sent(
    monkeypatch: pytest.MonkeyPatch, script: Script
) -> None:
    for name in ("NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(exchange, "MOST_SECONDS", 0.5)
    with serve_bytes(script) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("https_proxy", proxy.url)
        token = seal("t" * 30, NOW + timedelta(hours=1), "demo")
        outcome = start("https://genesys.example", sealed_token=token)

    assert isinstance(outcome, NotSent), outcome
    assert {seen.method for seen in proxy.seen} == {"CONNECT"}


def test_an_answer_that_drips_for_too_long_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"\r\n")
        for _ in range(100):
            connection.sendall(b" ")
            SystemClock().sleep(0.02)

    monkeypatch.setattr(exchange, "MOST_SECONDS", 0.2)
    with serve_bytes(drip) as server:
        outcome = start(server.url, clock=SystemClock())

    assert isinstance(outcome, Ambiguous)
    assert outcome.code == "too_slow"


def test_an_answer_without_end_is_unknown_and_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    monkeypatch.setattr(exchange, "MOST_BYTES", 1_000_000)
    with serve_bytes(flood) as server:
        outcome = start(server.url)

    assert isinstance(outcome, Ambiguous)
    assert outcome.code == "too_large"


def test_a_connection_that_went_stale_between_two_sends_is_unknown() -> None:
    with serve_bytes(answer(200, STARTED), close) as server, open_at(server.url) as genesys:
        contact_by(genesys, engagement())
        with pytest.raises(Ambiguous):
            contact_by(genesys, engagement())

    assert len(server.seen) == 2


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    outcome = start(f"http://127.0.0.1:{port}")

    assert isinstance(outcome, NotSent)
    assert outcome.code == "connect"


def test_an_unknown_host_is_not_sent() -> None:
    outcome = start("https://no-such-host.invalid")

    assert isinstance(outcome, NotSent)
    assert outcome.code == "dns"


def test_where_this_process_may_open_no_more_files_the_advice_says_so() -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        start("http://127.0.0.1:1")  # what is loaded at the first call is loaded
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (listener.fileno(), before[1]))
            outcome = start(url)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert isinstance(outcome, NotSent)
    assert outcome.code == "open_files"
    assert "ulimit" in str(outcome)


def test_a_connection_that_is_never_accepted_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(4):  # fill the line of those who wait to be accepted
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        with impatient(0.2, monkeypatch):
            outcome = start(f"http://127.0.0.1:{address[1]}")

    assert isinstance(outcome, NotSent)
    assert outcome.code == "connect_timeout"


def test_a_host_that_speaks_no_tls_is_not_sent() -> None:
    with serve_bytes(answer(200, STARTED)) as server:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        outcome = start(server.url.replace("http:", "https:"))

    assert isinstance(outcome, NotSent)
    assert outcome.code == "tls"
    assert server.seen == []


@pytest.fixture
def logged_in() -> Iterator[tuple[ByteServer, Platform]]:
    """A client that has its token already, so that the next call is the creating one."""
    with serve_bytes(answer(200, STARTED)) as server, open_at(server.url) as genesys:
        contact_by(genesys, engagement())
        server.seen.clear()
        assert isinstance(genesys, Platform)
        yield server, genesys


def test_a_401_in_mid_run_renews_the_token_once_and_the_person_is_contacted_once(
    logged_in: tuple[ByteServer, Platform],
) -> None:
    server, genesys = logged_in
    server.scripts[:] = [answer(401, ENVELOPE), answer(200, STARTED)]

    contact_by(genesys, engagement())

    assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer token-1", "Bearer token-2"]


LOGIN_FAILURES: dict[str, tuple[Script, type[GenesysError]]] = {
    "wrong secret": (answer(400, {"error": "invalid_client", "error_description": "x"}), WrongClient),
    "wrong secret, as 401": (answer(401, {"error": "invalid_client"}), WrongClient),
    "too many": (answer(429, b"", {"Retry-After": "900"}), RateLimited),
    "broken": (answer(500, b"oops"), NotSent),
    "no token": (answer(200, {"token_type": "bearer"}), NotSent),
    "a token that would end the header": (answer(200, {"access_token": "a\r\nX: y"}), NotSent),
    "not JSON": (answer(200, b"<html>"), NotSent),
    "closed": (close, NotSent),
    "reset": (reset, NotSent),
}


@pytest.mark.parametrize(("script", "kind"), LOGIN_FAILURES.values(), ids=LOGIN_FAILURES.keys())
def test_a_failed_login_is_never_in_doubt_since_nothing_was_sent(
    script: Script, kind: type[GenesysError]
) -> None:
    with serve_bytes(answer(200, STARTED)) as server:
        server.token_script = script
        outcome = start(server.url)

    assert type(outcome) is kind
    assert isinstance(outcome, GenesysError)
    assert outcome.operation == "login"
    assert server.seen == []


def test_a_refused_login_is_not_tried_again() -> None:
    with serve_bytes(answer(200, STARTED)) as server:
        server.token_script = answer(401, {"error": "invalid_client"})
        outcome = start(server.url)

    assert isinstance(outcome, Unauthorized)
    assert server.tokens == 1


def test_no_error_carries_an_address_a_message_or_a_token() -> None:
    leaks = ("+15551234567", "Testing automated", "token-1", "Acme")
    for script in (*UNKNOWN.values(), *(script for script, _ in REFUSED.values())):
        with serve_bytes(script) as server:
            outcome = start(server.url)
        assert isinstance(outcome, GenesysError)
        assert not [leak for leak in leaks if leak in f"{outcome!r} {outcome} {outcome.args}"]


def test_reads_are_tried_three_times_whatever_ended_them() -> None:
    scripts = (reset, answer(500), answer(200, {"id": "o-1", "name": "Acme"}))
    with serve_bytes(*scripts) as server, open_at(server.url) as genesys:
        assert isinstance(genesys, Platform)
        assert genesys.whoami().organization_id == "o-1"

    assert len(server.seen) == 3


@pytest.mark.parametrize("channel", [Channel.EMAIL, Channel.VOICE, Channel.CHAT])
def test_a_lost_answer_is_never_sent_again_on_any_channel(channel: Channel) -> None:
    with serve_bytes(reset) as server, open_at(server.url) as genesys, pytest.raises(Ambiguous):
        contact_by(genesys, engagement(channel))

    assert len(server.seen) == 1


def test_a_certificate_of_somebody_else_is_not_accepted(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(tmp_path / "own.pem"))
    with serve_bytes(answer(200, STARTED)) as server:
        server.wrap = context
        outcome = start(server.url.replace("http:", "https:"))

    assert isinstance(outcome, NotSent)
    assert outcome.code == "tls"
    assert server.seen == []


def test_many_threads_fetch_one_token_and_renew_it_once() -> None:
    def together(genesys: Platform) -> None:
        threads = [threading.Thread(target=contact_by, args=(genesys, engagement())) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    with serve_bytes(answer(200, STARTED)) as server, open_at(server.url) as genesys:
        assert isinstance(genesys, Platform)
        together(genesys)
        assert server.tokens == 1
        server.valid_token = "token-2"
        together(genesys)
        assert server.tokens == 2


def test_the_token_never_goes_to_another_host_nor_to_an_unsafe_one() -> None:
    with serve_bytes(answer(200, b"a,b\n")) as store, serve_bytes(answer(200)) as server:
        server.scripts[:] = [answer(303, b"", {"Location": f"{store.url}/signed?key=1"})]
        with open_at(server.url, allow_private=True) as genesys:
            fetch = genesys.connection.download
            assert fetch("export", f"{server.url}/api/v2/downloads/1", 1000) == b"a,b\n"
            with pytest.raises(Invalid, match="unsafe_address"):
                fetch("export", "http://store.example.com/file", 1000)

    assert "authorization" in server.seen[0].headers
    assert store.seen[0].path == "/signed?key=1"
    assert "authorization" not in store.seen[0].headers


def test_a_log_in_page_in_place_of_an_answer_has_not_stopped_the_engine() -> None:
    page = UNKNOWN["a page of HTML"]
    with serve_bytes(page) as server, open_at(server.url) as genesys:
        engine = find_engine(genesys)
        assert engine is not None
        with pytest.raises(Ambiguous, match="log-in page"):
            engine.open_route(Channel.SMS, "").stop("c-1")

    assert len(server.seen) == STOPS


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("redirected", [False, True])
def test_a_file_on_this_machine_is_not_asked_for(scheme: str, host: str, redirected: bool) -> None:  # noqa: FBT001 - a parameter
    with serve_bytes(answer(200, b"a,b\n")) as store, serve_bytes(answer(200)) as server:
        named = f"{scheme}://{host}:{store.url.rpartition(':')[2]}/file"
        server.scripts[:] = [answer(302, b"", {"Location": named})]
        with open_at(server.url) as genesys, pytest.raises(Invalid, match="unsafe_address"):
            genesys.connection.download("export", f"{server.url}/x" if redirected else named, 1000)

    assert not store.seen


def write_certificate(path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=365)).not_valid_after(NOW + timedelta(days=3650))
    certificate = builder.sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
