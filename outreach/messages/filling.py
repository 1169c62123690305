"""Filling a text for a person: how they are spoken to, what may lack; and a text without fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

from outreach.errors import SettingsError
from outreach.messages.placeholders import object_to_left_over

HINT = "docs/messages.md shows what a text may hold."


@dataclass(frozen=True, slots=True)
class Speech:
    """How a person is spoken to. `zone` is "" where nothing names it."""

    locale: Locale | None
    zone: str


class Unfilled(Exception):  # noqa: N818 - it says what a text lacks
    """A text that cannot be filled for a person: which `field`, and what it lacks, without its value."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem


class ConstantText:
    """A text that everybody gets alike. Raises SettingsError where it is none of ours."""

    is_constant, needs_language = True, False
    fields: frozenset[str] = frozenset()

    def __init__(self, source: str, where: str, *, is_html: bool = False) -> None:
        if problem := object_to_left_over(source, is_html=is_html):
            raise SettingsError(f"{where}: {problem}.", HINT)
        self._source = source

    def fill(self, _fields: Mapping[str, object], _speech: Speech) -> str:
        """The text."""
        return self._source
