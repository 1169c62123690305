"""Lists behind a link: read as they come, with what the server said of it where it gives none."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, cast

from outreach.errors import SourceError

_SECONDS = 60.0
_BUFFER = 1 << 18
ONE_LIST = "Put all pages into one list, or read a whole export."
_ANSWERS = {
    202: ("is not ready yet ({status}).", "Try again in a few minutes."),
    206: ("gives only a part of itself ({status}).", "Check the link."),
    401: (
        "wants a login ({status}).",
        "Give the link a key, or share the list with everybody who has the link.",
    ),
    403: ("refuses access ({status}).", "Look at who may see it, and whether the link has expired."),
    404: ("does not exist ({status}).", "Check the link."),
    410: ("does not exist any more ({status}).", "Make a new link."),
    429: ("is asked too often ({status}).", "Try again in a few minutes."),
}


def is_web(url: str) -> bool:
    """Whether it is a plain link."""
    # Two colons chain fsspec's filesystems, as in zip://a.csv::https://..., which it opens itself.
    return url.lower().startswith(("http://", "https://")) and "::" not in url


@contextmanager
def opened(url: str, label: str) -> Iterator[IO[bytes]]:
    """The bytes behind a link, without the compression of the way. Raises SourceError."""
    import httpx  # noqa: PLC0415 - 0.12 s, for links alone

    with (
        _told(label),
        # httpx follows no redirect by itself; the links of file shares consist of them.
        httpx.Client(follow_redirects=True, timeout=_SECONDS) as client,
        client.stream("GET", url, headers={"Accept": "*/*", "Accept-Encoding": "gzip"}) as response,
    ):
        if not response.is_success or response.status_code in _ANSWERS:
            raise refused(label, response.status_code)
        if "next" in response.links:
            raise SourceError(f"{label} is one page of several.", ONE_LIST)
        # A compressed answer that ends too early is found where it is unpacked; httpx says nothing.
        is_known = response.headers.get("content-encoding", "gzip").lower() in {"gzip", "x-gzip", "identity"}
        chunks = response.iter_raw(_BUFFER) if is_known else response.iter_bytes(_BUFFER)
        body = cast("io.RawIOBase", _Body(chunks, label))
        yield io.BufferedReader(body, _BUFFER)


@contextmanager
def _told(label: str) -> Iterator[None]:
    """What goes wrong on the way, as a SourceError."""
    import httpx  # noqa: PLC0415 - see above

    try:
        yield
    except httpx.TimeoutException as e:
        raise SourceError(f"{label} does not answer in {_SECONDS:.0f} seconds.", "Try again later.") from e
    except httpx.DecodingError as e:
        raise SourceError(f"{label} is damaged on its way.", "Try again later.") from e
    except (httpx.ReadError, httpx.RemoteProtocolError) as e:
        raise SourceError(f"{label} broke off before its end.", "Try again.") from e
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as e:
        raise SourceError(
            f"{label} cannot be reached ({type(e).__name__}).", "Check address and network."
        ) from e


def refused(label: str, status: int) -> SourceError:
    """What a server's answer means for a person."""
    usual = (
        ("fails there ({status}).", "Try again later.")
        if status >= 500
        else ("is refused ({status}).", "Check the link.")
    )
    problem, advice = _ANSWERS.get(status, usual)
    return SourceError(f"{label} {problem.format(status=status)}", advice)


class _Body(io.RawIOBase):
    """Chunks as a file."""

    def __init__(self, chunks: Iterator[bytes], label: str) -> None:
        self._chunks = chunks
        self._label = label
        self._rest = b""
        self._size = 0

    def tell(self) -> int:
        """How many bytes have come."""
        return self._size

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io passes
        """Some more bytes."""
        # A chunk may be empty, and to return 0 would say that the file ends here.
        while not self._rest:
            with _told(self._label):  # here: whoever reads would take it for a fault of the list
                chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = chunk
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        self._size += count
        return count
