"""An SMS: how many parts it takes, which sign makes it dear, and the signs that are replaced."""

import json
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

MOST_SEGMENTS = 5
"""Genesys sends an SMS in at most five parts (its help, "Agentless SMS")."""

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = _GSM_BASIC | _GSM_EXTENDED


def segments(text: str) -> int:
    """SMS segments: GSM-7 in 160 or parts of 153, else UCS-2 in 70 or parts of 67 (3GPP TS 23.038).

    A character that takes two places (GSM's extension table, UTF-16 surrogates) is never cut in two.
    """
    # One sign outside GSM-7 makes the whole message UCS-2, with 70 characters in place of 160.
    if _GSM.issuperset(text):
        if len(text) <= 80:  # whatever its signs are: most texts need no count
            return 1
        return _pack([2 if character in _GSM_EXTENDED else 1 for character in text], 160, 153)
    return _pack([2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67)


def _pack(widths: list[int], alone: int, part: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count


def dear_sign(text: str) -> str:
    """The first sign outside GSM-7, which makes a text UCS-2, as `U+2019`; "" where there is none."""
    return next((_code(sign) for sign in text if sign not in _GSM), "")


def make_plain(text: str, *, signs: bool) -> str:
    """The text with plain blanks for hidden ones; with `signs`, quotes and dashes as GSM-7 has them."""
    # Composed first: a decomposed ü is two signs, and not in GSM-7.
    return text if _is_plain(text) else unicodedata.normalize("NFC", text).translate(_table(signs))


def list_replaced(before: str, *, signs: bool) -> list[str]:
    """The signs of a text that `make_plain` replaces, as `U+202F`, each as often as it stands there."""
    return [] if _is_plain(before) else [_code(sign) for sign in before if ord(sign) in _table(signs)]


def _is_plain(text: str) -> bool:
    return text.isascii() and "\t" not in text


@lru_cache(maxsize=2)
def _table(signs: bool) -> Mapping[int, str]:  # noqa: FBT001 - what the cache goes by
    file = resources.files("outreach.messages") / "signs.json"
    read = json.loads(file.read_text(encoding="utf-8"))
    kinds = [read["blanks"], read["signs"]] if signs else [read["blanks"]]
    return {ord(sign): plain for kind in kinds for plain, many in kind.items() for sign in many}


def _code(sign: str) -> str:
    return f"U+{ord(sign):04X}"
