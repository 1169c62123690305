"""The external source under which our ids are known: found once by its name, or created."""

import threading

from outreach.errors import Ambiguous, Conflict
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import read_code, read_list

_NAME = "genesys-outreach"
_PATH = "/api/v2/externalcontacts/externalsources"


class ExternalSource:
    """The id of our source, looked up at the first use and kept. Safe for threads."""

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
        params: dict[str, str | int] = {"name": _NAME, "limit": 100}
        answer = self._connection.request("find external source", "GET", _PATH, params=params)
        for entity in read_list(answer.json, "entities"):
            if entity.get("name") == _NAME and entity.get("active") is not False:
                return read_code(entity, "id")
        return ""

    def _create(self) -> str:
        """Names are unique, so whoever creates at the same moment made the one that we find again."""
        operation = "create external source"
        body = {"name": _NAME, "active": True}
        try:
            answer = self._connection.request(operation, "POST", _PATH, json=body, creates=True)
        except (Conflict, Ambiguous):  # it may be there now, by us or by another
            if found := self._find():
                return found
            raise
        found = read_code(answer.json, "id")
        if not found:
            raise Ambiguous(operation, answer.status, "no_id", answer.correlation_id, "Run it again.")
        return found
