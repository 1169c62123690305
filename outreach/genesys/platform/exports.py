"""Exports of lists: begun, waited for, and read from where Genesys says that they lie."""

from collections.abc import Sequence
from datetime import timedelta

from outreach.connections import read_date
from outreach.errors import Ambiguous, NotFound
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import read_instant, read_text
from outreach.genesys.platform.listing import unreadable

NOT_READY = "export_not_ready"
"""The code of an export that is not finished in time."""

MOST_BYTES = 256 * 1024 * 1024
_ROUNDING = timedelta(seconds=2)  # a `Date` has whole seconds, and two of their machines may differ


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
