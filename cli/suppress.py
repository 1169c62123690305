"""The verbs of persons: suppress."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from cli.console import AsJson, LedgerName, out, print_json
from cli.ledgers import open_named
from outreach.counting import counted
from outreach.errors import UsageError, WrongKey, WrongLedger

if TYPE_CHECKING:
    from outreach.operations.opt_out import Intake


def suppress(
    *addresses: str,
    file: Path | None = None,
    country: str | None = None,
    lift: Annotated[bool, Parameter(negative="")] = False,
    erased: Annotated[bool, Parameter(negative="")] = False,
    new: Annotated[bool, Parameter(negative="")] = False,
    reason: str | None = None,
    columns: str | None = None,
    ledger: LedgerName = None,
    json: AsJson = False,
) -> int:
    """Never contact these addresses again, in any campaign; contacts that wait are blocked too.

    A contact that waits is blocked when its turn comes. Where the file has a column `reply`, only those who
    ask to stop count; replies that may mean it are listed for a person. Exit 1 when a row of the file could
    not be read; the others are suppressed all the same.

    Args:
        addresses: numbers in E.164 and e-mail addresses.
        file: a CSV with columns voice, sms, email, chat or address, or another system's list of opt-outs.
        country: where the file's numbers without a country's code are, like DE.
        lift: take these addresses off again, because they were suppressed by mistake.
        erased: with --lift, also those of people who were erased, which are off for good otherwise; then an
            external contact id, too.
        new: begin a ledger where there is none yet, for opt-outs that are older than the first campaign.
        reason: stands with them, and with --lift in the audit of every campaign; 200 characters are kept.
        columns: with --file, your headers to a channel, address, reply or ignore, like 'Contact=address'.
    """
    if not addresses and file is None:
        raise UsageError("Whom?", "Give addresses, or --file with a CSV of them.")
    if lift:
        if file:
            raise UsageError("A whole file cannot be lifted.", "Give the addresses.")
        return _lift(addresses, ledger, reason or "lifted by hand", erased=erased, json=json)
    from outreach.sources.shell_words import read_option

    if erased:
        raise UsageError("--erased is for --lift.", "Whoever was erased is suppressed already.")
    home = _read_country(country) if country else ""
    because, mapping = reason or "asked not to be contacted", read_option(columns or "")
    return _suppress(addresses, file, home, mapping, ledger, because, new=new, json=json)


def _read_country(country: str) -> str:
    from outreach.countries import NotACountry, read_country

    try:
        return read_country(country)
    except NotACountry as problem:
        raise UsageError(f"--country {problem.sentence}.") from None


def _suppress(
    addresses: tuple[str, ...],
    file: Path | None,
    country: str,
    columns: Mapping[str, str],
    ledger: str | None,
    reason: str,
    *,
    new: bool,
    json: bool,
) -> int:
    from outreach.operations.opt_out import opt_out, read_address, suppress_file

    for address in addresses:
        read_address(address)
    if file and not file.is_file():
        raise UsageError(f"{file} is no file, so nobody was suppressed.", "Check the path.")
    with _told_of_new(), open_named(ledger, "suppress", "make" if new else "write") as book:
        added = opt_out(book, addresses, reason=reason)
        intake = None
        if file:
            intake = suppress_file(book, file, reason=reason, columns=columns, country=country)
    if json:
        print_json({"given": len(addresses), "new": added, "file": intake.as_json() if intake else None})
    else:
        _tell(len(addresses), added, file, intake)
    return 1 if intake and intake.unread else 0


@contextlib.contextmanager
def _told_of_new() -> Iterator[None]:
    """An opt-out in a ledger that a typing error made would reach nobody: so a person has to ask for one."""
    try:
        yield
    except WrongLedger as error:
        if isinstance(error, WrongKey):
            raise
        advice = f"{error.advice} If no campaign has a ledger yet, add --new."
        raise WrongLedger(error.problem, advice.strip()) from None


def _lift(addresses: tuple[str, ...], ledger: str | None, reason: str, *, erased: bool, json: bool) -> int:
    from outreach.operations.opt_out import lift

    with open_named(ledger, "suppress --lift", "write") as book:
        were = lift(book, addresses, reason=reason, erased_too=erased)
    others = [number for number, was in enumerate(were, 1) if not was]
    if json:
        print_json({"given": len(were), "lifted": sum(were), "not_suppressed": others})
        return 0
    told = f"{sum(were)} of {len(were)} addresses may be contacted again"
    out.print(f"{told}; number {', '.join(map(str, others))} was not suppressed." if others else f"{told}.")
    return 0


def _tell(given: int, new: int, file: Path | None, intake: Intake | None) -> None:
    if given:
        out.print(f"{new} of {given} addresses given are suppressed now; the others were already.")
    if intake is None:
        return
    rows = counted(intake.rows, "row", "rows")
    out.print(f"{file}: {rows}, {intake.new} suppressed now, {intake.known} before.")
    if intake.kept:
        kept = counted(intake.kept, "reply does not ask to stop", "replies do not ask to stop")
        out.print(f"  {kept}")
    for line in intake.to_review:
        out.print(f"  line {line} may ask to stop: read its reply, then suppress the address or not")
    for row in intake.unread:
        out.print(f"  line {row.line} could not be read: {row.code}")
