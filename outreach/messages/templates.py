"""A text with fields, compiled once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from outreach.errors import SettingsError
from outreach.messages.checking import Mistake, check
from outreach.messages.filling import HINT, Speech, Unfilled
from outreach.messages.filters import FILTERS, SPEECH, TESTS, Unreadable

_ESCAPED = re.compile(r"\{\{[^{}]*(?:%20|&\w+;|&#)")
_CURLY_QUOTES = re.compile("[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb]")


class _Missing(StrictUndefined):
    """A field that is missing, empty or blank: only `default` and `is filled` can do something with it."""

    __slots__ = ()

    def _refuse(self, *_: object) -> NoReturn:
        raise Unfilled(self._undefined_name or "", "is empty")

    __str__ = __iter__ = __len__ = __eq__ = __ne__ = __bool__ = __hash__ = __contains__ = _refuse


class _Environment(ImmutableSandboxedEnvironment):
    """Knows our filters and tests, and nothing else; a dot is a column of metadata and no attribute."""

    def __init__(self, *, is_html: bool) -> None:
        super().__init__(
            undefined=_Missing,
            autoescape=is_html,
            keep_trailing_newline=True,
            comment_start_string="{#\0",  # `{#id` stands in style sheets, and nobody's comment in a message
            comment_end_string="\0#}",
        )
        self.globals.clear()
        self.filters = dict(FILTERS)
        self.tests = dict(TESTS)

    def getattr(self, obj: object, attribute: str) -> str | Undefined:
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> str | Undefined:
        found = obj.get(argument) if isinstance(obj, Mapping) else None
        return found if isinstance(found, str) else self.undefined(name=f"metadata.{argument}")


_OF_TEXT, _OF_HTML = _Environment(is_html=False), _Environment(is_html=True)


class Template:
    """One text in one language. Raises SettingsError where it is none of ours, naming `where` it stands."""

    is_constant = False

    def __init__(self, source: str, where: str, *, is_html: bool = False) -> None:
        environment = _OF_HTML if is_html else _OF_TEXT
        try:
            tree = environment.parse(source)
            self.needs_language = check(tree, is_html=is_html)
            self._compiled = environment.from_string(tree)
        except TemplateSyntaxError as error:
            hint = 'A name with a blank or a dash stands in quotes: {{ metadata["post box"] }}.'
            if _CURLY_QUOTES.search(source):
                hint = "A word processor's quotes may stand in it: write them straight."
            elif _ESCAPED.search(source):
                hint = "A program that writes HTML has changed a field: {{%20name%20}} was {{ name }}."
            line = f" on line {error.lineno}" if "\n" in source else ""
            raise SettingsError(
                f"{where} cannot be read{line}: {(error.message or '').rstrip('.')}.", hint
            ) from None
        except Mistake as mistake:
            raise SettingsError(f"{where}: {mistake.problem}.", HINT) from None
        self.fields = frozenset(_fields(tree))

    def fill(self, fields: Mapping[str, object], speech: Speech) -> str:
        """The text for one person. Raises Unfilled."""
        try:
            return self._compiled.render({**fields, SPEECH: speech})
        except Unreadable as error:
            raise Unfilled(", ".join(sorted(self.fields)), error.problem) from None
        except UndefinedError as error:  # nothing of ours leads here
            raise Unfilled("", str(error)) from None


def _fields(tree: nodes.Template) -> list[str]:
    of_metadata = [f"metadata.{node.attr}" for node in tree.find_all(nodes.Getattr)]
    of_metadata += [
        f"metadata.{n.arg.value}" for n in tree.find_all(nodes.Getitem) if isinstance(n.arg, nodes.Const)
    ]
    return [*of_metadata, *(node.name for node in tree.find_all(nodes.Name) if node.name != "metadata")]
