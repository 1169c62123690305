"""The guide's simplified API behind the interface (guide sheet)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal, cast

from typing_extensions import assert_never

from outreach.contacts import Channel, Contact
from outreach.errors import Ambiguous, Conflict, Invalid, NotFound
from outreach.genesys.http.client import quoted
from outreach.genesys.http.untrusted_json import Json, read_code, read_instant, read_mapping, read_text
from outreach.genesys.interface import Conversation, Engagement, Genesys, Identity, NotRegistered, Registered
from outreach.genesys.wire_format import CONVERSATIONS, CreatingCall, WireFormat, turned_down
from outreach.reachability import AVAILABLE, Availability, Inspection

PERMISSIONS: Mapping[str, tuple[str, ...]] = {
    "register": ("externalcontacts:contact:write",),
    "inspect": ("externalcontacts:contact:read",),
    **{f"start {channel}": ("conversation:write", "routing:outboundcontact:write") for channel in Channel},
    "read conversation": ("conversation:read",),
    "end conversation": ("conversation:write",),
}
"""The scopes that the guide names for each of our operations (guide sheet "Error guide")."""

_CONTACTS = "/api/v2/externalcontacts/contacts"
_STATUSES = frozenset({"passed", "pending", "failed"})


class Guide(WireFormat, Genesys):
    """`interface.Genesys` over the guide's API. Safe for threads. It has no look-up: nothing is found."""

    api: Literal["platform", "guide"] = "guide"
    bulk_size = 1
    asks_to_inspect = True
    can_find = False

    def register(
        self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
    ) -> list[Registered | NotRegistered]:
        """One creation per contact; one that exists is a success. Safe to repeat for that reason."""
        return [self._register(contact, message, priority) for contact, message in people]

    def inspect(self, contact: Contact, registered: Registered, *, priority: int = 0) -> Inspection:
        """The verdict on a registered contact."""
        path = f"{_CONTACTS}/{quoted(registered.genesys_id)}"
        try:
            body = self.connection.request("inspect", "GET", path, priority=priority).json
        except NotFound:
            return Inspection("unknown", {})  # we have just registered them: no verdict, so asked again
        told = read_text(body, "validationStatus").lower()
        status = cast('Literal["passed", "pending", "failed"]', told) if told in _STATUSES else "unknown"
        shown = read_mapping(body, "channelAvailability")
        availability = {
            channel: (read_code(shown, _name(channel)) or "unavailable").lower()
            for channel in contact.channels.present()
        }
        return Inspection(status, availability, read_text(body, "validationFailureReason")[:200])

    def check_senders(self) -> Availability:
        """The guide's API sends by itself: every channel is served."""
        return dict.fromkeys(Channel, AVAILABLE)

    def wait_for_turn(self, engagement: Engagement, *, priority: int = 0) -> CreatingCall:
        """The call that contacts the person, ready to leave."""
        attempt = engagement.attempt
        body = {
            "contactId": attempt.genesys_id,
            "type": _name(attempt.channel),
            "initialMessage": engagement.message,
            "metadata": {
                "source": "external_contact_api",
                "timestamp": self.connection.clock.now().isoformat(),
            },
        }
        ready = self.connection.wait_for_turn(
            f"start {attempt.channel}", "POST", CONVERSATIONS, json=body, priority=priority
        )
        return CreatingCall(self.connection, ready, partial(read_code, key="id"))

    def read(self, conversation_ids: Sequence[str]) -> list[Conversation]:
        """What became of interactions, one by one."""
        return list(self.read_each(conversation_ids).values())

    @staticmethod
    def understand(body: Json) -> Conversation:
        """A conversation as it is shown."""
        return Conversation(
            read_code(body, "id"),
            read_instant(body, "startTime"),
            read_instant(body, "connectedTime"),
            read_instant(body, "endTime"),
            read_code(body, "disconnectType"),
        )

    def end(self, conversation_id: str, channel: Channel) -> None:  # noqa: ARG002  the interface's
        """Disconnect it. One that has ended already, or is gone, is fine."""
        self.disconnect(conversation_id, "POST", f"{CONVERSATIONS}/{quoted(conversation_id)}/disconnect")

    def link(self, conversation: Conversation, genesys_id: str, channel: Channel) -> None:
        """Nothing: its conversations are started by the contact's id."""

    def whoami(self) -> Identity:
        """Its host, for the guide's API has one per organisation and no call that tells."""
        return Identity(self.connection.url, "")

    def _register(self, contact: Contact, message: str, priority: int) -> Registered | NotRegistered:
        contact_id = contact.external_contact_id
        body = _write_contact(contact, message)
        try:
            answer = self.connection.request("register", "POST", _CONTACTS, json=body, priority=priority)
        except Conflict:
            return Registered(contact_id, contact_id, "exists")
        except Invalid as error:
            return turned_down(contact, error)
        genesys_id = read_code(answer.json, "externalContactId")
        # Believed, they were `validation_failed` for good.
        if not (genesys_id or read_text(answer.json, "state")):
            said = "Genesys did not say that it knows the contact: run it again."
            raise Ambiguous("register", answer.status, "unrecognised_answer", answer.correlation_id, said)
        return Registered(contact_id, genesys_id or contact_id, "created")


def _name(channel: Channel) -> str:
    """The guide's name of a channel, which is ours."""
    match channel:
        case Channel.VOICE | Channel.SMS | Channel.EMAIL | Channel.CHAT:
            return channel.value
        case _:
            assert_never(channel)


def _write_contact(contact: Contact, message: str) -> dict[str, Any]:
    return {
        "externalContactId": contact.external_contact_id,
        "name": contact.name,
        "channels": {_name(channel): address for channel, address in contact.channels.addresses().items()},
        "initialMessage": message,
        "interactionDurationSeconds": contact.interaction_duration_seconds,
        "metadata": dict(contact.metadata),
    }
