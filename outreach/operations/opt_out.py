"""Opt-out intake: from a person's hand, a CSV, a reply's text. What is taken in stops everybody who waits.

    a CSV       columns voice, sms, email, chat, or `address`, also under the names that other systems give
                them; one column alone needs no header
    `country`   where a row's numbers without a country's code are; two numbers that may be meant both count
    `reply`     where a CSV has this column, only rows whose reply asks to stop count
    a webhook   the CRM's answer `{"suppress": true}`: ledger/webhook_replies.py
    a receipt   `RecipientOptedOut`: follow_up/rounds.py
    an answer   to a message or an e-mail: follow_up/replies.py

Addresses are brought to the form in which contacts are kept, since a suppression in another spelling would
stop nobody. What cannot be read is named by its line, never by its content: nobody is dropped in silence.
"""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from outreach.channels import CHANNELS_IN_WORDS, EXTERNAL_CONTACT_ID, AddressKind, Channel
from outreach.chunks import cut
from outreach.compliance.reply_keywords import Reply, classify_reply, is_only_stop
from outreach.errors import SourceError, UsageError
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import CHUNK, allow_again, find_suppressed, suppress
from outreach.ledger.witness import witness_opt_outs
from outreach.sources.cells import read_handle
from outreach.sources.choices import Choices
from outreach.sources.columns import COUNTRY, Headings
from outreach.sources.emails import read_emails
from outreach.sources.files import Location
from outreach.sources.layout import IGNORED, Layout
from outreach.sources.list_entries import read_entry
from outreach.sources.list_file import ListFile
from outreach.sources.national_numbers import Home, home_of
from outreach.sources.phones import read_phones
from outreach.sources.reference import parse_reference
from outreach.sources.rows import BadCell, Record
from outreach.sources.spellings import normalise_address

ADDRESS, REPLY = "address", "reply"
_OF_REPLIES = {"from": ADDRESS, "to": IGNORED, "body": REPLY}
"""A log of messages that came in."""
_NO_COLUMNS: Mapping[str, str] = MappingProxyType({})
_CHANNELS = {channel.value: channel for channel in Channel}


@dataclass(frozen=True, slots=True)
class Unread:
    """A row whose address could not be read: its line, and the code of the reason."""

    line: int
    code: str


@dataclass(slots=True)
class Intake:
    """What a CSV brought. `new` addresses; `known` ones were suppressed before; `unread` rows need a person,
    and so do `to_review`, the lines of replies that may mean stop; `kept` replies ask for something else.
    """

    rows: int = 0
    new: int = 0
    known: int = 0
    kept: int = 0
    to_review: list[int] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        unread = [{"line": row.line, "code": row.code} for row in self.unread]
        counts = {"rows": self.rows, "new": self.new, "known": self.known, "kept": self.kept}
        return {**counts, "to_review": self.to_review, "unread": unread}


def read_address(text: str) -> str:
    """An address as contacts are kept by it: E.164, or an e-mail.

    Raises:
        UsageError: it is none; the sentence does not repeat it.
    """
    try:
        return normalise_address(text.strip())
    except BadCell as error:
        raise UsageError(
            f"An address {error.reason}.",
            "Write numbers in E.164, like +15551234567; chat handles are taken from a file's column chat.",
        ) from None


def opt_out(ledger: Ledger, addresses: Iterable[str], *, reason: str = "opted_out") -> int:
    """Never contact these again, in any spelling; how many were new. Raises UsageError before the first."""
    new = suppress(ledger, [read_address(address) for address in addresses], source="by_hand", reason=reason)
    witness_opt_outs(ledger, new)
    return new


def lift(
    ledger: Ledger, addresses: Iterable[str], *, reason: str = "", erased_too: bool = False
) -> list[bool]:
    """Take addresses off that were suppressed by mistake, or ids of the erased; of each, whether it was.

    Raises:
        UsageError: one is neither, or belongs to a person who was erased; none is lifted then.
    """
    given = [text.strip() for text in addresses]
    names = {text for text in given if EXTERNAL_CONTACT_ID.match(text)}
    ids = find_suppressed(ledger, (), sorted(names), is_erased=True)
    read = [text if text in ids else read_address(text) for text in given]
    erased = set() if erased_too else ids | find_suppressed(ledger, read, is_erased=True)
    if erased:
        numbers = ", ".join(str(number) for number, address in enumerate(read, 1) if address in erased)
        raise UsageError(
            f"Number {numbers} is suppressed for good: its person was erased.",
            "Add --erased if that very person asks to be contacted again.",
        )
    return [allow_again(ledger, each, reason, is_id=each in ids) for each in read]


def take_reply(ledger: Ledger, address: str | Collection[str], text: str) -> Reply:
    """What a person's reply asks for; on "stop" their address is suppressed at once.

    "start" lifts nothing: consent comes from the source's owner (`lift`). "review" is for
    a person to read, and so is what has no words, like a picture.

    Args:
        ledger: whose suppressions.
        address: as somebody wrote it; or all of the person's, as a contact keeps them.
        text: the reply; of several lines, one that says no more than to stop is enough.
    """
    meaning = classify_reply(text) if text.strip() else "review"
    if any(is_only_stop(line) for line in text.splitlines()):
        meaning = "stop"
    if meaning == "stop":
        kept = [read_address(address)] if isinstance(address, str) else address
        suppress(ledger, kept, source="reply", reason="asked_to_stop")
    return meaning


def suppress_file(
    ledger: Ledger,
    reference: str | os.PathLike[str],
    *,
    reason: str = "opted_out",
    columns: Mapping[str, str] = _NO_COLUMNS,
    country: str = "",
) -> Intake:
    """Suppress every address of a CSV (path or URL), in bounded memory.

    A number without its country's code is read in `country` (ISO 3166-1), or in its row's, and also as an
    international one without its plus: of two people who may be meant, both are left alone. `columns` are
    the file's headers to a channel, `address`, `reply`, `country` or `ignore`.

    Raises:
        SourceError: it cannot be read, or has no column of addresses; what was read before stays suppressed.
    """
    intake = Intake()
    for chunk in cut(_addresses(reference, intake, columns, country), CHUNK):
        new = suppress(ledger, chunk, source="file", reason=reason)
        intake.new += new
        intake.known += len(chunk) - new
    witness_opt_outs(ledger, intake.new)
    return intake


class _Headings(Headings):
    """A CSV of addresses needs none of the columns that a contact needs."""

    def layout(self, headers: Sequence[str], *, complete: bool) -> Layout:  # noqa: ARG002 - the base's
        return super().layout(headers, complete=False)


def _addresses(
    reference: str | os.PathLike[str], intake: Intake, mapping: Mapping[str, str], country: str
) -> Iterator[str]:
    location = parse_reference(os.fspath(reference))
    if not isinstance(location, Location):
        raise SourceError("Addresses are read from a CSV file or URL, not from a database.", "Export them.")
    columns: list[tuple[int, str]] | None = None
    for record in ListFile(location, _Headings.of(location.label, {}), Choices()).records():
        if columns is None:
            columns = _columns(location.label, record.headers, mapping)
            if columns == [(0, ADDRESS)]:
                with contextlib.suppress(BadCell):  # a list without a header: its first line is somebody, too
                    first = _read(record.headers[0].strip(), None, country)
                    intake.rows += 1
                    yield from first
        intake.rows += 1
        yield from _of_row(record, columns, intake, country)


def _columns(label: str, headers: Sequence[str], mapping: Mapping[str, str]) -> list[tuple[int, str]]:
    """Where addresses and replies stand. A single column holds addresses, whatever it is called."""
    headings, wanted = Headings.of(label, {}), {*_CHANNELS, ADDRESS, REPLY, COUNTRY}
    by_hand = {header.strip().casefold(): target.strip() for header, target in mapping.items()}
    if wrong := [target for target in by_hand.values() if target not in {*wanted, IGNORED}]:
        advice = f"Call it {', '.join(sorted(wanted))} or {IGNORED}."
        raise SourceError(f"A column of addresses cannot be {wrong[0]!r}.", advice)
    plain = [header.strip().casefold() for header in headers]
    usual = _OF_REPLIES if set(_OF_REPLIES) <= set(plain) else {}
    ours = {name: name for name in (ADDRESS, REPLY)} | usual | by_hand
    named = [ours.get(name) or headings.column(header) for name, header in zip(plain, headers, strict=True)]
    found = [(number, name) for number, name in enumerate(named) if name and name in wanted]
    if {name for _, name in found} - {REPLY, COUNTRY}:
        return found
    if len(headers) == 1:
        return [(0, ADDRESS)]
    raise SourceError(
        f"{label} has no column of addresses.",
        f"Call it address, {CHANNELS_IN_WORDS}; or say which it is, like --columns 'Your header=address'.",
    )


def _of_row(
    record: Record, columns: Sequence[tuple[int, str]], intake: Intake, country: str
) -> Iterator[str]:
    if record.reject is not None:
        intake.unread.append(Unread(record.line, record.reject.code))
        return
    cells = [(name, record.cells[n].strip()) for n, name in columns if n < len(record.cells)]
    one = dict(reversed(cells))
    if not _asks_to_stop(one.get(REPLY), record.line, intake):
        return
    country = home_of(one.get(COUNTRY, ""), country).code or country
    given = [(name, cell) for name, cell in cells if cell and name not in {REPLY, COUNTRY}]
    if not given:
        intake.unread.append(Unread(record.line, "no_address"))
    for name, cell in given:
        try:
            yield from _read(cell, _CHANNELS.get(name), country)
        except BadCell as error:  # noqa: PERF203 - each cell by itself
            if name != ADDRESS or len(given) == 1:  # beside an e-mail it may be a street
                intake.unread.append(Unread(record.line, error.code))


def _asks_to_stop(reply: str | None, line: int, intake: Intake) -> bool:
    meaning = classify_reply(reply) if reply is not None else "stop"  # a list of addresses means stop
    if meaning == "review":
        intake.to_review.append(line)
    elif meaning != "stop":
        intake.kept += 1
    return meaning == "stop"


def _read(text: str, channel: Channel | None, country: str) -> set[str]:
    """Everybody whom a cell may mean. Raises BadCell where that is nobody."""
    if channel and channel.traits.kind is AddressKind.HANDLE:
        return {read_handle(text)}
    if "@" in text:
        return set(read_emails(text))
    meant = set(read_entry(text, country)[0])
    try:
        return meant | {phone.number for phone in read_phones(text, Home(country))}
    except BadCell:
        if meant:
            return meant
        raise
