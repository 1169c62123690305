"""Ids and repetitive JSON, as short as SQLite keeps them: a contact takes 2.4 KB instead of 4.1.

    Short   hex digits and UUIDs as bytes. Each text has one form, so equal stays equal, in keys too
    Packed  JSON of codes, ids and times: its ids as bytes, the rest deflated against words known here

On PostgreSQL both are the text itself. A person's own words are never packed: that they are gone after an
erasure can be seen in the file.
"""

import re
import zlib
from binascii import hexlify
from collections.abc import Callable, Iterable
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

import orjson
from sqlalchemy import LargeBinary, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SHORTENED = re.compile(rf"{_UUID}\Z")
# A literal sign in front: the search is 1.7 times as fast as for the digits alone.
_ID = re.compile(rf'[" ](?:{_UUID}|[0-9a-f]{{40}}|[0-9a-f]{{16}})'.encode())
_TAKEN = re.compile(b"([\1\2\3])")
_SIGNS = {36: b"\1", 16: b"\2", 40: b"\3"}
"""What stands for an id of that length."""
_WIDTHS = {b"\1": (8, 4, 4, 4, 12), b"\2": (16,), b"\3": (40,)}
"""Its digits, between its hyphens."""

_FIRST = b"\1"
"""Begins what is packed with the words of today; other words get another sign, and these stay readable."""

_BITS, _MEMORY = -12, 4  # no header, and a window as small as the words and a row
_WORDS = "".join(orjson.loads(Path(__file__).with_name("packing.json").read_bytes())).encode()
# Copied for each text: to read the words anew took a quarter of the ten microseconds.
_DEFLATING = zlib.compressobj(6, zlib.DEFLATED, _BITS, _MEMORY, zlib.Z_DEFAULT_STRATEGY, _WORDS)


def shorten(text: str | bytes | None) -> str | bytes | None:
    """A UUID or a run of hex digits as bytes; any other text, and what is bytes already, as it is."""
    if not text or isinstance(text, bytes):
        return text
    # There and back, 0.2 microseconds for a hash, of which a contact has 13: a pattern took 0.8, and a cache
    # did not help.
    try:
        digits = bytes.fromhex(text) if len(text) % 8 == 0 and len(text) > 8 else b""
    except ValueError:
        digits = b""
    if digits.hex() == text:
        return digits
    # One byte more than its digits: no run of them, 4 bytes a step, is as long.
    return b"-" + bytes.fromhex(text.replace("-", "")) if _SHORTENED.match(text) else text


def lengthen(value: str | bytes | None) -> str | None:
    """The text that `shorten` had."""
    if not isinstance(value, bytes):
        return value
    if len(value) % 4 == 0:
        return value.hex()
    digits = value[1:].hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


# Actors, verdicts and details of one step are the same for many contacts in a row.
@lru_cache(maxsize=512)
def pack(plain: bytes) -> bytes:
    """JSON in a fifth of its length."""
    if _TAKEN.search(plain):  # no JSON has these
        return plain
    ids: list[bytes] = []

    def take(found: re.Match[bytes]) -> bytes:
        ids.append(found[0][1:])
        return found[0][:1] + _SIGNS[len(ids[-1])]

    rest = _deflate(_ID.sub(take, plain))
    return b"".join((_FIRST, rest, bytes.fromhex(b"".join(ids).replace(b"-", b"").decode())))


def pack_contents(keys: Iterable[bytes], load_id: int) -> list[bytes]:
    """What `pack` makes of new contacts' details, of their keys' bytes, or none: where they go is known."""
    begins = [_FIRST + _deflate(b'{"content":"%b","load":%d}' % (sign, load_id)) for sign in (b"", b"\3")]
    return [begins[bool(key)] + key for key in keys]


# Without its ids, the detail of a step is the same for all contacts: of five texts a contact, three are.
@lru_cache(maxsize=512)
def _deflate(rest: bytes) -> bytes:
    deflating = _DEFLATING.copy()
    return deflating.compress(rest) + deflating.flush()


# An event's body is like no other: to take its ids out and put them back took 9 microseconds, for 24 bytes.
def pack_whole(plain: bytes) -> bytes:
    """JSON of which no part comes again, as `unpack` reads it: its ids are deflated with the rest."""
    if not plain or _TAKEN.search(plain):
        return plain
    deflating = _DEFLATING.copy()
    return _FIRST + deflating.compress(plain) + deflating.flush()


def unpack_whole(packed: bytes) -> bytes:
    """The same as `unpack`, at once where no ids lie behind."""
    inflating = zlib.decompressobj(_BITS, _WORDS)
    try:
        plain = inflating.decompress(packed[1:]) if packed[:1] == _FIRST else b""
    except zlib.error:
        return packed
    is_whole = inflating.eof and not inflating.unused_data and not _TAKEN.search(plain)
    return plain if is_whole else unpack(packed)


def unpack(packed: bytes) -> bytes:
    """What was packed; what was not, as it is."""
    if packed[:1] != _FIRST:
        return packed
    # Details of one kind differ in their ids alone, which lie behind: what is before them is inflated once.
    end = _ENDS.get(len(packed), 0)
    form = _FORMS.get(packed[:end])
    if form is None:
        try:
            form, end = _inflate(packed)
        except zlib.error:  # somebody altered it: no hash covers what stands there
            return packed
    text, parts, digits = form
    ids = hexlify(packed[end:])
    whole: bytes = text % parts(ids)
    return whole if len(ids) == digits else packed


_Form: TypeAlias = tuple[bytes, Callable[[bytes], Any], int]
"""A text with a place for each part of an id, and what takes these parts out of all digits: a third of the
time of putting in one id after another.
"""
_ENDS: dict[int, int] = {}
"""By the length of what is packed: where the ids began the last time."""
_FORMS: dict[bytes, _Form] = {}
"""By whole streams, each up to its own end; no other bytes begin as one of them does."""


def _inflate(packed: bytes) -> tuple[_Form, int]:
    inflating = zlib.decompressobj(_BITS, _WORDS)
    form = _form_of(inflating.decompress(packed[1:]))
    end = len(packed) - len(inflating.unused_data)
    if not inflating.eof:
        raise zlib.error("cut off")
    if len(_FORMS) >= 512:
        _FORMS.clear()
    _ENDS[len(packed)], _FORMS[packed[:end]] = end, form
    return form, end


def _form_of(plain: bytes) -> _Form:
    taken: list[slice] = []

    def place(found: re.Match[bytes]) -> bytes:
        for width in _WIDTHS[found[0]]:
            start = taken[-1].stop if taken else 0
            taken.append(slice(start, start + width))
        return b"-".join([b"%b"] * len(_WIDTHS[found[0]]))

    text = _TAKEN.sub(place, plain.replace(b"%", b"%%"))
    return text, itemgetter(*taken) if taken else lambda _: (), taken[-1].stop if taken else 0


# As with `pack`: what was decided alike, or done by one actor, is read again and again.
@lru_cache(maxsize=512)
def unpacked(value: str | bytes | None) -> str | None:
    """A packed column's text, for SQL too: SQLite knows this function."""
    return unpack(value).decode(errors="replace") if isinstance(value, bytes) else value


class _Kept(TypeDecorator[Any]):
    """A type whose values stand otherwise in SQLite, and as they are in PostgreSQL."""

    cache_ok = True
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """The function itself: SQLAlchemy's way around it takes as long, sixty times a contact."""
        return self.write if dialect.name == "sqlite" else self.impl_instance.bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """The function itself."""
        plain = self.impl_instance
        return self.read if dialect.name == "sqlite" else plain.result_processor(dialect, coltype)


class Short(_Kept):
    """An id: see `shorten`."""

    impl = String
    cache_ok = True
    write, read = staticmethod(shorten), staticmethod(lengthen)


class Packed(_Kept):
    """JSON as text: see `pack`."""

    impl: type[String] = Text
    cache_ok = True
    write = staticmethod(lambda text: pack(text.encode()) if isinstance(text, str) and text else text)
    read = staticmethod(unpacked)


class PackedLine(Packed):
    """A short text: see `pack`."""

    impl = String
    cache_ok = True


class PackedBytes(_Kept):
    """JSON as bytes: see `pack_whole`."""

    impl = LargeBinary
    cache_ok = True
    write = staticmethod(pack_whole)
    read = staticmethod(lambda packed: unpack_whole(bytes(packed)) if packed is not None else None)
