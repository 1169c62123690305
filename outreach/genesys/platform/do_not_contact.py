"""The organisation's do-not-contact lists, fetched by their export (platform fact sheet 6).

No call asks about one number, so the lists are fetched whole: start an export, wait until it is newer than
that start, read the file. What cannot be had is not known, and said so: it never looks like an empty list.
"""

from outreach.errors import Ambiguous, GenesysError, Invalid, RateLimited, Refused, Unauthorized
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import Object, read_code, read_number, read_text
from outreach.genesys.interface import DoNotContactList
from outreach.genesys.platform.exports import NOT_READY, fetch_export
from outreach.genesys.platform.listing import read_pages

WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 30.0, 30.0)
"""Seconds before each look for a finished export: two minutes together."""

_LISTS = "/api/v2/outbound/dnclists"
_LIST = "list do-not-contact lists"
_EXPORT = "export do-not-contact list"
_OUTSIDE = {"dnc.com", "gryphon"}


def fetch_lists(connection: Connection) -> list[DoNotContactList]:
    """Every internal list with its entries as they are written, or why they are not known.

    Lists of outside services (dnc.com, gryphon) can't be exported; Genesys applies them to its own campaigns.

    Raises:
        GenesysError: it is not known which lists there are, or nothing more can be asked.
    """
    params: dict[str, str | int] = {"allowEmptyResult": "true", "includeSize": "true"}
    lists = list(read_pages(connection, _LIST, _LISTS, params))
    ours = (each for each in lists if read_text(each, "dncSourceType") not in _OUTSIDE)
    fetched = (_fetch(connection, each) for each in ours)
    return [each for each in fetched if each is not None]


def _fetch(connection: Connection, found: Object) -> DoNotContactList | None:
    list_id, size = read_code(found, "id"), read_number(found, "size")
    if not list_id:
        raise Ambiguous(_LIST, 0, "unrecognised_answer", "", "A list without an id cannot be exported.")
    text, problem = None, ""
    try:
        text = fetch_export(connection, _EXPORT, f"{_LISTS}/{quoted(list_id)}/export", WAITS)
    except GenesysError as error:
        # A list of an outside service, by another name (platform fact sheet 6).
        if isinstance(error, Invalid) and error.code == "dnc.source.operation.not.supported":
            return None
        if not _speaks_of_the_list(error):
            raise
        problem = str(error)
    holds_addresses = read_text(found, "dncSourceType") != "rds_custom"
    return DoNotContactList(list_id, text, size, holds_addresses, problem)


def _speaks_of_the_list(error: GenesysError) -> bool:
    """Whether Genesys answered, and nothing is to be had of this list; else it does not answer at all."""
    if isinstance(error, Refused):
        return not isinstance(error, (Unauthorized, RateLimited))
    return 200 <= error.status <= 299 or error.code == NOT_READY
