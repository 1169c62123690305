"""The export of a contact list: what Genesys' engine says of every row (outbound fact sheet, 1.3)."""

import csv
import io
from datetime import datetime, timedelta

from outreach.connections import read_date
from outreach.errors import Ambiguous, NotFound
from outreach.genesys.campaign_route import NO_RESULT
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import read_instant, read_text

_OPERATION = "export contact list"
_ID = "inin-outbound-id"
_POLLS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 60.0, 60.0, 120.0)
_MOST_BYTES = 256 * 1024 * 1024
_ROUNDING = timedelta(seconds=2)


def read_results(connection: Connection, list_id: str, column: str) -> dict[str, str]:
    """The result of every row by its id, for an address column, from an export that is made now.

    Raises:
        Ambiguous: it is not ready in time, or does not name everybody once.
    """
    path = f"/api/v2/outbound/contactlists/{quoted(list_id)}/export"
    answer = connection.request(_OPERATION, "POST", path)
    begun = read_date(answer.headers.get("date")) or connection.clock.now()
    for seconds in _POLLS:
        connection.clock.sleep(seconds)
        uri = _find(connection, path, begun)
        if uri:
            file = connection.download(_OPERATION, uri, _MOST_BYTES)
            return _read(file.decode("utf-8-sig", "replace"), f"SmsLastResult-{column}")
    raise Ambiguous(_OPERATION, 0, "export_not_ready", "", "The export is not finished yet.")


def _find(connection: Connection, path: str, begun: datetime) -> str:
    """Where the export lies; "" while it is not ready, or is an earlier one."""
    try:
        answer = connection.request(_OPERATION, "GET", path, params={"download": "false"})
    except NotFound:
        return ""
    made, uri = read_instant(answer.json, "exportTimestamp"), read_text(answer.json, "uri")
    return uri if made is not None and made >= begun - _ROUNDING else ""


def _read(text: str, column: str) -> dict[str, str]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {_ID, column}.issubset(rows.fieldnames or ()):
        raise Ambiguous(_OPERATION, 200, "unrecognised_answer", "", "The export lacks its columns.")
    results: dict[str, str] = {}
    for row in rows:
        if not row[_ID] or row[_ID] in results:
            raise Ambiguous(_OPERATION, 200, "row_twice", "", "The export names somebody twice.")
        results[row[_ID]] = _read_word(row[column])
    return results


def _read_word(text: str) -> str:
    """`OUTBOUND-MESSAGE-SENT` and its like, by their last word."""
    word = (text or "").replace("_", "-").rpartition("OUTBOUND-MESSAGE-")[2].strip().upper()
    return word or NO_RESULT
