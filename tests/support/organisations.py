"""A Genesys organisation in memory, for tests of the core: a small program with a truth of its own."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import ClassVar, Literal

from outreach.contacts import Channel, Contact
from outreach.errors import GenesysError, Invalid
from outreach.genesys.interface import (
    Attempt,
    Conversation,
    ConversationMatch,
    DoNotContactList,
    Engagement,
    Identity,
    InboundConversation,
    InboundMessage,
    NotRegistered,
    Registered,
    Started,
)
from outreach.reachability import AVAILABLE, Availability, Inspection, OwnConversation

Fault = Callable[[Engagement], GenesysError | None]


@dataclass(frozen=True)
class Ready:
    """A call to be sent."""

    organisation: Organisation
    engagement: Engagement

    def send(self) -> Started:
        return self.organisation.start(self.engagement)


class Organisation:
    """Registers everybody, starts what it is asked to, and remembers whom it really contacted.

    `answers` are used up call by call: an error is raised instead of the answer; with `after_effect` the
    person was contacted all the same.
    """

    api: Literal["platform", "guide"] = "platform"
    bulk_size = 10
    asks_to_inspect = True
    can_find = True
    clock_skew = timedelta()
    narrow_budgets: ClassVar[Mapping[str, float]] = {}

    def __init__(self) -> None:
        self.contacted: list[Engagement] = []
        self.conversations: dict[str, Attempt] = {}
        self.registered: Counter[str] = Counter()
        self.refuses: dict[str, NotRegistered] = {}
        self.inspections: dict[str, Inspection] = {}
        self.answers: deque[tuple[GenesysError | None, bool]] = deque()
        self.ended: set[str] = set()
        self.visible = True
        self.organization_id = "o-1"
        self.lists: list[DoNotContactList] = []
        self.merged: dict[str, str] = {}
        self.links: list[tuple[str, str]] = []
        self.refuses_link: GenesysError | None = None
        self.inbound: list[InboundConversation] = []
        self.written: dict[str, list[InboundMessage]] = {}
        self.looks_for_replies = 0
        self.takes_places = True
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def will(self, error: GenesysError | None, *, after_effect: bool = False, times: int = 1) -> None:
        """Queue the next answers to `start`."""
        self.answers.extend([(error, after_effect)] * times)

    def narrow_budget_of(self, contact: Contact, channel: Channel) -> str:
        return ""

    def give_up(self) -> None:
        """Nobody waits here."""

    def register(
        self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
    ) -> list[Registered | NotRegistered]:
        return [self._register(contact) for contact, _ in people]

    def _register(self, contact: Contact) -> Registered | NotRegistered:
        name = contact.external_contact_id
        self.registered[name] += 1
        if name in self.refuses:
            return self.refuses[name]
        availability = dict.fromkeys(contact.channels.present(), AVAILABLE)
        return Registered(name, f"g-{name}", "created", availability)

    def inspect(self, contact: Contact, registered: Registered, *, priority: int = 0) -> Inspection:
        usual = Inspection("passed", registered.availability)
        return self.inspections.get(contact.external_contact_id, usual)

    def check_senders(self) -> Availability:
        return dict.fromkeys(Channel, AVAILABLE)

    def wait_for_turn(self, engagement: Engagement, *, priority: int = 0) -> Ready:
        return Ready(self, engagement)

    def start(self, engagement: Engagement) -> Started:
        with self._lock:
            error, effect = self.answers.popleft() if self.answers else (None, True)
            if error is not None and not effect:
                raise error
            conversation_id = f"c-{next(self._numbers)}"
            self.contacted.append(engagement)
            self.conversations[conversation_id] = engagement.attempt
            if error is not None:
                raise error
        return Started(conversation_id, 1.0, "correlation")

    @property
    def reached(self) -> list[str]:
        """The addresses of whom it really contacted."""
        return sorted(made.attempt.address for made in self.contacted)

    def find(self, attempts: Sequence[Attempt]) -> dict[str, list[ConversationMatch]]:
        seen = self.conversations.items() if self.visible else ()
        return {
            attempt.reference: [
                ConversationMatch(conversation_id, known.at, certain=True)
                for conversation_id, known in seen
                if known.reference == attempt.reference
            ]
            for attempt in attempts
        }

    def read(self, conversation_ids: Sequence[str]) -> list[Conversation]:
        return [
            Conversation(
                conversation_id,
                self.conversations[conversation_id].at,
                None,
                datetime.now(timezone.utc) if conversation_id in self.ended else None,
                "peer" if conversation_id in self.ended else "",
                contact_ids=frozenset({self.conversations[conversation_id].genesys_id}),
            )
            for conversation_id in conversation_ids
            if conversation_id in self.conversations
        ]

    def end(self, conversation_id: str, channel: Channel) -> None:
        self.ended.add(conversation_id)

    def find_canonical(self, genesys_ids: Collection[str]) -> dict[str, tuple[str, frozenset[str]]]:
        return {old: (new, frozenset({old, new})) for old, new in self.merged.items() if old in genesys_ids}

    def link(self, conversation: Conversation, genesys_id: str, channel: Channel) -> None:
        self.links.append((conversation.conversation_id, genesys_id))
        if self.refuses_link:
            raise self.refuses_link

    def list_inbound(
        self, since: datetime, until: datetime, *, skip: int
    ) -> Iterator[InboundConversation | None]:
        self.looks_for_replies += 1
        if since >= until or (skip and not self.takes_places):  # as Genesys does
            raise Invalid("find replies", 400, "invalid.date")
        return iter(self.inbound[skip:])

    def read_inbound(
        self, conversation_id: str, *, is_email: bool, known: Collection[str]
    ) -> list[InboundMessage]:
        return [each for each in self.written.get(conversation_id, ()) if each.message_id not in known]

    def whoami(self) -> Identity:
        return Identity(self.organization_id, "", "US")

    def list_do_not_contact(self) -> list[DoNotContactList]:
        return self.lists

    def list_started(
        self, since: datetime, *, at_most: int | None = None
    ) -> tuple[list[OwnConversation], bool]:
        """Newest first, each with the reference where its channel carries one."""
        seen = self.conversations.items() if self.visible else ()
        found = [_own(name, attempt) for name, attempt in seen if attempt.at >= since]
        return sorted(found, key=lambda own: own.started_at, reverse=True), self.can_find

    def read_texts(self, conversation_id: str) -> frozenset[str]:
        return frozenset({self.conversations[conversation_id].reference})


def _own(conversation_id: str, attempt: Attempt) -> OwnConversation:
    texts = {f"A message [{attempt.reference}]"} if attempt.channel is Channel.EMAIL else set[str]()
    addresses, ids = frozenset({attempt.address}), frozenset({attempt.genesys_id})
    return OwnConversation(conversation_id, attempt.at, attempt.channel, addresses, ids, frozenset(texts))


class FarOrganisation(Organisation):
    """Takes half a second for what a test has it take long for, and knows how many waited at once."""

    def __init__(self) -> None:
        super().__init__()
        self.in_the_air = self.most_in_the_air = 0

    def be_far(self, crowd: int = 0) -> None:
        """Half a second, and until so many have waited at once: a busy machine starts threads slowly."""
        with self._lock:
            self.in_the_air += 1
            self.most_in_the_air = max(self.most_in_the_air, self.in_the_air)
        time.sleep(0.5)
        until = time.monotonic() + 20
        while self.most_in_the_air < crowd and time.monotonic() < until:
            time.sleep(0.05)
        with self._lock:
            self.in_the_air -= 1
