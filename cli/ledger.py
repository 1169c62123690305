"""The verbs of a ledger as a whole: ledger backup, move, catch-up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from cli.console import AsJson, LedgerName, out, print_json
from cli.ledgers import open_named, url_of
from outreach.counting import counted

ledger = App(
    name="ledger", help="Copy a ledger, move it to PostgreSQL, or bring one that is too old up to date."
)


@ledger.command
def backup(
    file: Path,
    *,
    force: Annotated[bool, Parameter(negative="")] = False,
    ledger: LedgerName = None,
    json: AsJson = False,
) -> None:
    """Make a whole copy of an SQLite ledger and its key file, while runs go on.

    Both are private files. A copy that is used later is older than what was done by then: the next run
    notices, contacts nobody, and names `outreach ledger catch-up`.

    Args:
        file: where the copy goes; the key goes beside it, as FILE.key.
        force: replace what is there.
    """
    from outreach.ledger.backup import back_up

    with open_named(ledger, "ledger backup") as book:
        made = [str(path) for path in back_up(book, file, force=force)]
    if json:
        print_json({"files": made})
    else:
        keyless = "" if len(made) > 1 else " Its key is in the ledger block: keep it too."
        out.print(f"Copied to {' and '.join(made)}.{keyless}", soft_wrap=True)


@ledger.command
def move(url: str, *, ledger: LedgerName = None, json: AsJson = False) -> None:
    """Take an SQLite ledger to an empty PostgreSQL database, and prove it there.

    Nobody may run a campaign meanwhile. The old file stays as it is.

    Args:
        url: postgresql://user@host/name, or the name of a ledger block with it.
    """
    from outreach.ledger.move import carry_key
    from outreach.ledger.move import move as take
    from outreach.ledger.root_key import SHARE

    target = url_of(url)
    with open_named(ledger, "ledger move", "write") as book:
        moved = take(book, target)
        has_file = carry_key(f"sqlite:///{book.db.engine.url.database}", target)
    if json:
        print_json({"moved": moved})
        return
    key = f"Its key file was carried along. {SHARE}" if has_file else "Give it the same key."
    contacts = counted(moved["contacts"], "contact", "contacts")
    campaigns = counted(moved["campaigns"], "campaign", "campaigns")
    out.print(f"{contacts} of {campaigns} moved; every proof is the same.")
    out.print(f"Name the new ledger in the ledger block. {key}", soft_wrap=True)


@ledger.command(name="catch-up")
def catch_up(
    *,
    genesys: str = "default",
    senders: str = "default",
    ledger: str = "default",
    whole: str | None = None,
    json: AsJson = False,
) -> None:
    """Take in what Genesys knows and a ledger that went back in time does not; then campaigns go on.

    Callbacks and e-mails are known by their reference, SMS and chat by address and time; what stays in doubt
    is held for a person (`outreach resolve`). The guide API shows no conversations: there everybody who is
    due is held. Run the campaign first: it stops, contacts nobody, and has loaded its source.

    Args:
        genesys: name of the credentials block.
        senders: name of the senders block.
        ledger: name of the ledger block.
        whole: your reason to be sure that nothing is missing: then nothing is taken in, and nobody is held.
    """
    from dataclasses import asdict

    from cli.flow_runs import catch_up_ledger

    done = catch_up_ledger(genesys, senders, ledger, whole)
    if json:
        print_json(asdict(done))
        return
    out.print(
        f"{done.found} were contacted already, {done.held} are held for a person. Opt-outs and erasures that "
        "were given since the copy are not in it: give them again (outreach suppress, outreach erase). "
        "Then campaigns may go on.",
        soft_wrap=True,
    )
