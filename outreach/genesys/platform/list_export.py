"""What Genesys' engine says of every row of a contact list (outbound fact sheet, 1.3 and 1.7).

By the list's export. It has the results of SMS; whether those of e-mail and WhatsApp, is open (11.5): where
it has not, the rows themselves are read, 50 a request.
"""

import csv
import io
from collections.abc import Iterator, Sequence

from outreach.chunks import cut
from outreach.errors import Ambiguous
from outreach.genesys.campaign_route import NO_RESULT
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import read_list, read_mapping, read_text
from outreach.genesys.platform.engine import EngineMedium
from outreach.genesys.platform.exports import fetch_export
from outreach.genesys.platform.listing import unreadable

_OPERATION = "export contact list"
_ID = "inin-outbound-id"
_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 60.0, 60.0, 120.0)
_MOST_READ = 50


def read_results(connection: Connection, list_id: str, medium: EngineMedium) -> dict[str, str]:
    """The result of every row by its id, for an address column, from an export that is made now.

    Raises:
        Ambiguous: it is not ready in time, or does not name everybody once.
    """
    path = f"/api/v2/outbound/contactlists/{quoted(list_id)}"
    text = fetch_export(connection, _OPERATION, f"{path}/export", _WAITS)
    words = _read(text, f"{medium.name}LastResult-{medium.address}")
    unsaid = [key for key, word in words.items() if word is None]
    said = {key: word for key, word in words.items() if word is not None}
    return said | dict(_read_rows(connection, f"{path}/contacts/bulk", unsaid, medium))


def _read(text: str, column: str) -> dict[str, str | None]:
    """The word of every row; None where the export does not have such a column."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if _ID not in (rows.fieldnames or ()):
        raise Ambiguous(_OPERATION, 200, "unrecognised_answer", "", "The export lacks its columns.")
    results: dict[str, str | None] = {}
    for row in rows:
        if not row[_ID] or row[_ID] in results:
            raise Ambiguous(_OPERATION, 200, "row_twice", "", "The export names somebody twice.")
        results[row[_ID]] = _read_word(row[column]) if column in row else None
    return results


def _read_rows(
    connection: Connection, path: str, keys: Sequence[str], medium: EngineMedium
) -> Iterator[tuple[str, str]]:
    """The word of each row by the row itself. Raises Ambiguous where not all are shown."""
    for wanted in cut(keys, _MOST_READ):
        answer = connection.request("read list contacts", "POST", path, json=wanted)
        rows = {read_text(each, "id"): each for each in read_list({"rows": answer.json}, "rows")}
        if not rows.keys() >= set(wanted):
            raise unreadable("read list contacts", answer, "not_all_shown")
        for key in wanted:
            found = read_mapping(read_mapping(rows[key], f"latest{medium.name}Evaluations"), medium.address)
            yield key, _read_word(read_text(found, "wrapupCodeId"))


def _read_word(text: str) -> str:
    """`OUTBOUND-MESSAGE-SENT` and its like, by their last word."""
    word = (text or "").replace("_", "-").rpartition("OUTBOUND-MESSAGE-")[2].strip().upper()
    return word or NO_RESULT
