"""What goes by a name of ours in Genesys, as the source of our ids does: found by it, or made."""

import threading
from collections.abc import Mapping
from typing import Any

from outreach.errors import Ambiguous, Conflict, Refused
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


def find_or_create(connection: Connection, what: str, path: str, body: Mapping[str, Any]) -> str:
    """The id of what has the body's name, made when it is not there."""
    if known := find(connection, f"find {what}", path, body["name"]):
        return known
    try:
        return create(connection, f"create {what}", path, body)
    except Refused:  # another sender's hand-over has made it meanwhile
        if known := find(connection, f"find {what}", path, body["name"]):
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
                self._id = self._find() or self._create()
            return self._id

    def _find(self) -> str:
        params: dict[str, str | int] = {"name": _SOURCE, "limit": 100}
        answer = self._connection.request("find external source", "GET", _SOURCES, params=params)
        for entity in read_list(answer.json, "entities"):
            if entity.get("name") == _SOURCE and entity.get("active") is not False:
                return read_code(entity, "id")
        return ""

    def _create(self) -> str:
        """Names are unique, so whoever creates at the same moment made the one that we find again."""
        body = {"name": _SOURCE, "active": True}
        try:
            return create(self._connection, "create external source", _SOURCES, body)
        except (Conflict, Ambiguous):  # it may be there now, by us or by another
            if found := self._find():
                return found
            raise
