"""The verbs of persons: suppress."""

from __future__ import annotations

from pathlib import Path

from cli.console import AsJson, LedgerName, out, print_json
from cli.ledgers import open_named
from outreach.errors import UsageError


def suppress(
    *addresses: str,
    file: Path | None = None,
    reason: str = "asked not to be contacted",
    ledger: LedgerName = None,
    json: AsJson = False,
) -> int:
    """Never contact these addresses again, in any campaign; contacts that wait are stopped too.

    Exit 1 when a row of the file could not be read; the others are suppressed all the same.

    Args:
        addresses: numbers in E.164 and e-mail addresses.
        file: a CSV of addresses.
        reason: stands with them.
        ledger: where to write.
        json: for machines.
    """
    from outreach.opting_out import opt_out, suppress_file

    if not addresses and file is None:
        raise UsageError("Whom?", "Give addresses, or --file with a CSV of them.")
    with open_named(ledger, "suppress") as book:
        new = opt_out(book, addresses, reason=reason)
        intake = suppress_file(book, file, reason=reason) if file else None
    said = {"given": len(addresses), "new": new, "file": intake.as_json() if intake else None}
    if json:
        print_json(said)
        return 0
    out.print(f"{new} of {len(addresses)} addresses given are suppressed now; the others were already.")
    if intake:
        out.print(f"{file}: {intake.rows} rows, {intake.new} suppressed now, {intake.known} before.")
        for row in intake.unread:
            out.print(f"  line {row.line} could not be read: {row.code}")
    return 1 if intake and intake.unread else 0
