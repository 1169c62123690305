"""The published platform API v2 behind the interface (platform fact sheet, sections 3 to 6)."""

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from outreach.chunks import cut
from outreach.contacts import Channel, Contact
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.creating_call import CreatingCall
from outreach.genesys.http.untrusted_json import read_list
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
)
from outreach.genesys.one_by_one import read_each
from outreach.genesys.platform import (
    do_not_contact,
    enrichment,
    links,
    lookup,
    organization,
    own_conversations,
    replies,
    sending,
)
from outreach.genesys.platform.campaigns import PlatformEngine
from outreach.genesys.platform.conversations import FAILED_DELIVERIES, from_analytics, from_conversation
from outreach.genesys.platform.external_source import ExternalSource
from outreach.genesys.platform.media import medium_of
from outreach.genesys.platform.senders import check_senders
from outreach.genesys.senders import Senders, budget_of
from outreach.reachability import Availability, Inspection, OwnConversation

READ_AT_ONCE = 50
"""Conversations in one analytics read; their ids stand in the URL."""


class Platform:
    """`interface.Genesys` over the platform API. Safe for threads."""

    api: Literal["platform", "guide"] = "platform"
    bulk_size = enrichment.BULK_SIZE
    asks_to_inspect = False
    can_find = True

    def __init__(self, connection: Connection, senders: Senders) -> None:
        self.connection = connection
        self.senders = senders
        self._source = ExternalSource(connection)
        self.narrow_budgets = connection.narrow_budgets

    @property
    def engine(self) -> PlatformEngine | None:
        """Genesys' own engine; none where no sender of ours is set up for it."""
        engine = PlatformEngine(self.connection, self.senders)
        return engine if engine.channels else None

    @property
    def clock_skew(self) -> timedelta:
        """How far Genesys' clock is ahead of ours."""
        return self.connection.clock_skew

    def narrow_budget_of(self, contact: Contact, channel: Channel) -> str:
        """Which of them binds the call that contacts a person on a channel; "" for none."""
        if not self.narrow_budgets:
            return ""
        own = budget_of(channel, self.senders.choose(contact, channel) or "")
        return next((name for name in (own, f"start {channel}") if name in self.narrow_budgets), "")

    def give_up(self) -> None:
        """Nobody waits for a turn any more."""
        self.connection.give_up()

    def register(
        self, people: Sequence[tuple[Contact, str]], *, priority: int = 0
    ) -> list[Registered | NotRegistered]:
        """Upsert up to ten contacts in one request; one that is turned down is split to find the culprit."""
        if not people:
            return []
        contacts = [contact for contact, _ in people]
        path = "/api/v2/externalcontacts/bulk/contacts/enrich"
        body = enrichment.write_requests(contacts, self._source.id(), self.senders)
        try:
            answer = self.connection.request("register", "POST", path, json=body, priority=priority)
        except (Invalid, Conflict) as error:
            # A bulk that is refused as a whole does not say for whom.
            if len(people) > 1:
                return [one for person in people for one in self.register([person], priority=priority)]
            return [_refused(contacts[0], error)]
        results = enrichment.read_results(contacts, answer.json, answer.correlation_id)
        enrichment.check_said(results)
        return results

    def inspect(self, contact: Contact, registered: Registered, *, priority: int = 0) -> Inspection:  # noqa: ARG002  the interface's
        """What the registration's answer said; nothing is asked again."""
        # No call tells of validation or channels (platform fact sheet 6): the stored contact does.
        return Inspection("passed", registered.availability)

    def check_senders(self) -> Availability:
        """Which channels our senders can serve."""
        return check_senders(self.connection, self.senders)

    def wait_for_turn(self, engagement: Engagement, *, priority: int = 0) -> CreatingCall:
        """The call that contacts the person, ready to leave."""
        channel = engagement.attempt.channel
        call = sending.write_call(engagement, self.senders)
        ready = self.connection.wait_for_turn(
            f"start {channel}",
            "POST",
            call.path,
            json=call.body,
            priority=priority,
            budget=budget_of(channel, call.sender),
        )
        return CreatingCall(self.connection, ready, functools.partial(sending.read_conversation_id, channel))

    def find(self, attempts: Sequence[Attempt]) -> dict[str, list[ConversationMatch]]:
        """Look for the conversations of attempts in doubt."""
        return lookup.find_conversations(self.connection, self.senders, attempts)

    def list_started(
        self, since: datetime, *, at_most: int | None = None
    ) -> tuple[list[OwnConversation], bool]:
        """What our senders started since, the newest first; and whether that is all."""
        return own_conversations.list_started(self.connection, self.senders, since, at_most=at_most)

    def read_texts(self, conversation_id: str) -> frozenset[str]:
        """What stands in a callback where our reference would."""
        return frozenset(lookup.read_attributes(self.connection, conversation_id))

    def read(self, conversation_ids: Sequence[str]) -> list[Conversation]:
        """What became of interactions: many at once, and one by one what that doesn't tell."""
        seen: list[Conversation] = []
        for wanted in cut(conversation_ids, READ_AT_ONCE):
            known = self._read_analytics(wanted)
            # Analytics does not always say why a message failed; the conversation names an opt-out.
            unsure = [key for key in wanted if key not in known or _may_say_more(known[key])]
            known |= read_each(unsure, self._read_one, others_shown=bool(known))
            seen += [known[key] for key in wanted if key in known]
        return seen

    def find_canonical(self, genesys_ids: Collection[str]) -> Mapping[str, tuple[str, frozenset[str]]]:
        """Of contacts that were merged since: the id that leads there today, and all ids of the person."""
        return links.find_canonical(self.connection, genesys_ids)

    def link(self, conversation: Conversation, genesys_id: str, channel: Channel) -> None:
        """Ask that a conversation names a contact."""
        links.link(self.connection, conversation, genesys_id, channel)

    def list_inbound(
        self, since: datetime, until: datetime, *, skip: int
    ) -> Iterator[InboundConversation | None]:
        """Where people wrote to our senders, the oldest first, without the first ones."""
        return replies.list_inbound(self.connection, self.senders, since, until, skip=skip)

    def read_inbound(
        self, conversation_id: str, *, is_email: bool, known: Collection[str]
    ) -> list[InboundMessage]:
        """What people wrote in a conversation, the oldest first."""
        return replies.read_inbound(
            self.connection, self.senders, conversation_id, is_email=is_email, known=known
        )

    def end(self, conversation_id: str, channel: Channel) -> None:
        """Disconnect it. One that has ended already, or is gone, is fine."""
        path = f"{medium_of(channel).path}/{quoted(conversation_id)}"
        try:
            self.connection.request("end conversation", "PATCH", path, json={"state": "disconnected"})
        except (Invalid, Conflict, NotFound):  # it may have ended just now, as was wanted
            found = self._read_one(conversation_id)
            if found is not None and found.ended_at is None:
                raise

    def list_do_not_contact(self) -> list[DoNotContactList]:
        """The internal DNC lists."""
        return do_not_contact.fetch_lists(self.connection)

    def whoami(self) -> Identity:
        """The organisation behind the token."""
        return organization.read_identity(self.connection)

    def _read_analytics(self, conversation_ids: Sequence[str]) -> dict[str, Conversation]:
        params = {"id": ",".join(conversation_ids)}
        path = "/api/v2/analytics/conversations/details"
        try:
            body = self.connection.request("read conversations", "GET", path, params=params).json
        except (Forbidden, NotFound, Invalid):  # without analytics each is read by itself
            return {}
        shown = map(from_analytics, read_list(body, "conversations"))
        return {found.conversation_id: found for found in shown if found}

    def _read_one(self, conversation_id: str) -> Conversation | None:
        path = f"/api/v2/conversations/{quoted(conversation_id)}"
        try:
            return from_conversation(self.connection.request("read conversation", "GET", path).json)
        except NotFound:
            return None


def _may_say_more(found: Conversation) -> bool:
    return found.delivery in FAILED_DELIVERIES and not found.opted_out


def _refused(contact: Contact, error: Invalid | Conflict) -> NotRegistered:
    reason = f"Genesys does not accept it ({error.status} {error.code})."
    # 409 speaks of the state of this moment (platform fact sheet 2.1), so it may pass.
    retryable = isinstance(error, Conflict)
    return NotRegistered(contact.external_contact_id, error.code, reason, retryable, error.correlation_id)
