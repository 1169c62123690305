"""Which header means which of our columns.

    external_contact_id name voice sms email chat initial_message interaction_duration_seconds
    time_zone postal_code country consent.<channel> consent.<channel>.source consent.<channel>.date
    metadata.<key>

Headers are compared without regard to case, spaces, `_` and `-`, so the guide's camelCase keys, and
"External Contact ID", are known too. Whatever else a file calls them is said by a `columns` mapping.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from outreach.contacts import CHANNELS_IN_WORDS, Channel
from outreach.errors import SourceError
from outreach.sources.cells import read_line
from outreach.sources.opt_outs import OptOut, Sense, read_header
from outreach.sources.rows import BadCell

CHANNELS = tuple(channel.value for channel in Channel)
PLAIN = (
    "external_contact_id",
    "name",
    *CHANNELS,
    "initial_message",
    "interaction_duration_seconds",
    "time_zone",
    "postal_code",
)
COUNTRY = "country"
"""Where a row's national numbers are: it says how to read others, and is no part of a contact."""
CONSENT = tuple(f"consent.{channel}{part}" for channel in CHANNELS for part in ("", ".source", ".date"))
OF_EXPORTS = frozenset({"line", "code", "reason", "retryable", "next_allowed_at"})
"""Columns that the rejects and export files add; a file that is fed back may still have them."""

# In a file without headers these would be somebody's number or address: no error quotes them.
_TELLS_NOTHING = re.compile(r"[^\w.]|\d{4}")
_A_NAME = re.compile(r"[A-Za-z](?!(?:\D*\d){4})[\w.-]{0,39}\Z", re.ASCII)
"""One short word with at most three digits: no address, no line break, no sentence."""
_SHOWN = 20
_METADATA = "metadata."
IGNORED = "ignore"
"""What a mapping sends a column to that must not be read at all."""
OPT_OUTS = {"opt_out": OptOut(Sense.FORBIDS, tuple(Channel), names_channel=False)} | {
    f"opt_out.{channel.value}": OptOut(Sense.FORBIDS, (channel,), names_channel=True) for channel in Channel
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


@dataclass(frozen=True)
class Headings:
    """How the headers of one source are read: by their own names, and by the user's mapping."""

    label: str
    mapping: Mapping[str, str]
    """Our column by the plain form of a header."""
    written: Mapping[str, str]
    """Each of these headers as the user wrote it."""

    @classmethod
    def of(cls, label: str, columns: Mapping[str, str]) -> Headings:
        """Checks the targets of a `columns` mapping. Raises SourceError."""
        targets = {_plain(header): _target(header, column) for header, column in columns.items()}
        return cls(label, targets, {_plain(header): header for header in columns})

    def column(self, header: str) -> str | None:
        """Our column for a header of the input; None when it means nothing to us."""
        known = self.mapping.get(_plain(header)) or our_column(header)
        return known or ("opt_out" if read_header(header) else None)

    def opt_outs(self, headers: Sequence[str]) -> list[tuple[int, str, OptOut]]:
        """The columns that say who must not be contacted: where each stands, its header, what it says.

        Raises:
            SourceError: a column looks like one, and nobody can tell what a yes in it means; or a mapping
                turns one round.
        """
        found = []
        for position, header in enumerate(headers):
            mapped = self.mapping.get(_plain(header)) or our_column(header)
            said = OPT_OUTS.get(mapped) if mapped else read_header(header)
            if mapped and mapped.startswith("consent.") and self._turns_round(header):
                raise _turned_round(self.label, position + 1, mapped)
            if said is None:
                continue
            if said.sense is Sense.UNCLEAR:
                raise _unclear(self.label, header, position + 1)
            found.append((position, header, said))
        return found

    def _turns_round(self, header: str) -> bool:
        """Whether a person mapped a column in which a yes forbids to one in which it permits."""
        said = read_header(header) if _plain(header) in self.mapping else None
        return said is not None and said.sense is Sense.FORBIDS

    def layout(self, headers: Sequence[str], *, complete: bool) -> dict[str, int]:
        """Where each of our columns stands. `complete` asks that what every contact needs is there."""
        found: dict[str, int] = {}
        for position, header in enumerate(headers):
            column = self.column(header)
            if column is None or column == IGNORED or column in OPT_OUTS:  # several may say so
                continue
            if column in found:  # which of the two is right is not ours to guess
                raise _two_columns(self.label, column, found[column] + 1, position + 1)
            found[column] = position
        self.opt_outs(headers)
        if complete:
            self._check(headers, found)
        return found

    def _check(self, headers: Sequence[str], found: Mapping[str, int]) -> None:
        present = {_plain(header) for header in headers}
        # A mapped header that is not there would leave its column empty for everybody.
        for header in self.mapping.keys() - present:
            near = get_close_matches(header, present, n=1)
            hint = _hint([name for name in headers if near and _plain(name) == near[0]])
            raise SourceError(
                f"The columns mapping names {self.written[header]!r}, which {self.label} does not have.",
                hint or "Compare it with the input's first line.",
            )
        for column in ("external_contact_id", "name"):
            if column not in found:
                raise self._missing(f"no column {column}", column, headers)
        if not found.keys() & set(CHANNELS):
            raise self._missing(f"no column of any channel ({CHANNELS_IN_WORDS})", "sms", headers)

    def _missing(self, what: str, column: str, headers: Sequence[str]) -> SourceError:
        unknown = {_plain(header): header for header in headers if self.column(header) is None}
        names = [name for name in unknown if not _TELLS_NOTHING.search(name)]
        near = get_close_matches(_plain(column), names, n=1)
        advice = f"Name it in the columns mapping, like {{'Your header': '{column}'}}, or add it."
        if near:
            advice = f"Is it {unknown[near[0]]!r}? Then pass columns={{{unknown[near[0]]!r}: '{column}'}}."
        return SourceError(f"{self.label} has {what}.", advice)


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


def _two_columns(label: str, what: str, first: int, second: int) -> SourceError:
    return SourceError(
        f"{label} has two columns for {what}: number {first} and number {second}.",
        "Remove or rename one of them.",
    )


def _unclear(label: str, header: str, number: int) -> SourceError:
    shown = header if _A_NAME.match(header) else f"number {number}"
    return SourceError(
        f"{label}: column {shown} seems to say who must not be contacted, but not what its cells mean.",
        "Map it to opt_out or opt_out.<channel> where a yes forbids, to consent.<channel> where a yes "
        "permits, to ignore where it says neither.",
    )


def _turned_round(label: str, number: int, column: str) -> SourceError:
    channel = column.split(".")[1]
    return SourceError(
        f"{label}: a yes in column number {number} forbids, and the columns mapping reads it as {column}, "
        "where a yes permits.",
        f"Map it to opt_out.{channel}, or leave it out of the mapping.",
    )


def in_words(headers: Sequence[str], numbers: Sequence[int], said: str = "mean nothing here") -> str:
    """Headers for a log: how many, and their names; where that may be somebody's data, their number."""
    shown = [
        header if _A_NAME.match(header) else f"number {number}"
        for header, number in zip(headers, numbers, strict=True)
    ]
    more = f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else ""
    return f"{len(headers)} columns {said}: {', '.join(shown[:_SHOWN])}{more}"


def check_duplicates(label: str, headers: Sequence[str]) -> None:
    """Raises SourceError when two columns have one name: a reader could not tell them apart."""
    seen: dict[str, int] = {}
    for number, header in enumerate(headers, 1):
        name = header.strip()
        if name in seen:
            raise _two_columns(label, "one name", seen[name], number)
        seen[name] = number
