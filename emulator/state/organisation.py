"""The organisation: everything that the emulator remembers, in one place."""

import random
import time
import uuid
from collections import defaultdict
from dataclasses import replace
from typing import Any

from emulator.state.clock import Clock, iso
from emulator.state.contacts import Contact, ContactStore, identifier
from emulator.state.conversations import Conversation, ConversationStore, Reply
from emulator.state.defaults import EXTERNAL_SOURCE_ID, EXTERNAL_SOURCE_NAME
from emulator.state.dnc import first_lists
from emulator.state.faults import FaultBook
from emulator.state.guide_contacts import GuideContact
from emulator.state.limits import RateWindow
from emulator.state.metrics import Metrics
from emulator.state.outbound import Outbound
from emulator.state.settings import Settings
from emulator.state.tokens import TokenStore
from emulator.state.truth import Person, Truth
from emulator.state.webhook_receiver import Receiver


class Organisation:
    """One Genesys Cloud organisation. `url` is where it is served, for the addresses in its answers."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.start_settings = settings or Settings()
        self.url = ""
        self.reset()

    def reset(self, *, keep_settings: bool = False) -> None:
        """Back to the state at the start: no contacts, no conversations, no truth, no tokens."""
        settings = self.settings if keep_settings else self.start_settings
        self.clock = Clock()
        self.chance = random.Random(settings.seed)
        self.contacts = ContactStore(self.new_id)
        self.conversations = ConversationStore(self.new_id)
        self.sources = {EXTERNAL_SOURCE_ID: {"name": EXTERNAL_SOURCE_NAME, "active": True}}
        self.guide_contacts: dict[str, GuideContact] = {}
        self.dnc = first_lists()
        self.outbound = Outbound(settings.seed)
        self.tokens = TokenStore()
        self.truth = Truth()
        self.receiver = Receiver()
        self.metrics = Metrics()
        self.creations = RateWindow()
        self.sender_rates: defaultdict[str, RateWindow] = defaultdict(RateWindow)
        self.associations: list[tuple[float, str, str | None]] = []
        self.configure(settings)

    def configure(self, settings: Settings) -> None:
        """Put settings in force. Faults count their calls anew."""
        self.settings = settings
        self.clock.skew = settings.clock_skew_seconds
        self.faults = FaultBook(settings.faults, settings.seed)
        self.opted_out = frozenset(settings.opted_out)
        self.receiver.configure(settings.webhook_secrets, settings.webhook_answers, settings.seed)

    def exceeds_rate(self, sender: str) -> bool:
        """Whether one more message is more than the sender's carrier lets through; it is counted if not."""
        allowed = self.settings.senders_per_minute.get(sender)
        if allowed is None:
            return False
        kind, seconds = self.settings.window, self.settings.window_seconds
        return not self.sender_rates[sender].take(time.monotonic(), int(allowed), seconds, kind)[0]

    def associate(self, conversation_id: str, genesys_id: str | None) -> None:
        """Have the conversation name this contact, or none, `association_seconds` from now."""
        self.associations.append(
            (self.now() + self.settings.association_seconds, conversation_id, genesys_id)
        )
        self.settle()

    def reply(self, conversation: Conversation, text: str, subject: str) -> Conversation:
        """The person writes: in this conversation, or in one that begins with it where that is set."""
        now = self.now()
        if self.settings.replies_begin_conversations:
            conversation = self._begin(conversation, now)
        written = Reply(self.new_id(), now, now + self.settings.reply_seconds, text, subject)
        conversation.replies.append(written)
        self.conversations.by_message[written.message_id] = conversation.conversation_id
        # From now on it has two addresses on each side.
        for address in (conversation.sender, conversation.address):
            self.conversations.index("address", address, conversation.conversation_id)
        return conversation

    def _begin(self, ours: Conversation, now: float) -> Conversation:
        kind = "Email" if ours.media == "email" else "Phone"
        owner = self.contacts.owner(identifier(kind, ours.address))
        begun = replace(
            ours,
            conversation_id=self.new_id(),
            start=now,
            connects=now,
            ends=now + self.settings.message_seconds,
            sender=ours.address,
            address=ours.sender,
            genesys_id=owner.genesys_id if owner else None,
            message_id="",
            failure=None,
            attributes={},
            inbound=True,
            replies=[],
        )
        self.conversations.add(begun)
        return begun

    def settle(self) -> None:
        """Do what was asked for and is due by now: an association is asynchronous (fact sheet 3.2)."""
        if not self.associations:
            return
        now = self.now()
        due = [each for each in self.associations if each[0] <= now]
        self.associations = [each for each in self.associations if each[0] > now]
        for _, key, genesys_id in due:
            self.conversations.by_id[key].genesys_id = genesys_id
            if genesys_id:
                self.conversations.index("person", genesys_id, key)
                self.truth.associate(key, self.person(genesys_id))

    def new_id(self) -> str:
        """A UUID from the organisation's seed."""
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def now(self) -> float:
        """The organisation's time, seconds since the epoch."""
        return self.clock.now()

    def stamp(self, seconds: float | None) -> str | None:
        """An instant as its answers write it, with the clock's skew."""
        return None if seconds is None else iso(seconds + self.clock.skew)

    def record(
        self,
        conversation: Conversation,
        channel: str,
        person: Person,
        content: dict[str, Any],
        *,
        at: float | None = None,
        addresses: tuple[str, str] | None = None,
    ) -> None:
        """Write down that the conversation reached a person.

        Unless said, at its start and between its addresses (to, from).
        """
        self.truth.record(
            conversation.start if at is None else at,
            "guide" if conversation.guide else "platform",
            channel,
            addresses or (conversation.address, conversation.sender),
            person,
            conversation.conversation_id,
            content,
            delivered=conversation.failure is None,
        )

    def person(self, genesys_id: str | None, channel: str = "", address: str = "") -> Person:
        """Who is contacted: the contact that the request names, else the one that owns the address."""
        contact = self.contacts.canonical(genesys_id) if genesys_id else None
        if contact is not None:
            return Person(external_id_of(contact), contact.genesys_id, "request")
        contact = self.contacts.owner(identifier("Email" if channel == "email" else "Phone", address))
        if contact is None:
            return Person(None, genesys_id)
        return Person(external_id_of(contact), contact.genesys_id, "address")


def external_id_of(contact: Contact) -> str | None:
    """The CRM's id of a contact: the first of its external ids."""
    entries = contact.fields.get("externalIds")
    return entries[0]["value"] if entries else None
