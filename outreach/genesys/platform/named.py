"""What goes by a name of ours in Genesys, as the source of our ids does: found by it, or made."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from outreach.errors import Ambiguous, Refused
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import read_code, read_list, read_text
from outreach.genesys.platform.listing import read_pages

_SOURCE = "genesys-outreach"
_SOURCES = "/api/v2/externalcontacts/externalsources"


def find(connection: Connection, operation: str, path: str, name: str, **more: str) -> str:
    """The id of what has exactly this name, "" when there is none. Several are for a person."""
    pages = read_pages(connection, operation, path, {"name": name, **more})
    # The filter may be looser (section 11.5).
    found = [read_code(each, "id") for each in pages if read_text(each, "name") == name]
    if len(found) > 1 or "" in found:
        advice = "Delete all but one of them in Genesys."
        raise Ambiguous(operation, 200, "several_of_one_name", "", advice)
    return found[0] if found else ""


def find_or_create(
    connection: Connection, what: str, path: str, body: Mapping[str, Any], look: Callable[..., str] = find
) -> str:
    """The id of what has the body's name, made when it is not there."""
    if known := look(connection, f"find {what}", path, body["name"]):
        return known
    try:
        return create(connection, f"create {what}", path, body)
    except (Refused, Ambiguous):  # it may be there now, by us or by another
        if known := look(connection, f"find {what}", path, body["name"]):
            return known
        raise


def create(connection: Connection, operation: str, path: str, body: Mapping[str, Any]) -> str:
    """Make it, and give its id."""
    answer = connection.request(operation, "POST", path, json=body, creates=True)
    made = read_code(answer.json, "id")
    if not made:
        raise Ambiguous(operation, answer.status, "no_id", answer.correlation_id, "Run it again.")
    return made


class ExternalSource:
    """The id of our own external source, looked up at the first use and kept. Safe for threads."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._id = ""

    def id(self) -> str:
        """Genesys' id of the source. Raises GenesysError."""
        with self._lock:
            if not self._id:  # under the lock, since a run's threads all need it first
                body = {"name": _SOURCE, "active": True}
                self._id = find_or_create(self._connection, "external source", _SOURCES, body, _find_source)
            return self._id


def _find_source(connection: Connection, operation: str, path: str, name: str) -> str:
    """Their list goes by a cursor, not by pages; one that is switched off is none."""
    answer = connection.request(operation, "GET", path, params={"name": name, "limit": 100})
    for entity in read_list(answer.json, "entities"):
        if entity.get("name") == name and entity.get("active") is not False:
            return read_code(entity, "id")
    return ""
