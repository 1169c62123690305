"""The organisation's do-not-contact lists, fetched by their export (platform fact sheet 6).

No call asks about one number, so the lists are fetched whole: start an export, wait until it is newer than
that start, read the file. What cannot be had is not known, and said so: it never looks like an empty list.
"""

from datetime import timedelta

from outreach.connections import read_date
from outreach.errors import Ambiguous, GenesysError, Invalid, NotFound, RateLimited, Refused, Unauthorized
from outreach.genesys.http.client import Answer, Connection, quoted
from outreach.genesys.http.untrusted_json import Object, read_code, read_instant, read_number, read_text
from outreach.genesys.interface import DoNotContactList
from outreach.genesys.platform.listing import read_pages, unreadable

POLLS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
"""Seconds between the looks for a finished export: two minutes together."""

MOST_PAGES = 100
MOST_BYTES = 256 * 1024 * 1024

_LISTS = "/api/v2/outbound/dnclists"
_LIST = "list do-not-contact lists"
_EXPORT = "export do-not-contact list"
_NOT_READY = "export_not_ready"
_OUTSIDE = {"dnc.com", "gryphon"}
_CUSTOM = "rds_custom"
_ROUNDING = timedelta(seconds=2)  # a `Date` has whole seconds, and two of their machines may differ


def fetch_lists(connection: Connection) -> list[DoNotContactList]:
    """Every internal list with its entries as they are written, or why they are not known.

    Lists of outside services (dnc.com, gryphon) can't be exported; Genesys applies them to its own campaigns.

    Raises:
        GenesysError: it is not known which lists there are, or nothing more can be asked.
    """
    params: dict[str, str | int] = {"allowEmptyResult": "true", "includeSize": "true"}
    lists = list(read_pages(connection, _LIST, _LISTS, params, most=MOST_PAGES))
    fetched = (
        _fetch(connection, found) for found in lists if read_text(found, "dncSourceType") not in _OUTSIDE
    )
    return [each for each in fetched if each is not None]


def _fetch(connection: Connection, found: Object) -> DoNotContactList | None:
    list_id, size = read_code(found, "id"), read_number(found, "size")
    if not list_id:
        raise Ambiguous(_LIST, 0, "unrecognised_answer", "", "A list without an id cannot be exported.")
    custom = found.get("dncSourceType") == _CUSTOM
    try:
        text = _export(connection, list_id)
    except GenesysError as error:
        # A list of an outside service, by another name (platform fact sheet 6).
        if isinstance(error, Invalid) and error.code == "dnc.source.operation.not.supported":
            return None
        if not _speaks_of_the_list(error):
            raise
        return DoNotContactList(list_id, None, size, holds_addresses=not custom, problem=str(error))
    return DoNotContactList(list_id, text, size, holds_addresses=not custom)


def _speaks_of_the_list(error: GenesysError) -> bool:
    """Whether Genesys answered, and nothing is to be had of this list; else it does not answer at all."""
    if isinstance(error, Refused):
        return not isinstance(error, (Unauthorized, RateLimited))
    return 200 <= error.status <= 299 or error.code == _NOT_READY


def _export(connection: Connection, list_id: str) -> str:
    path = f"{_LISTS}/{quoted(list_id)}/export"
    started = connection.request(_EXPORT, "POST", path)
    # By their clock, which writes the export's time, too: ours may be minutes off.
    begun = read_date(started.headers.get("date")) or connection.clock.now()
    for seconds in POLLS:
        answer = _look(connection, path)
        if answer is not None:
            made, uri = read_instant(answer.json, "exportTimestamp"), read_text(answer.json, "uri")
            if not isinstance(answer.json, dict):
                raise unreadable(_EXPORT, answer)
            if uri and made is not None and made >= begun - _ROUNDING:  # else it is an earlier export
                return _decode(connection.download(_EXPORT, uri, MOST_BYTES))
        connection.clock.sleep(seconds)
    raise Ambiguous(_EXPORT, 0, _NOT_READY, "", "The export is not finished: run this again later.")


def _look(connection: Connection, path: str) -> Answer | None:
    """Where the file is, without our token: it lies in a store that must not see it. None: not there yet."""
    try:
        return connection.request(_EXPORT, "GET", path, params={"download": "false"})
    except NotFound:
        return None


def _decode(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return content.decode(encoding, "replace")  # a BOM is no cell's
