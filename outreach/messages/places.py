"""Where in a text a field stands: in a link or an attribute it needs more than it does among words."""

import re
from enum import Enum

FIELD = "\0"
"""What stands for a field in the text before another one."""

_IN_LINK = re.compile(r"(?:https?://|mailto:|www\.)[^\s<>\"']*\Z", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:-]+)\s*=\s*(\"[^\"]*|'[^']*|[^\s\"'>]*)\Z")
_LINKS = frozenset({"href", "src", "action", "background", "poster", "srcset"})
_RAW = re.compile(r"<(script|style)\b(?!.*</\1)", re.IGNORECASE | re.DOTALL)


class Need(Enum):
    """What a field needs at its place."""

    NOTHING = ""
    URL = "It stands in a link: write it with |url."
    LINK = "It is a whole link: write it with |link, or put the address before it."
    QUOTES = "Put the attribute's value in quotes."
    ELSEWHERE = "No field can stand in a script, a style, a tag's name or such an attribute."


def need_of(before: str, *, is_html: bool) -> Need:
    """What a field needs after this text, in which FIELD stands for the fields before it."""
    if is_html and _RAW.search(before):
        return Need.ELSEWHERE
    tag = before[before.rfind("<") :] if is_html and before.rfind("<") > before.rfind(">") else ""
    return _in_tag(tag) if tag else _among_words(before)


def _among_words(before: str) -> Need:
    return Need.URL if _IN_LINK.search(before) else Need.NOTHING


def _in_tag(tag: str) -> Need:
    found = _ATTRIBUTE.search(tag)
    if not found:
        return Need.ELSEWHERE
    name, value = found[1].lower(), found[2]
    if name.startswith("on") or name in {"style", "srcdoc"}:
        return Need.ELSEWHERE
    if value[:1] not in {'"', "'"}:
        return Need.QUOTES
    if name not in _LINKS:
        return Need.NOTHING
    return Need.URL if value[1:].strip() else Need.LINK
