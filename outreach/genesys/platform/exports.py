"""Exports of lists: begun, waited for, and read from where Genesys says that they lie.

A contact list's has what the engine says of every row (outbound fact sheet, 1.3 and 1.7). For SMS it does;
whether for e-mail and WhatsApp, is open (11.5): where it has not, the rows are read, 50 a request.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import timedelta

from outreach.chunks import cut
from outreach.connections import read_date
from outreach.errors import Ambiguous, NotFound
from outreach.genesys.campaign_route import NO_RESULT
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import read_instant, read_list, read_mapping, read_text
from outreach.genesys.platform.engine import EngineMedium
from outreach.genesys.platform.listing import unreadable

NOT_READY = "export_not_ready"
"""The code of an export that is not finished in time."""

MOST_BYTES = 256 * 1024 * 1024
_ROUNDING = timedelta(seconds=2)  # a `Date` has whole seconds, and two of their machines may differ

_RESULTS = "export contact list"
_ID = "inin-outbound-id"
_RESULT_WAITS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 60.0, 60.0, 120.0)
_MOST_READ = 50


def fetch_export(connection: Connection, operation: str, path: str, waits: Sequence[float]) -> str:
    """The file of an export that is made now; `waits` are the seconds before each look for it.

    Raises:
        GenesysError: Ambiguous with NOT_READY after the last look.
    """
    started = connection.request(operation, "POST", path)
    # By their clock, which writes the export's time, too: ours may be minutes off.
    begun = read_date(started.headers.get("date")) or connection.clock.now()
    for seconds in waits:
        connection.clock.sleep(seconds)
        try:  # only where it lies: that store must not see our token
            answer = connection.request(operation, "GET", path, params={"download": "false"})
        except NotFound:
            continue
        made, uri = read_instant(answer.json, "exportTimestamp"), read_text(answer.json, "uri")
        if not isinstance(answer.json, dict):
            raise unreadable(operation, answer)
        if uri and made is not None and made >= begun - _ROUNDING:  # else it is an earlier export
            return _decode(connection.download(operation, uri, MOST_BYTES))
    raise Ambiguous(operation, 0, NOT_READY, "", "The export is not finished: run this again later.")


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(encoding, "replace")  # a BOM is no cell's


def read_results(connection: Connection, list_id: str, medium: EngineMedium) -> dict[str, str]:
    """The result of every row by its id, for an address column, from an export that is made now.

    Raises:
        Ambiguous: it is not ready in time, or does not name everybody once.
    """
    path = f"/api/v2/outbound/contactlists/{quoted(list_id)}"
    text = fetch_export(connection, _RESULTS, f"{path}/export", _RESULT_WAITS)
    words = _read(text, f"{medium.name}LastResult-{medium.address}")
    unsaid = [key for key, word in words.items() if word is None]
    said = {key: word for key, word in words.items() if word is not None}
    return said | dict(_read_rows(connection, f"{path}/contacts/bulk", unsaid, medium))


def _read(text: str, column: str) -> dict[str, str | None]:
    """The word of every row; None where the export does not have such a column."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if _ID not in (rows.fieldnames or ()):
        raise Ambiguous(_RESULTS, 200, "unrecognised_answer", "", "The export lacks its columns.")
    results: dict[str, str | None] = {}
    for row in rows:
        if not row[_ID] or row[_ID] in results:
            raise Ambiguous(_RESULTS, 200, "row_twice", "", "The export names somebody twice.")
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
