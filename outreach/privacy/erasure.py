"""Erasing one person wherever we keep anything: the ledger, and the files that were written from it."""

import csv
import glob
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from outreach.errors import UsageError
from outreach.ledger.audit.notes import list_noted_files
from outreach.ledger.campaigns import list_campaigns
from outreach.ledger.contacts import count_started_of
from outreach.ledger.facts import remember
from outreach.ledger.ledger import Ledger
from outreach.ledger.privacy.forgetting import forget, forget_rows, rewrite, suppress_for_good
from outreach.ledger.privacy.person_search import find_person
from outreach.ledger.privacy.remains import UNCLEAN, read_words
from outreach.ledger.witness import witness_opt_outs
from outreach.privacy.rejected_rows import read_addresses
from outreach.sources.csv_writer import PrivateCsv
from outreach.sources.formulas import restore
from outreach.sources.person import Person
from outreach.sources.private_file import remove_leftovers


@dataclass(frozen=True)
class Erased:
    """What an erasure found and did.

    `ids` are the external contact ids that it suppressed: of an address, those of everybody who had it.
    `sharing` counts contacts of other ids that lead to an address of the person: they are suppressed from now
    on, but still hold it; erasing the address itself takes them too. `still_open` counts interactions that
    the next `follow_up` ends. `rewritten` is False when another program held the database, so that copies
    may still stand in its files.
    """

    contacts: int
    campaigns: int
    rows: int
    files: int
    suppressed: int
    ids: list[str]
    sharing: int
    still_open: int
    rewritten: bool

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


def erase(ledger: Ledger, who: str, *, files: Iterable[Path] = ()) -> Erased:
    """Forget one person, in all campaigns, and never contact any of their addresses, or their ids, again.

    Args:
        ledger: where they stand.
        who: an external contact id, or an address: then everybody who leads to it, with all their addresses.
        files: CSV files to clean besides those that the ledger knows of.

    Raises:
        UsageError: no contact has that id, or a file cannot be cleaned.
        LedgerError: somebody is being called at this very moment.
    """
    found = find_person(ledger, who)
    if more := read_addresses(ledger, found) - found.person.addresses:
        found = find_person(ledger, who, more)
    if not found.people and not found.rows and not found.person.addresses:
        raise UsageError(
            "Nobody in this ledger has that id.", "Give the id as the source has it, or an address."
        )
    # First: were we to die after the rest, the next source would bring the person back.
    suppressed = suppress_for_good(ledger, found.person.addresses, found.person.ids)
    witness_opt_outs(ledger, suppressed or len(found.person.ids))
    ids = [known.id for known in found.people]
    row_ids = [row.id for row in found.rows]
    # Of whoever was erased before, the words are gone: nobody can look for them.
    is_first = all(known.contact for known in found.people)
    words = read_words(ledger, ids, row_ids) if is_first else set[bytes]()
    remember(ledger, UNCLEAN, "yes")
    seen: dict[Path, int] = {}
    cleaned = _clean_all(ledger, files, found.person, seen)
    rows = forget_rows(ledger, row_ids, "erased")
    # Last: were we to die before, an address would lead the next erasure to nobody, and so to no row or file.
    forget(ledger, ids, "erased")
    cleaned |= _clean_all(ledger, files, found.person, seen)  # what was written meanwhile
    return Erased(
        contacts=sum(known.contact is not None for known in found.people),
        campaigns=len({known.campaign_id for known in found.people}),
        rows=rows,
        files=len(cleaned),
        suppressed=suppressed,
        ids=sorted(found.person.ids),
        sharing=found.sharing,
        still_open=count_started_of(ledger, ids),
        rewritten=rewrite(ledger, words),
    )


def written_files(ledger: Ledger) -> list[Path]:
    """The rejects files and exports of all campaigns, as far as they still exist on this machine."""
    return [path for path in _written_paths(ledger, ()) if path.is_file()]


def _written_paths(ledger: Ledger, more: Iterable[Path]) -> list[Path]:
    found = list_noted_files(ledger) | {Path(path) for path in more}
    for campaign in list_campaigns(ledger):
        folder = Path(campaign.settings.output)
        found.update(folder.glob(f"{glob.escape(campaign.name)}-*.csv"))
    return sorted(found)


def _clean_all(ledger: Ledger, more: Iterable[Path], person: Person, seen: dict[Path, int]) -> set[Path]:
    """The files that spoke of the person, and do so no more; what is as it was `seen` is not read again."""
    cleaned = set()
    for path in _written_paths(ledger, more):
        remove_leftovers(path)  # what a dying process half wrote holds people, too
        written = path.stat().st_mtime_ns if path.is_file() else None
        if written is not None and seen.get(path) != written:
            seen[path] = written
            cleaned |= {path} if clean(path, person) else set()
    return cleaned


def clean(path: Path, person: Person) -> bool:
    """Write a CSV file anew without the person's rows; whether there were any.

    Raises:
        UsageError: it cannot be read as the CSV that this product writes.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
            # Read to its end before it is written anew: a file without the person stays untouched.
            if not any(person.stands_in(row) for row in csv.reader(file)):
                return False
        with path.open(encoding="utf-8", errors="surrogatepass", newline="") as file:
            _rewrite(csv.reader(file), path, person)
    except (csv.Error, OSError, UnicodeError) as error:
        raise UsageError(
            f"{path} cannot be cleaned ({type(error).__name__}).", "Delete it by hand."
        ) from None
    return True


def _rewrite(rows: Iterable[list[str]], path: Path, person: Person) -> None:
    source = iter(rows)
    columns = [restore(column) for column in next(source)]
    with PrivateCsv(path, columns, ()) as file:
        for cells in source:
            if not person.stands_in(cells):
                file.write(dict(zip(columns, map(restore, cells), strict=False)))
