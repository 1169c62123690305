"""A straight connection: it reads every answer as httpcore does, in whatever pieces it comes."""

from __future__ import annotations

from random import Random

import httpcore
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from outreach.connections import trusted
from outreach.http_connection import MOST_HEAD, HttpConnection

ORIGIN = httpcore.Origin(b"http", b"far.example", 80)
BODIES = st.binary(max_size=300)
Read = tuple[int, list[tuple[bytes, bytes]], bytes, bool]


class Pieces(httpcore.NetworkBackend):
    """A far end that says these pieces, and then hangs up; `sent` is what it was sent."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.sent = b""
        self._stream = _Stream(self, pieces)

    def connect_tcp(self, *_: object, **__: object) -> httpcore.NetworkStream:
        return self._stream


class _Stream(httpcore.NetworkStream):
    def __init__(self, far: Pieces, pieces: list[bytes]) -> None:
        self._far, self._pieces = far, list(pieces)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._far.sent += buffer

    def close(self) -> None:
        pass

    def get_extra_info(self, info: str) -> object:
        return None


def ours(far: Pieces) -> HttpConnection:
    return HttpConnection(ORIGIN, trusted(), 20.0, far)


def theirs(far: Pieces) -> httpcore.HTTPConnection:
    return httpcore.HTTPConnection(ORIGIN, network_backend=far, keepalive_expiry=20.0)


def read(connection: httpcore.ConnectionInterface) -> Read:
    """Status, headers, body, and whether the connection can be used again."""
    response = connection.handle_request(request())
    body = response.read()
    response.close()
    headers = [(name.lower(), value) for name, value in response.headers]
    return response.status, headers, body, connection.is_idle()


def request(target: str = "/x", content: bytes = b"", **headers: str) -> httpcore.Request:
    named = {"Host": "far.example", "Content-Length": str(len(content)), **headers}
    return httpcore.Request("POST", f"http://far.example{target}", headers=[*named.items()], content=content)


def chunked(body: bytes, at: int) -> bytes:
    pieces = [piece for piece in (body[:at], body[at:]) if piece]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def cut(raw: bytes, seed: int) -> list[bytes]:
    random = Random(seed)
    at = sorted(random.randrange(len(raw) + 1) for _ in range(random.randrange(6)))
    return [piece for piece in map(raw.__getitem__, map(slice, [0, *at], [*at, None])) if piece]


@given(
    status=st.sampled_from([200, 201, 202, 400, 404, 409, 429, 500, 503]),
    value=st.text("abcXYZ 0123;=,\"'", max_size=30).map(str.strip),
    body=BODIES,
    framing=st.sampled_from(["length", "chunked", "end"]),
    more=st.sampled_from(["", "Connection: close\r\n", "Connection: keep-alive\r\n"]),
    version=st.sampled_from(["1.1", "1.0"]),
    first=st.sampled_from(
        ["", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"]
    ),
    seed=st.integers(0, 2**32),
)
@example(200, "", b"", "end", "", "1.0", "", 0)
def test_an_answer_is_read_as_httpcore_reads_it_in_whatever_pieces_it_comes(
    status: int, value: str, body: bytes, framing: str, more: str, version: str, first: str, seed: int
) -> None:
    framing = "length" if framing == "chunked" and version == "1.0" else framing
    how = {
        "length": f"Content-Length: {len(body)}\r\n",
        "chunked": "Transfer-Encoding: chunked\r\n",
        "end": "",
    }
    head = f"{first}HTTP/{version} {status} Some words\r\nX-Some: {value}\r\n{more}{how[framing]}\r\n"
    raw = head.encode() + (chunked(body, seed % 50) if framing == "chunked" else body)
    mine = read(ours(Pieces(cut(raw, seed))))

    assert mine[:1] + mine[2:3] == (status, body)
    assert (b"x-some", value.encode()) in mine[1]
    assert mine[:3] == read(theirs(Pieces(cut(raw, seed))))[:3]
    kept = version == "1.1" and framing != "end" and more != "Connection: close\r\n"
    assert mine[3] is kept or (version == "1.0" and more == "Connection: keep-alive\r\n")


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_by_its_status_is_whole_with_its_head(status: int) -> None:
    raw = b"HTTP/1.1 %d Nothing\r\nContent-Length: 5\r\n\r\n" % status
    raw = raw if status == 304 else raw.replace(b"Content-Length: 5\r\n", b"")
    assert read(ours(Pieces([raw])))[2:] == (b"", True)


@given(st.binary(min_size=1, max_size=200), st.integers(0, 2**32))
def test_bytes_that_are_no_http_are_a_protocol_error_with_a_cause(raw: bytes, seed: int) -> None:
    with pytest.raises(httpcore.RemoteProtocolError) as told:
        read(ours(Pieces(cut(b"\x00" + raw, seed))))
    assert told.value.__cause__ is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhallo!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhallo\r\n0\r\n\r\n",
    ],
)
def test_an_answer_that_is_cut_short_or_has_two_lengths_is_never_taken_for_whole(raw: bytes) -> None:
    connection = ours(Pieces([raw]))
    with pytest.raises(httpcore.RemoteProtocolError):
        read(connection)
    connection.close()
    assert connection.is_closed()


def test_who_hangs_up_without_a_word_is_told_from_who_says_something_else() -> None:
    with pytest.raises(httpcore.RemoteProtocolError) as told:
        read(ours(Pieces([])))
    assert told.value.__cause__ is None


def test_a_head_without_end_is_given_up() -> None:
    endless = [b"HTTP/1.1 200 OK\r\n", *[b"X-More: " + b"x" * 1000 + b"\r\n"] * 200]
    far = Pieces(endless)
    with pytest.raises(httpcore.RemoteProtocolError, match="too long"):
        read(ours(far))
    assert MOST_HEAD < 200 * 1000


def test_what_follows_the_answer_unasked_for_is_no_part_of_it_and_spoils_the_connection() -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi" + b"HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nx"
    status, _, body, is_kept = read(ours(Pieces([raw])))
    assert (status, body, is_kept) == (200, b"hi", False)


def test_a_request_leaves_as_it_was_given_in_one_piece() -> None:
    far = Pieces([b"HTTP/1.1 204 No Content\r\n\r\n"])
    ours(far).handle_request(request("/a/b?c=d", b"{}", Authorization="Bearer t"))
    head, _, body = far.sent.partition(b"\r\n\r\n")
    lines = [
        b"POST /a/b?c=d HTTP/1.1",
        b"Host: far.example",
        b"Content-Length: 2",
        b"Authorization: Bearer t",
    ]
    assert (head.split(b"\r\n"), body) == (lines, b"{}")


@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\rb", "a\0b", "a\r\n\r\nGET / HTTP/1.1"])
def test_a_header_that_would_be_read_as_two_leaves_never(value: str) -> None:
    far = Pieces([b"HTTP/1.1 204 No Content\r\n\r\n"])
    with pytest.raises(httpcore.LocalProtocolError):
        ours(far).handle_request(request(Authorization=value))
    assert far.sent == b""
