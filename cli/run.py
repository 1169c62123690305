"""The verb `run`: a campaign, or with --dry-run all its decisions."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from cli.console import AsJson, PerhapsInstant
from outreach.errors import SettingsError


def run(
    source: str,
    *,
    campaign: str,
    genesys: str = "default",
    senders: str = "default",
    webhook: str = "default",
    no_webhook: Annotated[bool, Parameter(negative="")] = False,
    ledger: str = "default",
    settings: Path | None = None,
    message: str | None = None,
    rules: str | None = None,
    channels: str | None = None,
    columns: str | None = None,
    country: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    format: str | None = None,
    hidden_rows: Annotated[bool, Parameter(negative="")] = False,
    another_campaign: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    at: PerhapsInstant = None,
    json: AsJson = False,
) -> int:
    """Contact everybody in a source who is not contacted yet, exactly once, and prove it.

    Run it again to resume, to retry, and to take up deferred contacts. Ctrl-C ends it in order, a second one
    at once; either way the next run goes on.

    Args:
        source: path or URL of .csv, .xlsx, .jsonl, .parquet ..., a link to a Google sheet, or a database URL
            with a query (URL#SELECT ...).
        campaign: its name; the same name is the same campaign, whatever its spaces.
        genesys: name of the credentials block.
        senders: name of the senders block.
        webhook: name of the CRM webhook block.
        no_webhook: tell nobody.
        ledger: name of the ledger block; for a dry run, a URL will do.
        settings: a JSON file of campaign settings.
        message: what is said to whom the list brings no message for, like "Hi {{ name }}, ...".
        rules: rule packs, comma separated.
        channels: channel order, comma separated.
        columns: your headers to ours, like Mobile=sms,Id=external_contact_id; `outreach columns` shows what
            is recognised without.
        country: where numbers without a country's code are, like DE, unless their row's column country says.
        sheet: the sheet of a workbook; by itself the only visible one that fits.
        encoding: of a text that is not UTF-8 or UTF-16, like windows-1252.
        format: what a link without an ending leads to: csv, xlsx, xls, ods, jsonl, json or parquet.
        hidden_rows: also read the rows of a workbook that a filter hides.
        another_campaign: the name is meant, though a known campaign's differs from it by case only.
        dry_run: decide everything, contact nobody, change nothing.
        at: with --dry-run, decide as of this instant (ISO-8601).
        json: for machines: the proof, or with --dry-run the decisions.
    """
    from cli.settings import read_settings

    chosen = read_settings(
        settings,
        source,
        message=message,
        rules=rules,
        channel_order=channels,
        columns=columns,
        country=country,
        sheet=sheet,
        encoding=encoding,
        format=format,
        hidden_rows=hidden_rows,
        another_campaign=another_campaign,
    )
    if dry_run:
        from cli.dry_run import rehearse_and_show

        return rehearse_and_show(
            source, campaign, chosen, genesys=genesys, senders=senders, ledger=ledger, at=at, as_json=json
        )
    if at is not None:
        raise SettingsError("--at is for --dry-run.", "A real run happens now.")
    from cli.flow_runs import run_source

    hook = None if no_webhook else webhook
    return run_source(source, campaign, chosen, genesys, senders, hook, ledger, as_json=json)
