"""Conversations and their life, a pure function of the clock.

                 alerting_seconds          <media>_seconds
  scheduled --> alerting -----------> connected -----------> ended (disconnectType)
  (callbacks)                             `-- PATCH, disconnect or DELETE ends it at once
Agentless messages and e-mails are connected from the start.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

DISCONNECT_TYPES = {"message": "inactivity", "email": "system", "callback": "peer"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person wrote to us, shown from `shown` on."""

    message_id: str
    at: float
    shown: float
    text: str
    subject: str


@dataclass(slots=True)
class Conversation:
    """One conversation. Times are seconds since the epoch of the organisation's clock; inf means never."""

    conversation_id: str
    media: str
    start: float
    connects: float
    ends: float
    sender: str
    address: str
    disconnect_type: str
    message_type: str = ""
    alerts: float = 0.0
    genesys_id: str | None = None
    text: str = ""
    subject: str = ""
    message_id: str = ""
    queue_id: str | None = None
    failure: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    external_tag: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    guide: bool = False
    inbound: bool = False
    """Whether the person began it: then they are its sender, and the address is ours."""
    replies: list[Reply] = field(default_factory=list)

    def replies_at(self, now: float) -> list[Reply]:
        """What the person wrote, as far as it is shown."""
        return [reply for reply in self.replies if reply.shown <= now]

    def state(self, now: float) -> str:
        """scheduled, alerting, connected or disconnected."""
        if now >= self.ends:
            return "disconnected"
        if now >= self.connects:
            return "connected"
        return "alerting" if now >= self.alerts else "scheduled"

    def end_time(self, now: float) -> float | None:
        """When it ended, None while it goes on."""
        return self.ends if now >= self.ends else None

    def end(self, now: float, disconnect_type: str) -> None:
        """End it now, unless it has ended."""
        if now < self.ends:
            self.ends = now
            self.disconnect_type = disconnect_type


class ConversationStore:
    """All conversations, with indexes for the searches that a campaign makes."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.new_id = new_id
        self.by_id: dict[str, Conversation] = {}
        self.by_message: dict[str, str] = {}
        self._by_pair: dict[tuple[str, str], str] = {}
        self._by_value: dict[tuple[str, str], list[str]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self.by_id)

    def add(self, conversation: Conversation) -> None:
        """Keep a conversation and index it."""
        key = conversation.conversation_id
        self.by_id[key] = conversation
        if conversation.media == "message":
            self._by_pair[conversation.sender, conversation.address] = key
        if conversation.message_id:
            self.by_message[conversation.message_id] = key
        self.index("address", conversation.address, key)
        if conversation.genesys_id:
            self.index("person", conversation.genesys_id, key)
        for name, value in conversation.attributes.items():
            self.index(f"attribute.{name}", value, key)

    def index(self, kind: str, value: str, conversation_id: str) -> None:
        """Make a conversation findable by a value: `address`, `person` or `attribute.<name>`."""
        keys = self._by_value[kind, value]
        if conversation_id not in keys[-1:]:
            keys.append(conversation_id)

    def with_value(self, kind: str, value: str) -> Iterator[Conversation]:
        """Conversations that had this value at some time; check them again."""
        return (self.by_id[key] for key in self._by_value.get((kind, value), ()))

    def connected_between(self, sender: str, address: str, now: float) -> Conversation | None:
        """The message conversation that goes on between two addresses."""
        key = self._by_pair.get((sender, address))
        conversation = self.by_id[key] if key is not None else None
        return conversation if conversation is not None and now < conversation.ends else None

    def active(self, now: float) -> int:
        """How many go on."""
        return sum(1 for conversation in self.by_id.values() if now < conversation.ends)


NEVER = math.inf
