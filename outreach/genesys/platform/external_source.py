"""The external source under which our ids are known: found once by its name, or created."""

import threading

from outreach.errors import Ambiguous, Conflict
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import read_code, read_list
from outreach.genesys.platform.named import create

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
        body = {"name": _NAME, "active": True}
        try:
            return create(self._connection, "create external source", _PATH, body)
        except (Conflict, Ambiguous):  # it may be there now, by us or by another
            if found := self._find():
                return found
            raise
