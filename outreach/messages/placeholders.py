"""What looks like another tool's placeholder, or like half of one of ours: it would be sent as it stands."""

import re

_WORDS = r"[A-Za-z_][\w .:-]{0,40}"
_NAMES = (
    r"(?:first|last|full|customer|contact)?[ _-]?name|vorname|nachname|anrede|pr[ée]nom|nom"
    r"|nombre|apellidos?|cognome|voornaam|achternaam"
)
_PLACEHOLDER = re.compile(
    rf"\{{\{{|\}}\}}|\{{%|%\}}|[$#]?\{{\s*{_WORDS}\s*\}}|\[\[\s*{_WORDS}\s*\]\]|%%\s*{_WORDS}\s*%%"
    rf"|<<\s*{_WORDS}\s*>>|&lt;&lt;\s*{_WORDS}\s*&gt;&gt;|\*\|\s*{_WORDS}\s*\|\*|%[A-Z][A-Z_]+%"
    # Ours, as programs leave it in a link; «» by names alone, for they are quotation marks as well.
    rf"|%7B%7B|%7D%7D|\[(?:{_NAMES})\]|«(?:{_NAMES})»",
    re.IGNORECASE,
)
_BRACE = re.compile(r"[{}]")
_NOT_SHOWN = re.compile(r"<style\b.*?</style\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)


def find_placeholder(text: str) -> str:
    """The first thing in a text of somebody's own that looks like a placeholder, "" for none."""
    # Sign by sign: letter by letter, by a set of them, a short text took twice as long, a long one ten times.
    if not (
        "{" in text or "[" in text or "%" in text or "<" in text or "*" in text or "&" in text or "«" in text
    ):
        return ""
    found = _PLACEHOLDER.search(text)
    return found.group() if found else ""


def object_to_left_over(literal: str, *, is_html: bool) -> str:
    """Why that cannot stand between a template's fields, where a single brace is a left-over too; else ""."""
    shown = _NOT_SHOWN.sub("", literal) if is_html else literal
    found = _PLACEHOLDER.search(shown) or _BRACE.search(shown)
    return f"{found.group()!r} is no field of ours; write it like {{{{ name }}}}" if found else ""
