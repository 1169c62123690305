"""XML of strangers: in pieces that end where an element ends, without prefixes, and without a DOCTYPE."""

import re
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, fromstring

PIECE = 1 << 19
_MOST_OF_A_PIECE = 1 << 25
_PREFIX = re.compile(rb"<(\w+):(?:worksheet|sst)\b")
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*encoding=["'](?!utf-?8|us-ascii)""", re.IGNORECASE)


class UnusualMarkup(ValueError):  # noqa: N818 - it names a thing, not a failure
    """XML that no spreadsheet writes: comments, CDATA, a DOCTYPE, another encoding."""


def parse(data: bytes | str) -> Element:
    """A small part as a tree whose tags have no namespaces. Raises ParseError and UnusualMarkup."""
    # An entity needs a DOCTYPE to be declared in, so none can grow.
    if (b"<!DOCTYPE" if isinstance(data, bytes) else "<!DOCTYPE") in data:  # type: ignore[operator]  # alike
        raise UnusualMarkup
    root = fromstring(data)  # noqa: S314 - see above
    for element in root.iter():
        element.tag = local(element.tag)
        for name in [name for name in element.attrib if "}" in name]:
            element.attrib[local(name)] = element.attrib.pop(name)
    return root


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def pieces(file: IO[bytes], end: str) -> Iterator[str]:
    """A part in pieces that end behind `end`, but for the last; never more than a few MB at once."""
    last, rest = end.encode(), b""
    prefix = b""
    is_first = True
    while chunk := file.read(PIECE):
        if is_first:
            found = _PREFIX.search(chunk)
            prefix = found[1] + b":" if found else b""
            is_first = False
            if _ENCODING.match(chunk) or chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise UnusualMarkup
        rest += chunk
        ending = last.replace(b"</", b"</" + prefix)
        cut = rest.rfind(ending)
        if cut < 0:
            if len(rest) > _MOST_OF_A_PIECE:
                raise UnusualMarkup
            continue
        cut += len(ending)
        yield _plain(rest[:cut], prefix)
        rest = rest[cut:]
    yield _plain(rest, prefix)


def _plain(piece: bytes, prefix: bytes) -> str:
    if b"<!" in piece:
        raise UnusualMarkup
    if prefix:
        piece = piece.replace(b"</" + prefix, b"</").replace(b"<" + prefix, b"<")
    return piece.decode()
