"""From one record's cells to a contact, or to the reason why it is none.

All cells are read even when the first is bad, so that a person learns of every problem at once. The contact
itself is built by pydantic: it takes 6 microseconds, and building it without validation takes longer.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from pydantic import ValidationError
from typing_extensions import assert_never

from outreach.contacts import CHANNELS_IN_WORDS, EXTENSION, AddressKind, Channel, Contact
from outreach.sources import cells as read
from outreach.sources.columns import CHANNELS
from outreach.sources.emails import normalise_email
from outreach.sources.opt_outs import OptOut, read_wish
from outreach.sources.phone_columns import PhoneColumns, Problem
from outreach.sources.rows import BadCell, Record, Reject, Row

Step = tuple[int, str, str, Callable[[str], object]]
"""Where the cell is, our column, the name that the value gets, and how it is read."""

_MENTIONED = 3

_READS: dict[str, Callable[[str], object]] = {
    "external_contact_id": read.read_id,
    "name": read.read_line,
    "initial_message": read.read_text,
    "interaction_duration_seconds": read.read_duration,
    "time_zone": read.read_time_zone,
    "postal_code": read.read_postal_code,
}


class RowParser:
    """Reads the records of one header. `layout` says where each of our columns stands."""

    def __init__(
        self,
        headers: tuple[str, ...],
        layout: Mapping[str, int],
        opt_outs: Sequence[tuple[int, str, OptOut]] = (),
        *,
        country: str = "",
        strict_numbers: bool = False,
        counts: Counter[str] | None = None,
    ) -> None:
        counts = Counter() if counts is None else counts
        places = {column: (position,) for column, position in layout.items()}
        self._headers = headers
        self._layout = layout
        self._opt_outs = opt_outs
        # Worked out once a header: a row only walks along the steps.
        self._fields = _steps(layout, _READS)
        self._channels = _steps(layout, _ADDRESSES)
        self._phones = PhoneColumns(places, country=country, strict=strict_numbers, counts=counts)
        self._metadata: list[Step] = [
            (position, column, column.partition(".")[2], read.read_text)
            for column, position in layout.items()
            if column.startswith("metadata.")
        ]
        self._consent = [
            (channel, _steps(layout, _consent_reads(channel)))
            for channel in CHANNELS
            if f"consent.{channel}" in layout
        ]

    def row(self, record: Record) -> Row:
        """The record as a row; never raises for what a cell holds."""
        raw = dict(zip(self._headers, record.cells, strict=False))
        if record.reject is not None:
            return Row(record.line, raw, None, record.reject)
        problems: list[Problem] = []
        values = self._values(record.cells, problems)
        if not problems:
            try:
                return Row(record.line, raw, Contact.model_validate(values), None)
            except ValidationError as e:
                problems.extend(_as_problem(error["loc"], error["type"]) for error in e.errors())
        return Row(record.line, raw, None, self._reject(problems))

    def _values(self, cells: Sequence[str], problems: list[Problem]) -> dict[str, object]:
        values = _read(self._fields, cells, problems)
        phones = self._phones.read(cells, problems)
        values["channels"] = channels = phones.channels
        channels.update(_read(self._channels, cells, problems))
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
            values["metadata"] = extension | _read(self._metadata, cells, problems)
        if self._consent or self._opt_outs:
            stated = {
                channel: consent
                for channel, steps in self._consent
                if "given" in (consent := _read(steps, cells, problems))
            }
            values["consent"] = self._with_opt_outs(stated, cells, problems)
        return values

    def _with_opt_outs(
        self, stated: dict[str, dict[str, object]], cells: Sequence[str], problems: list[Problem]
    ) -> dict[str, dict[str, object]]:
        """What the columns of consent say, and the stricter word of those that speak of opting out."""
        for position, header, opt_out in self._opt_outs:
            cell = cells[position].strip()
            if not cell:
                continue
            try:
                permits = read_wish(cell, opt_out.sense)
            except BadCell as problem:
                problems.append((problem.code, f"column {position + 1}", problem.reason))
                continue
            for channel in opt_out.channels:
                if not permits:
                    stated[channel.value] = {"given": False, "source": f"column {header}"[:255]}
                elif opt_out.names_channel:
                    stated.setdefault(channel.value, {"given": True, "source": f"column {header}"[:255]})
        return stated

    def _reject(self, problems: list[Problem]) -> Reject:
        """The leftmost problem in full, the others by column and code."""
        (code, column, reason), *others = sorted(problems, key=lambda found: self._layout.get(found[1], -1))
        text = f"{column} {reason}." if column else f"{reason}."
        if others:
            mentioned = ", ".join(f"{other} ({name})" for name, other, _ in others[:_MENTIONED])
            more = f" and {len(others) - _MENTIONED} more" if len(others) > _MENTIONED else ""
            text += f" Also: {mentioned}{more}."
        return Reject(code, text)


def _address_read(kind: AddressKind) -> Callable[[str], object] | None:
    match kind:
        case AddressKind.PHONE:
            return None  # not a cell's matter alone: phone_columns.py
        case AddressKind.EMAIL:
            return normalise_email
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
            problems.append((problem.code, column, problem.reason))
        else:
            if value != "":  # nothing is left of a cell of invisible signs
                values[name] = value
    return values


def _as_problem(location: tuple[int | str, ...], kind: str) -> Problem:
    """What pydantic still finds; the cells' own checks leave it nothing that we know of."""
    return "malformed_value", ".".join(str(part) for part in location), f"is not accepted ({kind})"
