"""What both wire formats do alike: the call to a person in hand, conversations read and ended."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from outreach.contacts import Contact
from outreach.errors import Ambiguous, Conflict, GenesysError, Invalid, NotFound, RateLimited, Unauthorized
from outreach.genesys.http.client import Connection, ReadyRequest, quoted
from outreach.genesys.http.untrusted_json import Json
from outreach.genesys.interface import Conversation, NotRegistered, Started

CONVERSATIONS = "/api/v2/conversations"

_NO_ID = "It was accepted without an id: it is looked for, or a person looks, before anything is sent again."

log = logging.getLogger(__name__)


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


class WireFormat:
    """One organisation over one connection. Safe for threads."""

    understand: Callable[[Json], Conversation]
    """A conversation as Genesys shows one by itself; without an id it is none."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def clock_skew(self) -> timedelta:
        """How far Genesys' clock is ahead of ours."""
        return self.connection.clock_skew

    def give_up(self) -> None:
        """Nobody waits for a turn any more."""
        self.connection.give_up()

    def read_one(self, conversation_id: str) -> Conversation | None:
        """What became of one interaction, None where Genesys does not show it."""
        path = f"{CONVERSATIONS}/{quoted(conversation_id)}"
        try:
            found = self.understand(self.connection.request("read conversation", "GET", path).json)
        except NotFound:
            return None
        return found if found.conversation_id else None

    def read_each(self, wanted: Iterable[str], *, others_shown: bool = False) -> dict[str, Conversation]:
        """One by one, those that are shown, by their ids: one that cannot be read keeps nobody else waiting.

        Of those that are deleted, or not ours to see, the log tells.

        Args:
            wanted: the conversations.
            others_shown: whether others were read just now, so that the trouble is not everybody's.

        Raises:
            GenesysError: nobody can be read, or not now.
        """
        seen: dict[str, Conversation] = {}
        unread: list[GenesysError] = []
        for conversation_id in wanted:
            try:
                found = self.read_one(conversation_id)
            except GenesysError as error:  # noqa: PERF203 - each by itself
                if not _is_of_one(error, unread):
                    raise
                unread.append(error)
            else:
                seen |= {conversation_id: found} if found else {}
        if unread and not (seen or others_shown):
            raise unread[0]
        if unread:
            log.warning("%s conversations cannot be read, the others were: %s", len(unread), unread[0])
        return seen

    def disconnect(self, conversation_id: str, method: str, path: str, body: Json = None) -> None:
        """End it by this call. One that has ended already, or is gone, is fine."""
        try:
            self.connection.request("end conversation", method, path, json=body)
        except (Invalid, Conflict, NotFound):  # it may have ended just now, as was wanted
            found = self.read_one(conversation_id)
            if found is not None and found.ended_at is None:
                raise


def turned_down(contact: Contact, error: Invalid | Conflict) -> NotRegistered:
    """A contact whose registration is refused."""
    reason = f"Genesys does not accept it ({error.status} {error.code})."
    # 409 speaks of the state of this moment (platform fact sheet 2.1), so it may pass.
    retryable = isinstance(error, Conflict)
    return NotRegistered(contact.external_contact_id, error.code, reason, retryable, error.correlation_id)


def _is_of_one(error: GenesysError, before: list[GenesysError]) -> bool:
    """Whether another one may be read all the same."""
    if isinstance(error, (Unauthorized, RateLimited)):
        return False
    # A 5xx takes three tries and 6 seconds: after a second one it is the system's.
    return 400 <= error.status < 500 or (error.status >= 500 and all(each.status < 500 for each in before))
