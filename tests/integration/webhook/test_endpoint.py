"""One attempt over a real socket: what is sent, what every kind of answer means, and how long it may take."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from outreach.errors import WebhookError
from outreach.webhook import Endpoint, Message, new_secret, verify
from outreach.webhook.attempt import Attempt
from tests.support.webhook_receiver import Answer, Receiver

NOW = datetime.now(timezone.utc).replace(microsecond=0)
MESSAGE = Message("msg_1", "ping", "EXT-1", b'{"event":"ping","n":1}', 0, NOW)


def test_a_message_arrives_as_it_was_stored_and_verifies(receiver: Receiver, endpoint: Endpoint) -> None:
    attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.outcome, attempt.status, attempt.code) == ("delivered", 204, "")
    assert attempt.seconds > 0
    [delivery] = receiver.deliveries
    assert delivery.body == MESSAGE.body
    assert delivery.path == "/hooks?team=crm"
    assert {name.lower(): value for name, value in delivery.headers.items()} == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-type": "application/json",
        "content-length": str(len(MESSAGE.body)),
        "user-agent": "genesys-outreach",
        "accept-encoding": "identity",
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": delivery.headers["webhook-signature"],
    }


def test_the_id_stays_and_the_timestamp_is_the_attempts(receiver: Receiver, endpoint: Endpoint) -> None:
    endpoint.post(MESSAGE, NOW)
    endpoint.post(MESSAGE, NOW + timedelta(seconds=60))
    first, second = receiver.deliveries
    assert first.id == second.id
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 60
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_during_a_rotation_a_receiver_with_either_secret_is_served(receiver: Receiver) -> None:
    new = new_secret()
    with Endpoint(receiver.url, [new, receiver.secret], allow_private=True) as endpoint:
        assert endpoint.post(MESSAGE, NOW).outcome == "delivered"
    [delivery] = receiver.deliveries
    assert verify(delivery.body, delivery.headers, new, now=NOW)


def test_a_ping_arrives_and_means_nothing(receiver: Receiver, endpoint: Endpoint) -> None:
    assert endpoint.ping(NOW).outcome == "delivered"
    assert receiver.events[0]["event"] == "ping"


def test_connections_are_kept(receiver: Receiver, endpoint: Endpoint) -> None:
    for _ in range(5):
        endpoint.post(MESSAGE, NOW)
    assert len({delivery.peer for delivery in receiver.deliveries}) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_delivers(receiver: Receiver, endpoint: Endpoint, status: int) -> None:
    receiver.always(Answer(status, body=b"" if status == 204 else b"thanks"))
    assert endpoint.post(MESSAGE, NOW).outcome == "delivered"


@pytest.mark.parametrize("status", [400, 401, 404, 405, 409, 429, 500, 502, 503, 504])
def test_every_other_status_fails_and_is_kept_with_its_answer(
    receiver: Receiver, endpoint: Endpoint, status: int
) -> None:
    receiver.always(Answer(status, body=b"no"))
    attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.outcome, attempt.status, attempt.code) == ("failed", status, "E_HTTP")
    assert attempt.response_excerpt == "no"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_failure_and_not_followed(
    receiver: Receiver, endpoint: Endpoint, status: int
) -> None:
    elsewhere = Receiver()
    receiver.always(Answer(status, {"Location": elsewhere.url}))
    attempt = endpoint.post(MESSAGE, NOW)
    elsewhere.close()
    assert (attempt.outcome, attempt.status) == ("failed", status)
    assert not elsewhere.deliveries


def test_a_410_is_gone(receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.always(Answer(410))
    attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.outcome, attempt.status, attempt.code) == ("gone", 410, "E_GONE")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        pytest.param(format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90, id="a date to come"),
        pytest.param(format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0, id="a date gone by"),
        ("soon", None),
        ("-5", None),
        ("1e999", None),
        ("", None),
        ("Fri, 99 Nov 20255 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_as_a_number_or_a_date(
    receiver: Receiver, endpoint: Endpoint, text: str, seconds: float | None
) -> None:
    receiver.always(Answer(503, {"Retry-After": text}))
    assert endpoint.post(MESSAGE, NOW).retry_after == seconds


@pytest.mark.parametrize("how", ["hang", "drip_head", "drip_body"])
def test_the_limit_holds_however_slowly_the_receiver_answers(receiver: Receiver, how: str) -> None:
    receiver.always(Answer(200, how=how))
    with Endpoint(receiver.url, receiver.secret, allow_private=True, limit_seconds=0.5) as endpoint:
        began = time.monotonic()
        attempt = endpoint.post(MESSAGE, NOW)
        assert (attempt.outcome, attempt.code) == ("failed", "E_TIMEOUT")
        assert 0.4 < time.monotonic() - began < 10  # it would take a minute, or eight


@pytest.mark.parametrize("status", [200, 500])
def test_of_a_huge_answer_4_kilobytes_are_kept_without_control_characters(
    receiver: Receiver, endpoint: Endpoint, status: int
) -> None:
    receiver.always(Answer(status, how="huge"))
    attempt = endpoint.post(MESSAGE, NOW)
    assert attempt.status == status
    assert attempt.outcome == ("delivered" if status == 200 else "failed")
    assert set(attempt.response_excerpt) == {"h"}
    assert 1000 < len(attempt.response_excerpt) <= 4096


def test_all_of_a_long_2xx_is_read_and_its_beginning_kept(receiver: Receiver, endpoint: Endpoint) -> None:
    said = b'{"more": "' + b"x" * 5000 + b'", "suppress": true}'
    receiver.always(Answer(200, body=said))
    attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.answer, attempt.response_excerpt) == (said.decode(), said.decode()[:4096])


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_an_answer_that_was_packed_unasked_is_unpacked(
    receiver: Receiver, endpoint: Endpoint, pack: Callable[[bytes], bytes]
) -> None:
    receiver.always(Answer(200, {"Content-Encoding": "gzip"}, body=pack(b'{"suppress": true}')))
    attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.outcome, attempt.code) == ("delivered", "")
    assert attempt.response_excerpt == '{"suppress": true}'


def test_an_answer_with_a_byte_order_mark_is_the_json_behind_it(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    receiver.always(Answer(200, body=b'\xef\xbb\xbf{"suppress": true}'))
    assert endpoint.post(MESSAGE, NOW).response_excerpt == '{"suppress": true}'


def test_of_a_packed_answer_no_more_than_64_kilobytes_come_out(
    receiver: Receiver, endpoint: Endpoint
) -> None:
    receiver.always(Answer(200, {"Content-Encoding": "gzip"}, body=gzip.compress(b"x" * 10_000_000)))
    assert len(endpoint.post(MESSAGE, NOW).answer) == 65536


def test_an_answer_that_cannot_be_unpacked_is_said(receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.always(Answer(200, {"Content-Encoding": "br"}, body=b"\x0b\x02\x80hello\x03"))
    attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.outcome, attempt.code) == ("delivered", "E_UNCLEAR")


def test_an_answer_that_is_no_text_is_kept_within_4_kilobytes(receiver: Receiver, endpoint: Endpoint) -> None:
    receiver.always(Answer(500, body=b"\xff\x00" * 4000))
    assert len(endpoint.post(MESSAGE, NOW).response_excerpt.encode()) <= 4096


@pytest.mark.parametrize(
    ("how", "code"), [("hang_up", "E_CONNECTION"), ("garbage", "E_HTTP"), ("cut", "E_HTTP")]
)
def test_an_answer_that_is_none_is_a_failure(
    receiver: Receiver, endpoint: Endpoint, how: str, code: str
) -> None:
    receiver.always(Answer(how=how))
    attempt = endpoint.post(MESSAGE, NOW)
    assert (attempt.outcome, attempt.status, attempt.code) == ("failed", 0, code)


def test_after_any_failure_the_next_attempt_gets_through(receiver: Receiver) -> None:
    with Endpoint(receiver.url, receiver.secret, allow_private=True, limit_seconds=0.3) as endpoint:
        for how in ("hang", "garbage", "cut", "drip_body", "hang_up"):
            receiver.always(Answer(how=how))
            assert endpoint.post(MESSAGE, NOW).outcome == "failed"
            receiver.always(Answer())
            assert endpoint.post(MESSAGE, NOW).outcome == "delivered"


def test_a_closed_port_is_a_failed_connection() -> None:
    closed = Receiver()
    closed.close()
    with Endpoint(closed.url, new_secret(), allow_private=True) as endpoint:
        assert endpoint.post(MESSAGE, NOW).code == "E_CONNECTION"


def test_a_url_that_is_not_acceptable_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(WebhookError, match="allow_private"):
        Endpoint("http://crm.example.com/", new_secret())


def test_neither_secret_nor_path_is_shown(receiver: Receiver) -> None:
    receiver.close()
    with Endpoint(f"{receiver.url}&token=t0ken", receiver.secret, allow_private=True) as endpoint:
        attempt: Attempt = endpoint.post(MESSAGE, NOW)
        shown = repr(endpoint) + endpoint.label + repr(attempt)
    assert "t0ken" not in shown
    assert receiver.secret[6:] not in shown


def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert endpoint.post(MESSAGE, NOW).outcome == "delivered"


def test_a_proxy_that_is_named_gets_the_request_and_the_name(receiver: Receiver) -> None:
    proxy = f"http://user:pass@127.0.0.1:{receiver.port}"
    url = "http://crm.internal:8080/hooks"
    with Endpoint(url, receiver.secret, allow_private=True, proxy=proxy) as endpoint:
        assert endpoint.post(MESSAGE, NOW).outcome == "delivered"
    [delivery] = receiver.deliveries
    assert delivery.path == url
    assert delivery.headers["Proxy-Authorization"].startswith("Basic ")


def test_a_signature_outlives_a_proxy_that_buffers_chunks_anew_and_renames() -> None:
    crm = Receiver()
    with (
        buffering_proxy(crm.port) as port,
        Endpoint(f"http://127.0.0.1:{port}/hooks", crm.secret, allow_private=True) as endpoint,
    ):
        message = Message("msg_1", "ping", "EXT-1", '{"event":"ping","name":"Zoë 🙂"}'.encode(), 0, NOW)
        attempt = endpoint.post(message, NOW)
    crm.close()

    assert (attempt.outcome, attempt.status) == ("delivered", 204)
    [delivery] = crm.deliveries  # the receiver verified it
    assert delivery.body == message.body
    assert "WEBHOOK-SIGNATURE" in delivery.headers


@contextlib.contextmanager
def buffering_proxy(port: int) -> Iterator[int]:
    """Takes a whole request, waits, sends it on in chunks under upper-case names, and chunks the answer."""

    class Proxy(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            time.sleep(0.3)
            left_out = {"content-length", "host", "connection"}
            headers = {n.upper(): v for n, v in self.headers.items() if n.lower() not in left_out}
            onward = http.client.HTTPConnection("127.0.0.1", port)
            pieces = (body[first : first + 5] for first in range(0, len(body), 5))
            onward.request("POST", self.path, pieces, {**headers, "VIA": "1.1 proxy"}, encode_chunked=True)
            answer = onward.getresponse()
            self.send_response(answer.status)
            self.send_header("TRANSFER-ENCODING", "chunked")
            self.end_headers()
            self.wfile.write(b"0\r\n\r\n")
            onward.close()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port
        server.shutdown()
