"""Ids and repetitive JSON, as short as SQLite keeps them: a contact takes 2.4 KB instead of 4.1.

    Short   hex digits and UUIDs as bytes. Each text has one form, so equal stays equal, in keys too
    Packed  JSON of codes, ids and times: its ids as bytes, the rest deflated against words known here

On PostgreSQL both are the text itself. A person's own words are never packed: that they are gone after an
erasure can be seen in the file.
"""

import re
import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import LargeBinary, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_HEX = re.compile(r"(?:[0-9a-f]{8}){2,}\Z")
_SHORTENED = re.compile(rf"{_UUID}\Z")
# A literal sign in front: the search is 1.7 times as fast as for the digits alone.
_ID = re.compile(rf'[" ](?:{_UUID}|[0-9a-f]{{16}})'.encode())
_TAKEN = re.compile(b"([\1\2])")

_FIRST = b"\1"
"""Begins what is packed with the words of today; other words get another sign, and these stay readable."""

_BITS, _MEMORY = -12, 4  # no header, and a window as small as the words and a row
_WORDS = "".join(orjson.loads(Path(__file__).with_name("packing.json").read_bytes())).encode()


def shorten(text: str) -> str | bytes:
    """A UUID or a run of hex digits as bytes; any other text as it is."""
    if _HEX.match(text):
        return bytes.fromhex(text)
    # One byte more than its digits: no run of them, 4 bytes a step, is as long.
    return b"-" + bytes.fromhex(text.replace("-", "")) if _SHORTENED.match(text) else text


def lengthen(value: str | bytes) -> str:
    """The text that `shorten` had."""
    if isinstance(value, str):
        return value
    return _uuid(value[1:].hex()) if len(value) % 4 else value.hex()


# Actors, verdicts and details of one step are the same for many contacts in a row.
@lru_cache(maxsize=512)
def pack(plain: bytes) -> bytes:
    """JSON in a fifth of its length."""
    if _TAKEN.search(plain):  # no JSON has these
        return plain
    ids: list[bytes] = []

    def take(found: re.Match[bytes]) -> bytes:
        ids.append(found[0][1:])
        return found[0][:1] + (b"\1" if len(found[0]) > 17 else b"\2")

    rest = _ID.sub(take, plain)
    deflating = zlib.compressobj(6, zlib.DEFLATED, _BITS, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _WORDS)
    digits = b"".join(ids).replace(b"-", b"").decode()
    return b"".join((_FIRST, deflating.compress(rest), deflating.flush(), bytes.fromhex(digits)))


@lru_cache(maxsize=512)
def unpack(packed: bytes) -> bytes:
    """What was packed; what was not, as it is."""
    if packed[:1] != _FIRST:
        return packed
    inflating = zlib.decompressobj(_BITS, _WORDS)
    plain, ids = inflating.decompress(packed[1:]), inflating.unused_data.hex()
    if len(ids) <= 16:  # none, or one that is no UUID: nearly every detail
        return plain.replace(b"\2", ids.encode())
    parts, place = _TAKEN.split(plain), 0
    for at in range(1, len(parts), 2):
        width = 32 if parts[at] == b"\1" else 16
        own, place = ids[place : place + width], place + width
        parts[at] = (_uuid(own) if width == 32 else own).encode()
    return b"".join(parts)


def unpacked(value: str | bytes | None) -> str | None:
    """A packed column's text, for SQL too: SQLite knows this function."""
    return unpack(value).decode() if isinstance(value, bytes) else value


def _uuid(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Short(TypeDecorator[str]):
    """An id: see `shorten`."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401 - the driver's
        """Bytes where that is shorter."""
        return shorten(value) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """The id."""
        return lengthen(value) if value else value


class Packed(TypeDecorator[str]):
    """JSON as text: see `pack`."""

    impl: type[String] = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401 - the driver's
        """Packed bytes."""
        return pack(value.encode()) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """The text."""
        return unpacked(value)


class PackedLine(Packed):
    """A short text: see `pack`."""

    impl = String
    cache_ok = True


class PackedBytes(TypeDecorator[bytes]):
    """JSON as bytes: see `pack`."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Packed bytes."""
        return pack(value) if value and dialect.name == "sqlite" else value

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002 - SQLAlchemy's signature
        """The JSON."""
        return unpack(bytes(value)) if value is not None else None
