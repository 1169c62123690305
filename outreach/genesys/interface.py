"""What both wire formats offer: register, inspect, start, find, read, link, end. All else speaks this."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from outreach.contacts import Channel, Contact
from outreach.reachability import Availability, Inspection, OwnConversation

PAGE = 100
"""Conversations that one request shows at the most (platform fact sheet 5.3)."""

# With every wait and time-out used up, `start` takes about 17 minutes (docs/genesys.md).
WINDOW = timedelta(minutes=20)
"""How long after its intent an attempt may still reach Genesys: it waits for the budget, it is repeated."""


@dataclass(slots=True)
class Registered:
    """A contact that Genesys knows. `status`: created, updated or exists."""

    external_contact_id: str
    genesys_id: str
    status: Literal["created", "updated", "exists"]
    availability: Availability = field(default_factory=dict)
    """What the answer itself said of the channels, so that nobody has to look again."""


@dataclass(frozen=True, slots=True)
class NotRegistered:
    """A contact that Genesys does not accept: a value, since a bad contact never stops a run."""

    external_contact_id: str
    code: str
    reason: str
    retryable: bool
    correlation_id: str = ""


@dataclass(slots=True)
class Attempt:
    """One try to contact one person, as the ledger's intent remembers it.

    `reference` is ours, 16 letters and digits, and travels wherever the channel can carry it. `at` is when
    the intent was committed, aware UTC. `is_marked`: the conversation carries the reference where its channel
    can, so that one without it is another's.
    """

    reference: str
    external_contact_id: str
    genesys_id: str
    channel: Channel
    address: str
    at: datetime
    is_marked: bool = True


@dataclass(frozen=True, slots=True)
class Letter:
    """What an e-mail has beside its text; "" for what it has not.

    `subject`: in place of the senders'. `carries_reference`: whether the subject ends in our reference.
    """

    subject: str = ""
    html: str = ""
    reply_to: str = ""
    sender_name: str = ""
    carries_reference: bool = True


@dataclass(slots=True)
class Engagement:
    """Everything that starting an interaction needs."""

    attempt: Attempt
    contact: Contact
    message: str
    letter: Letter = Letter()


@dataclass(slots=True)
class Started:
    """An interaction that exists. `latency_ms` is the measured time of the creating call."""

    conversation_id: str
    latency_ms: float
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class ConversationMatch:
    """A conversation that may be the one an attempt started; `certain` when it carries our reference."""

    conversation_id: str
    started_at: datetime
    certain: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """What became of an interaction. Times are aware UTC; `ended_at` is None while it lasts.

    `delivery` is Genesys' delivery status of the last message, lower case, "" where there is none; `failure`
    the code of why it did not arrive. `contact_ids` are whom it names, `communication_id` is what a link to a
    contact needs; `has_inbound`: the person wrote in it, as far as this look tells.
    """

    conversation_id: str
    started_at: datetime | None
    connected_at: datetime | None
    ended_at: datetime | None
    disconnect_type: str = ""
    delivery: str = ""
    opted_out: bool = False
    failure: str = ""
    contact_ids: frozenset[str] = frozenset()
    communication_id: str = ""
    has_inbound: bool = False


@dataclass(frozen=True, slots=True)
class InboundConversation:
    """A conversation in which somebody wrote to one of our senders. `addresses` are theirs, as Genesys spells
    them.
    """

    conversation_id: str
    started_at: datetime
    ended_at: datetime | None
    is_email: bool
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """What somebody wrote to us; `text` is theirs alone, and only ever in memory. "" where none is shown."""

    message_id: str
    at: datetime | None
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """The organisation that the token belongs to. `country` is where its national numbers are, "" unknown."""

    organization_id: str
    organization_name: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class DoNotContactList:
    """One list as its export has it: `content` is the file, None when it could not be had (`problem`).

    `size`: how many entries the list says it holds, None when it does not say. `holds_addresses`: False for
    a list of values of a column of the organisation's own.
    """

    list_id: str
    content: str | None
    size: float | None = None
    holds_addresses: bool = True
    problem: str = ""


class ReadyCall(Protocol):
    """The call that contacts one person: its turn has come, and nothing of it has left yet."""

    def send(self) -> Started:
        """Contact the person. Sent once; raises NotSent, Refused or Ambiguous."""


class Genesys(Protocol):
    """One organisation, over one of the two APIs. Safe for threads. Raises only GenesysError.

    `priority`: the lower number gets the budget first (the batch's number). What has a body here holds for an
    API that has no such call.
    """

    api: Literal["platform", "guide"]
    bulk_size: int
    """How many contacts one `register` call takes at the most."""
    asks_to_inspect: bool
    """Whether `inspect` asks Genesys, or knows already."""
    can_find: bool
    """Whether `find` can ever see anything; the guide API has no look-up."""

    @property
    def clock_skew(self) -> timedelta:
        """How far Genesys' clock is ahead of ours, by its last answer; zero before there is one."""

    @property
    def narrow_budgets(self) -> Mapping[str, float]:
        """What binds some creating calls more narrowly than the tokens, by name: how many a second."""
        return {}

    def narrow_budget_of(self, contact: Contact, channel: Channel) -> str:
        """Which of them binds the call that contacts a person on a channel; "" for none."""
        return ""

    def give_up(self) -> None:
        """Nobody waits for a turn any more: the run was stopped. Who does gets NotSent."""

    def register(
        self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
    ) -> list[Registered | NotRegistered]:
        """Make contacts known, each with what will be said to them, in their order. Safe to repeat."""

    def inspect(self, contact: Contact, registered: Registered, *, priority: int = 0) -> Inspection:
        """May and can this contact be reached? On the platform API this asks nothing again."""

    def check_senders(self) -> Availability:
        """Which channels our own numbers, addresses, queue and integration can serve. Cacheable."""

    def wait_for_turn(self, engagement: Engagement, *, priority: int = 0) -> ReadyCall:
        """Wait until the call that contacts the person may leave; nothing of it has left by then."""

    def find(self, attempts: Sequence[Attempt]) -> dict[str, list[ConversationMatch]]:
        """Look for the conversations of attempts in doubt: reference to what was seen, possibly nothing.

        Whose look was not complete is left out where nothing was seen.
        """
        return {attempt.reference: [] for attempt in attempts}

    def list_started(
        self, since: datetime, *, at_most: int | None = None
    ) -> tuple[list[OwnConversation], bool]:
        """What our senders started since, the newest first, asked with at most so many requests.

        Also whether that is all.
        """
        return [], False

    def read_texts(self, conversation_id: str) -> frozenset[str]:
        """What stands in a callback where our reference would; nothing where it is not shown."""
        return frozenset()

    def read(self, conversation_ids: Sequence[str]) -> list[Conversation]:
        """What became of interactions; ids that Genesys does not show (yet) are left out."""

    def find_canonical(self, genesys_ids: Collection[str]) -> Mapping[str, tuple[str, frozenset[str]]]:
        """Of contacts that were merged since: the id that leads there today, and all ids of the person."""
        return {}

    def link(self, conversation: Conversation, genesys_id: str, channel: Channel) -> None:
        """Ask that a conversation names a contact. Safe to repeat; the next reading shows whether it does."""

    def list_inbound(
        self, since: datetime, until: datetime, *, skip: int
    ) -> Iterator[InboundConversation | None]:
        """Where people wrote to our senders, the oldest first, without the first ones; None: nobody did.

        Asked for as they are taken, a request for 100.
        """
        return iter(())

    def read_inbound(
        self, conversation_id: str, *, is_email: bool, known: Collection[str]
    ) -> list[InboundMessage]:
        """What people wrote in a conversation, the oldest first, but for the messages that are `known`."""
        return []

    def end(self, conversation_id: str, channel: Channel) -> None:
        """End an interaction the normal way. Safe to repeat."""

    def whoami(self) -> Identity:
        """The organisation behind the token: what belongs to it is kept under its id."""

    def list_do_not_contact(self) -> list[DoNotContactList]:
        """The organisation's DNC lists with their entries as they are written."""
        return []
