"""A creating call in hand: sent once, and believed when its answer names what was created."""

from collections.abc import Callable
from dataclasses import dataclass

from outreach.errors import Ambiguous
from outreach.genesys.http.client import Connection, ReadyRequest
from outreach.genesys.http.untrusted_json import Json
from outreach.genesys.interface import Started

_NO_ID = "It was accepted without an id: it is looked for, or a person looks, before anything is sent again."


@dataclass(slots=True)
class CreatingCall:
    """An `interface.ReadyCall`; `read_id` finds the conversation's id in an answer, or nothing."""

    connection: Connection
    ready: ReadyRequest
    read_id: Callable[[Json], str]

    def send(self) -> Started:
        """Contact the person, once. Raises NotSent, Refused or Ambiguous."""
        answer = self.connection.send(self.ready)
        conversation_id = self.read_id(answer.json)
        if not conversation_id:
            raise Ambiguous(
                self.ready.operation, answer.status, "no_conversation_id", answer.correlation_id, _NO_ID
            )
        return Started(conversation_id, answer.milliseconds, answer.correlation_id)
