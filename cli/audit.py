"""The verbs of a campaign's audit: verify, export."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App

from cli.console import AsJson, LedgerName, out, print_json
from cli.files import Force, place, write_private
from cli.ledgers import open_named
from outreach.counting import counted

audit = App(name="audit", help="Verify a campaign's audit, or write it out.")


@audit.command
def verify(campaign: str, *, seal: str | None = None, ledger: LedgerName = None, json: AsJson = False) -> int:
    """Verify every record of a campaign's audit; name what is altered, missing, inserted or reordered.

    Args:
        campaign: its name.
        seal: a seal's hash that was kept elsewhere (a run's log has it): it must be among the records.
    """
    from outreach.ledger.audit.verification import verify as check
    from outreach.ledger.campaigns import find_campaign

    with open_named(ledger, "audit verify") as book:
        result = check(book, find_campaign(book, campaign), seal=seal)
    if json:
        print_json(result.as_json())
    elif result.intact:
        records = counted(result.records, "record", "records")
        chains, seals = counted(result.chains, "chain", "chains"), counted(result.seals, "seal", "seals")
        out.print(f"Intact: {records} in {chains}, {seals}.")
    else:
        for finding in result.findings[:20]:
            out.print(str(finding), markup=False, soft_wrap=True)
        broken = counted(len(result.findings), "chain does not verify", "chains do not verify")
        out.print(f"{broken}, of {result.chains:,}.")
    return 0 if result.intact else 1


@audit.command
def export(
    campaign: str,
    *,
    to: Path | None = None,
    force: Force = False,
    ledger: LedgerName = None,
    json: AsJson = False,
) -> None:
    """Write a campaign's audit as JSON lines, in a private file.

    Args:
        campaign: its name.
        to: the file; default out/CAMPAIGN-audit.jsonl.
    """
    from outreach.ledger.audit.export import export_records
    from outreach.ledger.campaigns import find_campaign

    with open_named(ledger, "audit export") as book:
        found = find_campaign(book, campaign)
        path = place(to, f"{found.name}-audit.jsonl", force=force, ours=lambda _: to is None)
        count = write_private(path, export_records(book, found))
    if json:
        print_json({"campaign": campaign, "records": count, "file": str(path)})
    else:
        out.print(f"{counted(count, 'record', 'records')} in {path}.")
