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
) -> None:
    """Never contact these addresses again, in any campaign; contacts that wait are stopped too.

    Args:
        addresses: numbers in E.164 and e-mail addresses.
        file: a CSV of addresses.
        reason: stands with them.
        ledger: where to write.
        json: for machines.
    """
    from outreach.opting_out import read_addresses

    from outreach.ledger import suppressions

    if not addresses and file is None:
        raise UsageError("Whom?", "Give addresses, or --file with a CSV of them.")
    with open_named(ledger, "suppress") as book:
        given = [*addresses, *(read_addresses(file) if file else ())]
        new = suppressions.suppress(book, given, source="outreach suppress", reason=reason)
    if json:
        print_json({"given": len(given), "new": new})
    else:
        out.print(f"{new} of {len(given)} addresses are suppressed now; the others were already.")
