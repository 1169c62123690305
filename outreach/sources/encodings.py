"""Which encoding a text has: by its mark, by its zeros, UTF-8, else what a person or their country says.

No detector is asked: each takes Windows-1250 for 1252 now and then, and a wrong letter is a wrong name, or a
header that says "unsubscribed" and is not understood.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from outreach.errors import SourceError

LOOKED_AT = 1 << 20
"""So much of a file's beginning tells."""
_MARKS = (
    # First: UTF-16's little-endian mark is how this one begins.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GOOD = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_OF_COUNTRIES = {
    "cp1250": "AL BA CZ HR HU ME PL RO RS SI SK",
    "cp1251": "BG BY KZ MK MN RU UA",
    "cp1253": "CY GR",
    "cp1254": "AZ TR",
    "cp1255": "IL",
    "cp1256": "AE BH DZ EG IQ IR JO KW LB LY MA OM PK QA SA SY TN YE",
    "cp1257": "EE LT LV",
    "cp1258": "VN",
    "cp874": "TH",
    "cp932": "JP",
    "gb18030": "CN SG",
    "cp949": "KR",
    "cp950": "HK MO TW",
}
"""What Windows writes as "ANSI" there; cp1252 in the other countries."""
_BY_COUNTRY = {country: page for page, countries in _OF_COUNTRIES.items() for country in countries.split()}
_BYTES_A_SIGN = 2


class Encoding(NamedTuple):
    """A codec's name, and how sure it is.

    assumed    by the country: a person should look at some names
    is_unsure  it is not UTF-8 and only a person can say what it is: what is not plain is rejected
    """

    name: str
    assumed: bool = False
    is_unsure: bool = False


def check_encoding(name: str) -> str:
    """The name of a text encoding that Python knows. Raises SourceError."""
    wanted = {"ansi": "cp1252", "macintosh": "mac_roman", "unicode": "utf-16"}.get(
        name.strip().lower(), name.strip()
    )
    try:
        found = codecs.lookup(wanted)
        # codecs also knows base64 and its like, and refuses them as encodings of text only here.
        "".encode(found.name)
    except LookupError:
        raise SourceError(
            f"{name!r} is no encoding of text.", "Say one like windows-1252 or utf-16."
        ) from None
    # It reads a file with the mark, and one without.
    return "utf-8-sig" if found.name == "utf-8" else found.name


def find_encoding(label: str, head: bytes, *, named: str = "", country: str = "") -> Encoding:
    """The encoding of a text that begins so. Raises SourceError for what is no text."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return Encoding(encoding)
    # After the marks: what a file says of itself is surer than what a person believes.
    if named:
        return Encoding(check_encoding(named))
    if encoding := _wide(head):
        return Encoding(encoding)
    if head.count(b"\0") > len(head) // 8:
        raise SourceError(f"{label} is not UTF-8 text.", "Export it as .csv or .xlsx.")
    if _is_utf8(head):
        return Encoding("utf-8-sig")
    if country:
        return Encoding(_BY_COUNTRY.get(country.upper(), "cp1252"), assumed=True)
    return Encoding("utf-8-sig", is_unsure=True)


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()  # nearly always, and in a tenth of the time
    except UnicodeDecodeError:
        rest, good = _GOOD.subn(b"", head)
        return good >= len(_HIGH.findall(rest))  # a bad byte among good ones is a fault on its line
    return True


def _wide(head: bytes) -> str:
    """UTF-16 without its mark: nearly every other byte is zero."""
    pairs = len(head) // _BYTES_A_SIGN
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if pairs and max(even, odd) > pairs // 2 and min(even, odd) * 10 < max(even, odd):
        return "utf-16-be" if even > odd else "utf-16-le"
    return ""
