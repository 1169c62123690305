"""Which header means which of our columns.

    external_contact_id name voice sms email chat initial_message interaction_duration_seconds
    time_zone postal_code country consent.<channel> consent.<channel>.source consent.<channel>.date
    metadata.<key>

Headers are compared without regard to case, spaces, `_` and `-`, so the guide's camelCase keys, and
"External Contact ID", are known too. What others call them is recognised where it can be (recognition.py); a
`columns` mapping says more than either, and may name several columns of ours: `Phone` as `voice, sms`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from outreach.channels import CHANNELS_IN_WORDS, Channel
from outreach.errors import SourceError
from outreach.sources.cells import read_line
from outreach.sources.header_words import join_problems, turned_round, two_columns, unclear
from outreach.sources.layout import IGNORED, Layout
from outreach.sources.opt_outs import OptOut, Sense, read_header
from outreach.sources.recognition import (
    FIRST,
    FIRST_NAME,
    LAST,
    REPEATED,
    read_words,
    recognise,
)
from outreach.sources.rows import BadCell
from outreach.sources.shell_words import as_option

CHANNELS = tuple(channel.value for channel in Channel)
DURATION = "interaction_duration_seconds"
PLAIN = ("external_contact_id", "name", *CHANNELS, "initial_message", DURATION, "time_zone", "postal_code")
COUNTRY = "country"
"""Where a row's national numbers are: it says how to read others, and is no part of a contact."""
CONSENT = tuple(f"consent.{channel}{part}" for channel in CHANNELS for part in ("", ".source", ".date"))

# In a file without headers these would be somebody's number or address: no error quotes them.
_TELLS_NOTHING = re.compile(r"[^\w.]|\d{4}")
_METADATA = "metadata."
OPT_OUTS = {"opt_out": OptOut(Sense.FORBIDS, tuple(Channel), gives_consent=False)} | {
    f"opt_out.{channel.value}": OptOut(Sense.FORBIDS, (channel,), gives_consent=False) for channel in Channel
}
"""Our own columns of the kind that `opt_outs` recognises in others' words: a yes forbids."""


def _plain(header: str) -> str:
    return re.sub(r"[\s_-]+", "", header).casefold()


_MEANING = {_plain(column): column for column in (*PLAIN, COUNTRY, *CONSENT)}
_MEANING |= {_plain(f"channels.{channel}"): channel for channel in CHANNELS}
_MEANING |= {_plain(f"consent.{channel}.given"): f"consent.{channel}" for channel in CHANNELS}
_MEANING |= {_plain(f"consent.{channel}.on"): f"consent.{channel}.date" for channel in CHANNELS}
_MEANING |= {_plain(column): column for column in (*OPT_OUTS, IGNORED)}


def our_column(header: str) -> str | None:
    """The column that a header names by itself, or None."""
    header = header.strip()
    if header[: len(_METADATA)].casefold() == _METADATA:
        key = _metadata_key(header[len(_METADATA) :])
        return _METADATA + key if key else None
    return _MEANING.get(_plain(header))


def _metadata_key(name: str) -> str:
    try:
        return read_line(name.strip())
    except BadCell:
        return ""


SEVERAL = frozenset({"name", *CHANNELS})
"""What several headers may be mapped to: parts of a name, and addresses in their order."""
_ALONE = {FIRST: "name", LAST: "name"} | dict.fromkeys(("mobile", "phone", "fixed", "last"), "voice")
_LAYOUTS_KEPT = 256
_RANKED = re.compile(r"(?P<column>name|voice|sms|email|chat):(?P<rank>[0-9]{1,3})\Z")
_NO_VALUES = {IGNORED, *OPT_OUTS}


@dataclass(frozen=True)
class Headings:
    """How the headers of one source are read: by the user's mapping, by our names, else by recognition."""

    label: str
    mapping: Mapping[str, tuple[str, ...]]
    """Our columns by the plain form of a header."""
    ranks: Mapping[tuple[str, str], int]
    """The place of such a header among those of one column: `sms:2` is the second number for texts."""
    written: Mapping[str, str]
    """Each of these headers as the user wrote it."""
    told: frozenset[str] = frozenset()
    """The columns of metadata that texts and senders name: their plain headers mean them, too."""
    _known: dict[tuple[str, ...], tuple[Layout, Sequence[SourceError]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def of(cls, label: str, columns: Mapping[str, str], *, told: Collection[str] = ()) -> Headings:
        """Checks the targets of a `columns` mapping. Raises SourceError."""
        targets: dict[str, tuple[str, ...]] = {}
        ranks: dict[tuple[str, str], int] = {}
        for header, named in columns.items():
            for target in named.split(","):
                ranked = _RANKED.match(target.strip())
                column = _target(header, ranked["column"] if ranked else target.strip())
                targets[_plain(header)] = (*targets.get(_plain(header), ()), column)
                if ranked:
                    ranks[_plain(header), column] = int(ranked["rank"])
        written = {_plain(header): header for header in columns}
        return cls(label, targets, ranks, written, frozenset(told))

    def columns(self, header: str) -> tuple[str, ...]:
        """Our columns that a header names: by the mapping, or by itself."""
        if named := self.mapping.get(_plain(header)):
            return named
        own = our_column(REPEATED.sub("", header))
        return (own,) if own else ()

    def column(self, header: str) -> str | None:
        """Our column that a header means alone; None when it means nothing to us."""
        if named := self.columns(header):
            return named[0]
        if read_header(header):
            return "opt_out"
        guess = next(iter(read_words(header)), None)
        return _ALONE.get(guess.means, guess.means) if guess else None

    def layout(self, headers: Sequence[str], *, complete: bool) -> Layout:
        """Where each of our columns stands. `complete` asks that what every contact needs is there.

        Raises:
            SourceError: with every problem of the header, and what to do of each.
        """
        found, problems = self._look(tuple(headers))
        problems = [*problems, *self._incomplete(headers, found)] if complete else problems
        if problems:
            raise join_problems(problems, tuple(headers), found)
        return found

    def under_our_names(self, row: Mapping[str, str]) -> dict[str, str]:
        """A row of the source, a bad one too, with our columns by our names and all others as they are."""
        return self._look(tuple(row))[0].under_our_names(row)

    def _look(self, headers: tuple[str, ...]) -> tuple[Layout, Sequence[SourceError]]:
        if headers not in self._known:
            if len(self._known) >= _LAYOUTS_KEPT:  # JSON may name other keys in every row
                self._known.clear()
            problems: list[SourceError] = []
            places, opt_outs = self._named(headers, problems), self._opt_outs(headers, problems)
            open_to_guesses = [
                number for number, name in enumerate(headers) if not (self.columns(name) or read_header(name))
            ]
            recognised = recognise(headers, open_to_guesses)
            open_to_texts = [at for at, name in enumerate(headers) if self.columns(name) in ((), (COUNTRY,))]
            if FIRST_NAME not in self.told:
                recognised.pop(FIRST_NAME, None)
            dismissed = frozenset(at for at, name in enumerate(headers) if IGNORED in self.columns(name))
            self._known[headers] = (
                Layout.of(places, recognised, opt_outs, dismissed, self._find_told(headers, open_to_texts)),
                problems,
            )
        return self._known[headers]

    def _named(self, headers: Sequence[str], problems: list[SourceError]) -> dict[str, tuple[int, ...]]:
        """The columns that the mapping names, in its order, and those that headers name themselves."""
        by_hand: dict[str, list[int]] = {}
        own: dict[str, list[int]] = {}
        order = {header: number for number, header in enumerate(self.mapping)}
        mapped = [number for number, header in enumerate(headers) if _plain(header) in order]
        for position in sorted(mapped, key=lambda number: order[_plain(headers[number])]):
            for column in self.mapping[_plain(headers[position])]:
                by_hand.setdefault(column, []).append(position)
        for position, header in enumerate(headers):
            if _plain(header) not in order and (mine := our_column(REPEATED.sub("", header))):
                own.setdefault(mine, []).append(position)
        for column, places in by_hand.items():
            places.sort(key=lambda position: self.ranks.get((_plain(headers[position]), column), 0))
        found = {**own, **by_hand}
        for column, places in found.items():
            several = column in by_hand and column in SEVERAL
            if len(places) > 1 and not several and column not in _NO_VALUES:
                problems.append(two_columns(self.label, column, places, headers))
        return {column: tuple(places) for column, places in found.items() if column not in _NO_VALUES}

    def _find_told(self, headers: Sequence[str], positions: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Where columns stand whose header is the name by which a text or a sender asks for them."""
        first = {_plain(headers[position]): position for position in reversed(positions)}
        keys = {column: _plain(column.removeprefix(_METADATA)) for column in self.told}
        return {column: (first[key],) for column, key in keys.items() if key in first}

    def _opt_outs(self, headers: Sequence[str], problems: list[SourceError]) -> list[tuple[int, str, OptOut]]:
        """The columns that say who must not be contacted: where each stands, its header, what it says."""
        found = []
        for position, header in enumerate(headers):
            targets = self.columns(header)
            read = read_header(header) if _plain(header) in self.mapping or not targets else None
            turned = [target for target in targets if _turns(read, target)]
            problems.extend(turned_round(self.label, header, target) for target in turned)
            said = [OPT_OUTS[target] for target in targets if target in OPT_OUTS]
            if not said and not any(target == IGNORED or target.startswith("consent.") for target in targets):
                said = [read] if read else []  # mapped to a name or to metadata it still says what it says
            found += [(position, header, each) for each in said if each.sense is not Sense.UNCLEAR]
            problems += [unclear(self.label, header) for each in said if each.sense is Sense.UNCLEAR]
        return found

    def _incomplete(self, headers: Sequence[str], found: Layout) -> Iterator[SourceError]:
        present = {_plain(header) for header in headers}
        # A mapped header that is not there would leave its column empty for everybody.
        for header in self.mapping.keys() - present:
            near = get_close_matches(header, present, n=1)
            hint = _hint([name for name in headers if near and _plain(name) == near[0]])
            yield SourceError(
                f"The columns mapping names {self.written[header]!r}, which {self.label} does not have.",
                hint or "Compare it with the input's first line.",
            )
        if "external_contact_id" not in found.places and not found.makes_ids:
            yield self._missing("no column external_contact_id", "external_contact_id", headers)
        if "name" not in found.places:
            yield self._missing("no column name", "name", headers)
        if not found.places.keys() & set(CHANNELS):
            yield self._missing(f"no column of any channel ({CHANNELS_IN_WORDS})", "sms", headers)

    def _missing(self, what: str, column: str, headers: Sequence[str]) -> SourceError:
        unknown = {_plain(header): header for header in headers if self.column(header) is None}
        names = [name for name in unknown if not _TELLS_NOTHING.search(name)]
        near = get_close_matches(_plain(column), names, n=1)
        advice = f"Say which it is, like {as_option({'Your header': column})}, or add it."
        if near:
            advice = f"Is it {unknown[near[0]]!r}? Then add {as_option({unknown[near[0]]: column})}."
        return SourceError(f"{self.label} has {what}.", advice)


def _turns(read: OptOut | None, target: str) -> bool:
    """Whether a person maps a column to one in which a yes means the contrary."""
    if read is None or not target.startswith(("consent.", "opt_out")):
        return False
    return read.sense is (Sense.FORBIDS if target.startswith("consent.") else Sense.PERMITS)


def _target(header: str, column: str) -> str:
    known = our_column(column)
    if known:
        return known
    raise SourceError(
        f"The columns mapping sends {header!r} to {column!r}, which is none of our columns.",
        _hint(get_close_matches(column, (*PLAIN, COUNTRY, *CONSENT, *OPT_OUTS, IGNORED), n=1))
        or "docs/sources.md lists them.",
    )


def _hint(near: Sequence[str]) -> str:
    return f"Did you mean {near[0]!r}?" if near else ""


def tell_apart(headers: Sequence[str]) -> tuple[str, ...]:
    """The headers, each another: a second `Notes` is `Notes (2)`, so that both stand in the rejects file."""
    names: dict[str, str] = {}
    for header in headers:
        name, number = header.strip(), 1
        while name.casefold() in names:
            number += 1
            name = f"{header.strip()} ({number})"
        names[name.casefold()] = name
    return tuple(names.values())
