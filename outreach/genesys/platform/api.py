"""The published platform API v2 behind the interface (platform fact sheet, sections 3 to 6)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

from outreach.chunks import cut
from outreach.contacts import Channel, Contact
from outreach.errors import Conflict, Forbidden, Invalid, NotFound
from outreach.genesys.campaign_route import Pace
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import read_list
from outreach.genesys.interface import Conversation, Engagement, Genesys, NotRegistered, Registered
from outreach.genesys.platform import (
    do_not_contact,
    enrichment,
    links,
    lookup,
    matching,
    organization,
    replies,
    sending,
)
from outreach.genesys.platform.campaigns import CampaignRoute
from outreach.genesys.platform.conversations import FAILED_DELIVERIES, from_analytics, from_conversation
from outreach.genesys.platform.engine import can_send, describe_sender
from outreach.genesys.platform.media import medium_of
from outreach.genesys.platform.named import ExternalSource
from outreach.genesys.platform.senders import check_senders
from outreach.genesys.senders import Senders, budget_of
from outreach.genesys.wire_format import CreatingCall, WireFormat, turned_down
from outreach.reachability import Inspection

READ_AT_ONCE = 50
"""Conversations in one analytics read; their ids stand in the URL."""


class Platform(WireFormat):
    """`interface.Genesys` over the platform API. Safe for threads."""

    api: Literal["platform", "guide"] = "platform"
    bulk_size = enrichment.BULK_SIZE
    asks_to_inspect = False
    can_find = True
    understand = staticmethod(from_conversation)

    def __init__(self, connection: Connection, senders: Senders) -> None:
        super().__init__(connection)
        self.senders = senders
        self._source = ExternalSource(connection)
        self.narrow_budgets = connection.budgets.narrow
        # What modules of their own answer: `interface.Genesys` says what each is for.
        self.check_senders = partial(check_senders, connection, senders)
        self.find = partial(lookup.find_conversations, connection, senders)
        self.read_texts = partial(lookup.read_attributes, connection)
        self.list_started = partial(matching.list_started, connection, senders)
        self.find_canonical = partial(links.find_canonical, connection)
        self.link = partial(links.link, connection)
        self.list_inbound = partial(replies.list_inbound, connection, senders)
        self.read_inbound = partial(replies.read_inbound, connection, senders)
        self.list_do_not_contact = partial(do_not_contact.fetch_lists, connection)
        self.whoami = partial(organization.read_identity, connection)

    def narrow_budget_of(self, contact: Contact, channel: Channel) -> str:
        """Which of them binds the call that contacts a person on a channel; "" for none."""
        if not self.narrow_budgets:
            return ""
        own = budget_of(channel, self.senders.choose(contact, channel) or "")
        return next((name for name in (own, f"start {channel}") if name in self.narrow_budgets), "")

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
            return [turned_down(contacts[0], error)]
        results = enrichment.read_results(contacts, answer.json, answer.correlation_id)
        enrichment.check_said(results)
        return results

    def inspect(self, contact: Contact, registered: Registered, *, priority: int = 0) -> Inspection:  # noqa: ARG002  the interface's
        """What the registration's answer said; nothing is asked again."""
        # No call tells of validation or channels (platform fact sheet 6): the stored contact does.
        return Inspection("passed", registered.availability)

    def wait_for_turn(self, engagement: Engagement, *, priority: int = 0) -> CreatingCall:
        """The call that contacts the person, ready to leave."""
        channel, call = engagement.attempt.channel, sending.write_call(engagement, self.senders)
        budget = budget_of(channel, call.sender)
        ready = self.connection.wait_for_turn(
            f"start {channel}", "POST", call.path, json=call.body, priority=priority, budget=budget
        )
        return CreatingCall(self.connection, ready, sending.read_conversation_id)

    def read(self, conversation_ids: Sequence[str]) -> list[Conversation]:
        """What became of interactions: many at once, and one by one what that doesn't tell."""
        seen: list[Conversation] = []
        for wanted in cut(conversation_ids, READ_AT_ONCE):
            known = self._read_analytics(wanted)
            # Analytics does not always say why a message failed; the conversation names an opt-out.
            sure = {key for key, it in known.items() if it.opted_out or it.delivery not in FAILED_DELIVERIES}
            known |= self.read_each([key for key in wanted if key not in sure], others_shown=bool(known))
            seen += [known[key] for key in wanted if key in known]
        return seen

    def end(self, conversation_id: str, channel: Channel) -> None:
        """Disconnect it. One that has ended already, or is gone, is fine."""
        path = f"{medium_of(channel).path}/{quoted(conversation_id)}"
        self.disconnect(conversation_id, "PATCH", path, {"state": "disconnected"})

    def _read_analytics(self, conversation_ids: Sequence[str]) -> dict[str, Conversation]:
        params = {"id": ",".join(conversation_ids)}
        path = "/api/v2/analytics/conversations/details"
        try:
            body = self.connection.request("read conversations", "GET", path, params=params).json
        except (Forbidden, NotFound, Invalid):  # without analytics each is read by itself
            return {}
        shown = map(from_analytics, read_list(body, "conversations"))
        return {found.conversation_id: found for found in shown if found.conversation_id}


class Engine:
    """Genesys' own engine, as far as one of our senders can use it; `channels` are those it can send on."""

    def __init__(self, connection: Connection, senders: Senders) -> None:
        self._connection = connection
        self.senders = senders
        self.channels = tuple(channel for channel in Channel if can_send(senders, channel))

    def paces(self, channel: Channel) -> Mapping[str, Pace]:
        """Our senders of a channel, and how fast each may send: by its carrier, Genesys or a setting."""
        names = [each.name for each in self.senders.all_of(channel)]
        return {name: describe_sender(self.senders, channel, name).pace for name in names}

    def open_route(self, channel: Channel, sender: str) -> CampaignRoute:
        """The lists and campaigns of a sender; "" is the senders' own."""
        name = sender or self.senders.own(channel)[0] or ""
        return CampaignRoute(self._connection, describe_sender(self.senders, channel, name))


def find_engine(genesys: Genesys) -> Engine | None:
    """Genesys' own engine; none on the guide API, and where no sender of ours is set up for it."""
    engine = Engine(genesys.connection, genesys.senders) if isinstance(genesys, Platform) else None
    return engine if engine and engine.channels else None
