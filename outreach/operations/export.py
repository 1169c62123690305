"""Exporting what to mend: contacts and rejected rows in the input's format, each with its code and reason."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path

import orjson

from outreach.compliance import sentence
from outreach.compliance.reasons import EARLIER_ATTEMPT_UNSURE
from outreach.errors import UsageError
from outreach.ledger.audit.notes import note_file
from outreach.ledger.campaigns import Campaign
from outreach.ledger.contacts import ContactRow, list_known_in
from outreach.ledger.ledger import Ledger
from outreach.ledger.rejects import RejectedRow, read_rejects
from outreach.ledger.states import State
from outreach.sources.columns import PLAIN, Headings
from outreach.sources.csv_writer import EXPORT_COLUMNS, MOST_LATE, PrivateCsv, cells_of
from outreach.sources.private_file import digest_of

_TO_DO = {
    "zone_unknown": "Fill in time_zone, like Europe/Paris, or postal_code.",
    "zone_invalid": "Write time_zone as an IANA name, like Europe/Paris.",
    "row_unreadable": "Compare it with the row of the latest list, which could not be read, and correct it.",
    "rows_contradict": "Compare it with the list's other rows of this person, and leave one in the list.",
    "address_refused": "Compare it with the rows that have the same number or mailbox: one of them says no.",
    EARLIER_ATTEMPT_UNSURE: "It is asked again; who has looked in Genesys Cloud says so: outreach resolve.",
    "no_address": "Fill in an address on a channel that the campaign uses.",
}
"""What a person fills in, by code; whoever is held for another one waits for `outreach resolve`."""

_LOOKED_AT = 1000
"""Rows whose columns are known before the first is written."""

REJECTED = "rejected"
DUPLICATE = "duplicate"


def export_contacts(ledger: Ledger, campaign: Campaign, states: Sequence[str], path: Path) -> int:
    """Write contacts in the states, and rows that were `rejected`, in the input's format; how many rows.

    Each has its code, reason, whether it may be retried and when it is next allowed. Fed back after mending,
    only the mended rows are new. The file is private: it holds people's data.

    Raises:
        UsageError: there is no such state, or the file cannot be written.
    """
    check_states(states)
    rows = _exported(ledger, campaign, states)
    first = list(islice(rows, _LOOKED_AT))
    columns = list(dict.fromkeys(chain(PLAIN, *first)))
    # A column that comes late has the file written a second time.
    with PrivateCsv(path, columns if len(columns) <= MOST_LATE else PLAIN, EXPORT_COLUMNS) as file:
        for cells in chain(first, rows):
            file.write(cells)
    detail = {"states": sorted(states), "rows": file.count, "sha256": digest_of(path)}
    note_file(ledger, campaign.id, "exported", path, **detail)
    return file.count


def check_states(states: Sequence[str]) -> None:
    """Raise UsageError unless there is at least one state, and no word that is none."""
    known = {*(state.value for state in State), REJECTED, DUPLICATE}
    wrong = sorted(set(states) - known)
    if wrong or not states:
        problem = f"There is no state {', '.join(wrong)}." if wrong else "No state is named."
        raise UsageError(problem, f"The states are {', '.join(sorted(known))}.")


def _exported(ledger: Ledger, campaign: Campaign, states: Sequence[str]) -> Iterator[dict[str, str]]:
    for row in list_known_in(ledger, campaign.id, states):
        yield _contact_cells(ledger, row)
    kinds = [kind == DUPLICATE for kind in (REJECTED, DUPLICATE) if kind in states]
    headings = Headings.of(campaign.name, campaign.settings.columns)
    for rejected in read_rejects(ledger, campaign.id, duplicate=kinds) if kinds else ():
        yield _reject_cells(headings, rejected)


def _contact_cells(ledger: Ledger, row: ContactRow) -> dict[str, str]:
    _, payload, reason, state, retryable, until, decision = row  # by its names, twice the time
    cells = cells_of(orjson.loads(ledger.vault.open(payload)))
    cells |= _facts(state, reason, decision or "{}", retryable=retryable)
    cells["next_allowed_at"] = until.isoformat() if until and state == State.DEFERRED else ""
    return cells


@lru_cache(maxsize=512)
def _facts(state: str, reason: str, decision: str, *, retryable: bool) -> dict[str, str]:
    """The same for many: of what was decided alike."""
    reasons = orjson.loads(decision).get("reasons", [])
    # A failure comes from Genesys, after the decision: that one's reasons no longer matter.
    also = [other for other in reasons if other != reason] if state != State.FAILED else []
    codes = [reason or state, *also]
    return {
        "code": codes[0],
        "reason": " ".join([*map(sentence, codes), *_to_do(codes, state)]),
        "retryable": "yes" if retryable else "no",
    }


def _to_do(codes: Sequence[str], state: str) -> list[str]:
    known = [_TO_DO[code] for code in codes if code in _TO_DO]
    return known or (["A person decides: outreach resolve."] if state == State.HELD else [])


def _reject_cells(headings: Headings, row: RejectedRow) -> dict[str, str]:
    # Under our names, so that contacts and rejected rows fit into one file.
    cells = headings.under_our_names(row.raw)
    facts = {"code": row.code, "reason": row.reason, "retryable": "yes" if row.retryable else "no"}
    return {**cells, **facts}
