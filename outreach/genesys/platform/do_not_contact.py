"""The organisation's do-not-contact lists, mirrored by their export (platform fact sheet 6).

No call asks about one number, so the lists are fetched whole: start an export, wait until it is newer than
that start, read the file. An export that doesn't come raises: unknown means wait.
"""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

from outreach.contacts import E164
from outreach.errors import Ambiguous, Invalid
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import read_code, read_instant, read_list, read_number, read_text

POLLS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
"""Seconds between the looks for a finished export: two minutes together."""

MOST_PAGES = 100
MOST_BYTES = 256 * 1024 * 1024

_LISTS = "/api/v2/outbound/dnclists"
_EXPORT = "export do-not-contact list"
_OUTSIDE = {"dnc.com", "gryphon"}
_SKEW = timedelta(minutes=2)  # their clock may be behind: a new export must not look old


def list_addresses(connection: Connection) -> set[str]:
    """Every address on the internal lists: E.164, or e-mail in lower case. Raises GenesysError.

    Lists of outside services (dnc.com, gryphon) can't be exported; Genesys applies them to its own campaigns.
    """
    return {address for list_id in _list_ids(connection) for address in _export(connection, list_id)}


def _list_ids(connection: Connection) -> list[str]:
    found: list[str] = []
    for page in range(1, MOST_PAGES + 1):
        params: dict[str, str | int] = {"pageSize": 100, "pageNumber": page, "allowEmptyResult": "true"}
        answer = connection.request("list do-not-contact lists", "GET", _LISTS, params=params)
        body = answer.json
        ours = (e for e in read_list(body, "entities") if e.get("dncSourceType") not in _OUTSIDE)
        found.extend(filter(None, (read_code(entity, "id") for entity in ours)))
        if page >= (read_number(body, "pageCount") or 1):
            break
    return found


def _export(connection: Connection, list_id: str) -> Iterator[str]:
    path = f"{_LISTS}/{quoted(list_id)}/export"
    begun = connection.clock.now()
    try:
        connection.request(_EXPORT, "POST", path)
    except Invalid as error:
        # A list of an outside service, by another name (platform fact sheet 6).
        if error.code == "dnc.source.operation.not.supported":
            return
        raise
    for seconds in POLLS:
        # Asks where the file is: it lies in a store that must not see our token.
        answer = connection.request(_EXPORT, "GET", path, params={"download": "false"})
        made = read_instant(answer.json, "exportTimestamp")
        uri = read_text(answer.json, "uri")
        if uri and (made is None or made >= begun - _SKEW):  # else it is an earlier export
            content = connection.download(_EXPORT, uri, MOST_BYTES)
            yield from read_addresses(content.decode("utf-8-sig", "replace"))  # a BOM is no cell's
            return
        connection.clock.sleep(seconds)
    raise Ambiguous(_EXPORT, 0, "export_not_ready", "", "The export is not finished: run this again later.")


def read_addresses(content: str) -> Iterator[str]:
    """The addresses in an exported file, whatever its columns are called."""
    for row in csv.reader(io.StringIO(content)):
        for cell in row:
            address = _read_address(cell.strip())
            if address:
                yield address


def _read_address(cell: str) -> str:
    if "@" in cell:
        return cell.lower()
    digits = "".join(filter(str.isdigit, cell))
    number = f"+{digits}"
    written_as_number = set(cell) <= set("+0123456789 ()-.") and len(digits) >= 7
    return number if written_as_number and E164.match(number) else ""
