"""The verbs of privacy: erase, export-person, reseal, seal-contact, selfscan."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from cli.console import AsJson, LedgerName, err, out, print_json
from cli.files import Force, place, write_private
from cli.ledgers import open_named
from cli.prefect_api import api_url, reachable
from outreach.counting import counted
from outreach.errors import UsageError

if TYPE_CHECKING:
    from outreach.privacy.erasure import Erased

LEAST_CELLS = 3
"""A contact has an id, a name and an address."""

SHOWN = 20
"""Of the ids that an erasure suppressed; --json has all of them."""

Files = Annotated[tuple[Path, ...], Parameter(negative="")]


def erase(
    who: str | None = None, *, files: Files = (), ledger: LedgerName = None, json: AsJson = False
) -> int:
    """Forget one person in all campaigns and never contact them again; only keyed hashes stay.

    An address takes everybody who has it, of an office's number all colleagues, with all of their addresses
    and ids: `outreach export-person` shows who that is. Exit 1 when another program held the ledger, so that
    old copies may still stand in its files.

    Args:
        who: an external contact id, or an address; left out, it is read from standard
            input, which no shell history and no process list shows.
        files: more CSV files to clean; rejects files and exports are found by themselves.
    """
    from outreach.privacy import erasure

    if missing := [str(file) for file in files if not file.is_file()]:
        raise UsageError(f"There is no file {', '.join(missing)}.", "Nobody was erased: check the path.")
    with open_named(ledger, "erase", "write") as book:
        done = erasure.erase(book, _read(who), files=files)
    if json:
        print_json(done.as_json())
    else:
        out.print(_tell(done), markup=False, soft_wrap=True)
    return 0 if done.rewritten else 1


def _read(who: str | None) -> str:
    if who is None and sys.stdin.isatty():
        err.print("An external contact id or an address: ", end="")
    return sys.stdin.readline().strip() if who is None else who


def _tell(done: Erased) -> str:
    contacts = counted(done.contacts, "contact", "contacts")
    campaigns = counted(done.campaigns, "campaign", "campaigns")
    rows, files = counted(done.rows, "rejected row", "rejected rows"), counted(done.files, "file", "files")
    addresses = counted(done.suppressed, "address is", "addresses are")
    told = f"Erased: {contacts} in {campaigns}, {rows}, {files} cleaned. {addresses} suppressed from now on."
    if done.ids:
        shown, more = ", ".join(done.ids[:SHOWN]), len(done.ids) - SHOWN
        ids = counted(len(done.ids), "external contact id", "external contact ids")
        told += f" So {'is' if len(done.ids) == 1 else 'are'} {ids}: {shown}"
        told += f" and {more:,} more." if more > 0 else "."
        told += " Where one of them asks to be contacted again: `outreach suppress --lift ID --erased`."
    if done.campaigns and not done.contacts:
        told += " Whoever had that id was erased before."
    elif not (done.contacts or done.rows or done.sharing):
        told += (
            " Nobody here has that address: if they had another one before, erase the external contact id."
        )
    if done.sharing:
        others = counted(done.sharing, "other contact has", "other contacts have")
        told += f" {others} the same address. To erase it takes everybody who has it, colleagues too: "
        told += "`outreach export-person` shows whose it is."
    if done.still_open:
        still_open = counted(done.still_open, "interaction is", "interactions are")
        told += f" {still_open} still open: `outreach follow-up` ends them now."
    if not done.rewritten:
        told += " Another program holds the ledger: erase again when it is done, so that no copy stays."
    return told


def export_person(
    who: str | None = None, *, to: Path | None = None, force: Force = False, ledger: LedgerName = None
) -> int:
    """Show everything that the ledger holds about one person, as JSON: the answer to a request for access.

    Exit 1 when it holds nothing.

    Args:
        who: an external contact id, or an address; left out, it is read from standard
            input.
        to: a file, private; default: standard output.
    """
    import orjson

    from outreach.privacy.subject_access import disclose

    if to is not None:
        place(to, "", force=force, ours=lambda _: False)
    with open_named(ledger, "export-person") as book:
        shown = disclose(book, _read(who))
    if to is None:
        print_json(shown)
    else:
        write_private(to, [orjson.dumps(shown, option=orjson.OPT_INDENT_2)])
        contacts = counted(len(shown["contacts"]), "contact", "contacts")
        out.print(f"{contacts} and {counted(len(shown['rows']), 'rejected row', 'rejected rows')} in {to}.")
    return 0 if shown["contacts"] or shown["rows"] else 1


def reseal(*, ledger: LedgerName = None, json: AsJson = False) -> int:
    """Seal everything personal again under the ledger's newest key, so that the previous one can go.

    Exit 1 while something still needs an earlier key, or another program held the ledger.

    Args:
        ledger: the block with the new key, and the old one among its previous keys.
    """
    from outreach.ledger.privacy.forgetting import rewrite
    from outreach.ledger.privacy.key_rotation import reseal as seal_again

    with open_named(ledger, "reseal", "write") as book:
        done = seal_again(book)
        clean = rewrite(book)
    if json:
        print_json({"changed": done.changed, "left": done.left, "rewritten": clean})
    else:
        out.print(f"{done.changed} values are sealed anew, {done.left} still need an earlier key.")
    return 0 if clean and not done.left else 1


def seal_contact(*, ledger: LedgerName = None) -> None:
    """Seal one contact, read as JSON from standard input, for `contact-one` by Prefect's API.

    What is printed goes into the run's parameter `contact`; only the ledger's key opens it.

    Args:
        ledger: the one that the run will use.
    """
    import orjson

    from outreach.privacy.sealed_contact import seal_contact as seal

    try:
        contact = orjson.loads(sys.stdin.buffer.read())
    except orjson.JSONDecodeError:
        contact = None
    if not isinstance(contact, dict):
        raise UsageError("Standard input holds no contact.", "Give one as a JSON object.")
    _look_at(contact)
    with open_named(ledger, "seal-contact") as book:
        out.print(seal(book, contact), markup=False, soft_wrap=True)


def _look_at(contact: dict[str, Any]) -> None:
    """Raise UsageError for what no run could read; under names of its own, only a run's mapping can tell."""
    from outreach.sources.opening import open_source

    source = open_source([contact])
    row = next(source.rows())
    filled = sum(bool(cell.strip()) for cell in row.raw.values())
    if row.reject is not None and (filled < LEAST_CELLS or not source.ignored_columns):
        raise UsageError(f"Standard input holds no contact: {row.reject.code}.", row.reject.reason)


def selfscan(*, paths: Files = (), ledger: LedgerName = None, json: AsJson = False) -> int:
    """Look for everybody's data and every secret where they must not be; exit 1 when something is found.

    Searched are Prefect (its folder on this machine, and its API), and the paths given. Looked for are all
    people of the ledger and the secrets of the saved blocks; what is found is named, never shown.

    Args:
        paths: more files and folders: logs, reports, a copy of a database.
    """
    from cli.selfscan import scan_everything

    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"There is no {', '.join(missing)}.", "Give files or folders that exist.")
    answering = reachable() if api_url() else contextlib.nullcontext()  # what is not looked at is not clean
    with open_named(ledger, "selfscan") as book, answering:
        result = scan_everything(book, ledger, paths)
    if json:
        print_json(result.as_json())
        return 1 if result.leaks else 0
    for leak in result.leaks:
        out.print(f"{leak.kind} of {leak.whose or 'somebody'} stands in {leak.where}", markup=False)
    out.print(
        f"{counted(len(result.leaks), 'leak', 'leaks')}: {counted(result.needles, 'spelling', 'spellings')} "
        f"looked for in {counted(result.places, 'place', 'places')}, {result.bytes / 1e6:.1f} MB. "
        f"{counted(result.skipped, 'value was', 'values were')} too short to tell."
    )
    return 1 if result.leaks else 0
