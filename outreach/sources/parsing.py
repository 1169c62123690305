"""From one record's cells to a contact, or to the reason why it is none.

All cells are read even when the first is bad, so that a person learns of every problem at once. The contact
itself is built by pydantic: it takes 6 microseconds, and building it without validation takes longer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from typing_extensions import assert_never

from outreach.channels import CHANNELS_IN_WORDS, EXTENSION, AddressKind, Channel
from outreach.sources import cells as read
from outreach.sources.columns import CHANNELS, COUNTRY
from outreach.sources.emails import first_email
from outreach.sources.ids import make_id, read_id
from outreach.sources.layout import Layout
from outreach.sources.national_numbers import home_of
from outreach.sources.opt_outs import forbids_in_words, read_wish
from outreach.sources.phone_columns import PhoneColumns, Problem
from outreach.sources.phones import is_fixed_line
from outreach.sources.plain_rows import PlainRows
from outreach.sources.postal_codes import (
    complete_code,
    country_of,
    is_in_canada,
    lacks_signs,
    read_postal_code,
)
from outreach.sources.refusal import refusal_in
from outreach.sources.rows import BadCell, Record, Reject, Row
from outreach.sources.zone_names import OLDER, read_time_zone

if TYPE_CHECKING:
    from pydantic import ValidationError

    from outreach.contacts import Contact

Step = tuple[int, str, str, Callable[[str], object]]
"""Where the cell is, our column, the name that the value gets, and how it is read."""

_ID = "external_contact_id"
_MENTIONED = 3
_FIVE_DIGITS = 5  # a code of so many lacks none: nearly all of a list from the United States

_READS: dict[str, Callable[[str], object]] = {
    "external_contact_id": read_id,
    "name": read.read_line,
    "initial_message": read.read_text,
    "interaction_duration_seconds": read.read_duration,
    "time_zone": read_time_zone,
    "postal_code": read_postal_code,
}


class RowParser:
    """Reads the records of one header. `layout` says where each of our columns stands."""

    def __init__(
        self,
        headers: tuple[str, ...],
        layout: Layout,
        *,
        country: str = "",
        strict_numbers: bool = False,
        counts: Counter[str] | None = None,
    ) -> None:
        counts = Counter() if counts is None else counts
        self._headers = headers
        self._places = {column: places[0] for column, places in layout.places.items()}
        self._opt_outs = layout.opt_outs
        self._unknown = layout.unknown(headers)
        several = {column: each for column, each in layout.places.items() if len(each) > 1}
        single = {column: place for column, place in self._places.items() if column not in several}
        # Worked out once a header: a row only walks along the steps.
        self._fields = _steps(single, _READS)
        self._channels = _steps(single, _ADDRESSES)
        self._guesses_texts = "sms" in layout.guessed
        self._phones = PhoneColumns(layout.places, country=country, strict=strict_numbers, counts=counts)
        self._choices = [
            [step for place in several[channel] for step in _steps({channel: place}, _ADDRESSES)]
            for channel in _ADDRESSES.keys() & several
        ]
        self._name = several.get("name", ())
        self._makes_ids = layout.makes_ids
        self._is_foreign = bool(several or layout.guessed)
        self._plain = (
            PlainRows(layout) if PlainRows.fits(layout) and not (strict_numbers or self._unknown) else None
        )
        self._metadata: list[Step] = [
            (position, column, column.partition(".")[2], read.read_text)
            for column, position in self._places.items()
            if column.startswith("metadata.")
        ]
        self._consent = [
            (channel, _steps(self._places, _consent_reads(channel)))
            for channel in CHANNELS
            if f"consent.{channel}" in self._places
        ]

    def row(self, record: Record) -> Row:
        """The record as a row; never raises for what a cell holds."""
        if record.reject is not None:
            return Row(record, reject=record.reject, named=self._named(record.cells))
        if self._plain and (said := self._plain.read(record.cells)):
            return Row(record, said=said)
        problems: list[Problem] = []
        values = self._values(record.cells, problems)
        contact = None if problems else _build(values, problems)
        if contact is not None:
            return Row(record, contact)
        name = str(values.get(_ID, ""))
        return Row(record, reject=self._reject(problems), named=name, refusal=refusal_in(values))

    def _named(self, cells: Sequence[str]) -> str:
        """The id that stands in a record whose cells are not to be trusted."""
        place = self._places.get(_ID, len(cells))
        return read_name(cells[place]) if place < len(cells) else ""

    def _values(self, cells: Sequence[str], problems: list[Problem]) -> dict[str, object]:
        values = _read(self._fields, cells, problems)
        phones = self._phones.read(cells, problems)
        values["channels"] = channels = phones.channels
        channels.update(_read(self._channels, cells, problems))
        if self._is_foreign:
            self._add_of_others(values, channels, cells, problems)
        # Of nearly every row there is nothing to set right: no call for it.
        if values.get("time_zone") in OLDER or (
            "postal_code" in values and len(str(values["postal_code"])) != _FIVE_DIGITS
        ):
            self._set_place(values, channels, cells)
        if not problems:
            problems.extend(
                (f"missing_{column.rpartition('_')[2]}", column, "is empty")
                for column in ("external_contact_id", "name")
                if column not in values
            )
            if not channels and phones.unfit:
                problems.extend(phones.unfit)
            elif not channels:
                problems.append(("no_channel", "", f"No channel has an address ({CHANNELS_IN_WORDS})"))
        if self._metadata or phones.extension:
            extension = {EXTENSION: phones.extension} if phones.extension else {}
            if found := extension | _read(self._metadata, cells, problems):
                values["metadata"] = found
        if self._consent or self._opt_outs or self._unknown:
            stated = {
                channel: consent
                for channel, steps in self._consent
                if "given" in (consent := _read(steps, cells, problems))
            }
            if consents := self._with_opt_outs(stated, cells, problems):
                values["consent"] = consents
        return values

    def _add_of_others(
        self,
        values: dict[str, object],
        channels: dict[str, object],
        cells: Sequence[str],
        problems: list[Problem],
    ) -> None:
        """What the lists of other systems have otherwise: several columns for one of ours, and no id."""
        if self._guesses_texts and is_fixed_line(str(channels.get("sms", ""))):
            del channels["sms"]  # nobody said that this column is for texts
        for steps in self._choices:
            channels.update(_first(steps, cells, problems))
        if self._name:
            values |= _join_name(self._name, cells, problems)
        if self._makes_ids and channels:
            values["external_contact_id"] = make_id(channels)

    def _set_place(
        self, values: dict[str, object], channels: Mapping[str, object], cells: Sequence[str]
    ) -> None:
        """What zone and postal code are worth beside the rest of the row."""
        code = str(values.get("postal_code", ""))
        if lacks_signs(code):
            at = self._places.get(COUNTRY)
            country = home_of(cells[at].strip(), "").code if at is not None else ""
            values["postal_code"] = complete_code(code, country or country_of(channels))
        # A zone less sure than the address: an older CRM's "Pacific" for somebody in Vancouver.
        is_older = values.get("time_zone") in OLDER and "/" not in cells[self._places["time_zone"]]
        if is_older and is_in_canada(code, channels):
            del values["time_zone"]

    def _with_opt_outs(
        self, stated: dict[str, dict[str, object]], cells: Sequence[str], problems: list[Problem]
    ) -> dict[str, dict[str, object]]:
        """What the columns of consent say, and the stricter word of those that speak of opting out."""
        for position in self._unknown:
            if forbids_in_words(cells[position].strip()):
                source = f"column {self._headers[position]}"[:255]
                stated |= {channel: {"given": False, "source": source} for channel in CHANNELS}
        for position, header, opt_out in self._opt_outs:
            cell = cells[position].strip()
            if not cell:
                continue
            try:
                permits = read_wish(cell, header, opt_out.sense)
            except BadCell as problem:
                problems.append((problem.code, f"column {position + 1}", problem.reason))
                continue
            for channel in opt_out.channels if permits is not None else ():
                if not permits:
                    stated[channel.value] = {"given": False, "source": f"column {header}"[:255]}
                elif opt_out.gives_consent:
                    stated.setdefault(channel.value, {"given": True, "source": f"column {header}"[:255]})
        return stated

    def _reject(self, problems: list[Problem]) -> Reject:
        """The leftmost problem in full, the others by column and code."""
        (code, column, reason), *others = sorted(problems, key=lambda found: self._places.get(found[1], -1))
        text = f"{column} {reason}." if column else f"{reason}."
        if others:
            mentioned = ", ".join(f"{other} ({name})" for name, other, _ in others[:_MENTIONED])
            more = f" and {len(others) - _MENTIONED} more" if len(others) > _MENTIONED else ""
            text += f" Also: {mentioned}{more}."
        return Reject(code, text)


def read_name(cell: str) -> str:
    """The id in a cell, as that of a row that can be read; "" where it is none."""
    return str(_read([(0, _ID, _ID, read_id)], [cell], []).get(_ID, ""))


def _address_read(kind: AddressKind) -> Callable[[str], object] | None:
    match kind:
        case AddressKind.PHONE:
            return None  # not a cell's matter alone: phone_columns.py
        case AddressKind.EMAIL:
            return first_email
        case AddressKind.HANDLE:
            return read.read_handle
        case _:
            assert_never(kind)


_ADDRESSES = {channel.value: how for channel in Channel if (how := _address_read(channel.traits.kind))}


def _consent_reads(channel: str) -> dict[str, Callable[[str], object]]:
    column = f"consent.{channel}"
    return {column: read.read_consent, f"{column}.source": read.read_line, f"{column}.date": read.read_date}


_NAMES = {"source": "source", "date": "on"}


def _steps(layout: Mapping[str, int], reads: Mapping[str, Callable[[str], object]]) -> list[Step]:
    steps: list[Step] = []
    for column, how in reads.items():
        if column in layout:
            name = _NAMES.get(column.rpartition(".")[2], "given") if column.startswith("consent.") else column
            steps.append((layout[column], column, name, how))
    return steps


def _read(steps: Sequence[Step], cells: Sequence[str], problems: list[Problem]) -> dict[str, object]:
    values: dict[str, object] = {}
    for position, column, name, how in steps:
        cell = cells[position].strip()
        if not cell:
            continue
        try:
            value = how(cell)
        except BadCell as problem:
            bare = cell if cell.isascii() else cell.strip(read.EDGES)
            if bare != cell:  # here, where few cells come
                values |= _read([(0, column, name, how)], [bare], problems)
            else:
                problems.append((problem.code, column, problem.reason))
        else:
            if value != "":  # nothing is left of a cell of invisible signs
                values[name] = value
    return values


def _first(steps: Sequence[Step], cells: Sequence[str], problems: list[Problem]) -> dict[str, object]:
    """The first address that can be read; where none can, the first problem."""
    bad: list[Problem] = []
    for step in steps:
        if found := _read([step], cells, bad):
            return found
    problems.extend(bad[:1])
    return {}


def _join_name(positions: Sequence[int], cells: Sequence[str], problems: list[Problem]) -> dict[str, object]:
    """One name of its parts."""
    text = " ".join(cell for position in positions if (cell := cells[position].strip()))
    return _read([(0, "name", "name", read.read_line)], [text], problems)


def _build(values: dict[str, object], problems: list[Problem]) -> Contact | None:
    made_of, refused = _model()
    try:
        return made_of.model_validate(values)
    except refused as e:
        problems.extend(_as_problem(error["loc"], error["type"]) for error in e.errors())
        return None


@cache  # an import within a function takes a microsecond each time
def _model() -> tuple[type[Contact], type[ValidationError]]:
    from pydantic import ValidationError  # noqa: PLC0415 - see `outreach.channels`

    from outreach.contacts import Contact  # noqa: PLC0415 - as above

    return Contact, ValidationError


def _as_problem(location: tuple[int | str, ...], kind: str) -> Problem:
    """What pydantic still finds; the cells' own checks leave it nothing that we know of."""
    return "malformed_value", ".".join(str(part) for part in location), f"is not accepted ({kind})"
