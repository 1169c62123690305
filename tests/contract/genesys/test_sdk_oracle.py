"""Every platform request that our client makes is one that the official SDK could have made.

A campaign's whole life runs against the emulator while the requests are written down; then each must be an
operation of the SDK, use only its query names, and its body must survive the SDK's model unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import httpx
import orjson
import pytest

from emulator.state import defaults
from outreach.clock import SystemClock
from outreach.contacts import Channel
from outreach.errors import GenesysError
from outreach.genesys.http import client as funnel
from outreach.genesys.http.exchange import Transport, exchange
from outreach.genesys.interface import Registered
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.organization import read_limits
from outreach.genesys.senders import Senders
from outreach.http_connection import PlainRequest
from tests.support import sdk_oracle
from tests.support.clients import NOW, SENDERS, contact, engagement, open_at, told
from tests.support.clients import start as contact_by
from tests.support.emulation import emulator_thread

WHATSAPP = replace(
    SENDERS,
    chat_from=defaults.WHATSAPP_INTEGRATION_ID,
    chat_type="whatsapp",
    chat_template_id="0e6e1b0a-0009-4000-8000-000000000001",
    chat_template_parameter="1",
)
WEB = replace(SENDERS, chat_from=defaults.WEB_DEPLOYMENT_ID, chat_type="webmessaging")


@dataclass(frozen=True)
class Written:
    """One request as our client made it."""

    method: str
    path: str
    query_names: frozenset[str]
    body: Any

    @property
    def title(self) -> str:
        return f"{self.method} {self.path}"


@pytest.fixture(scope="module")
def written() -> dict[str, Written]:
    """Every request of a whole life, by method and path."""
    seen: dict[str, Written] = {}

    def write(transport: Transport, request: PlainRequest, *rest: Any) -> Any:
        url, content = httpx.URL(bytes(request.url).decode()), b"".join(request.stream)
        one = Written(
            request.method.decode(), url.path, frozenset(url.params), orjson.loads(content or b"null")
        )
        seen[f"{one.title} {len(seen)}"] = one
        return exchange(transport, request, *rest)

    with pytest.MonkeyPatch.context() as patch, emulator_thread(index_delay_seconds=0) as genesys:
        patch.setattr(funnel, "exchange", write)
        for senders in (SENDERS, WHATSAPP, WEB):
            live(genesys.url, senders)
    return seen


def live(url: str, senders: Senders) -> None:
    with open_at(url, clock=SystemClock(), senders=senders) as genesys:
        assert isinstance(genesys, Platform)
        genesys.whoami()
        read_limits(genesys.connection)
        genesys.check_senders()
        people = [contact(number) for number in range(3)]
        if senders.chat_type == "whatsapp":
            channels = people[0].channels.model_copy(update={"chat": "+15551234567"})
            people = [contact(channels=channels)]
        registered = genesys.register(told(*people))[0]
        assert isinstance(registered, Registered)
        chat = "+15551234567" if senders.chat_type == "whatsapp" else "visitor-17"
        started = []
        for channel in Channel:
            address = {"address": chat} if channel is Channel.CHAT else {}
            one = engagement(channel, SystemClock().now(), genesys_id=registered.genesys_id, **address)
            try:
                started.append((contact_by(genesys, one).conversation_id, channel, one.attempt))
            except GenesysError as error:  # the emulator knows no such template, or a conversation goes on
                assert error.status in {400, 409}  # noqa: PT017  both are answers to a well-formed body
        genesys.find([attempt for _, _, attempt in started])
        genesys.find([replace(engagement(at=NOW).attempt, genesys_id=registered.genesys_id)])
        genesys.read([*(key for key, _, _ in started), "no-such-id"])
        for key, channel, _ in started:
            genesys.end(key, channel)
        genesys.list_do_not_contact()


def test_every_request_is_an_operation_of_the_sdk_with_its_query_names(written: dict[str, Written]) -> None:
    for request in written.values():
        if request.path.startswith("/api/v2/"):
            operation = sdk_oracle.find(request.method, request.path)
            assert request.query_names <= operation.query_names, request.title
            assert (request.body is None) == (operation.body is None), request.title


def test_every_body_survives_the_sdks_model_unchanged(written: dict[str, Written]) -> None:
    judged = set()
    for request in written.values():
        if request.body is not None:
            model = sdk_oracle.find(request.method, request.path).body
            assert model
            assert sdk_oracle.reload(request.body, model) == request.body, request.title
            judged.add(model)
    assert judged >= {
        "BulkContactsEnrichRequest",
        "BulkIdsRequest",
        "ExternalSource",
        "SendAgentlessOutboundMessageRequest",
        "AgentlessEmailSendRequestDto",
        "CreateCallbackCommand",
        "ConversationQuery",
        "Conversation",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"entities": [{"id": "1", "action": "Upsert", "contacts": {}}]},
        {"entities": [{"id": "1", "action": "Upsert", "contact": {"cellPhone": {"number": "+1"}}}]},
        {"entities": [{"id": "1", "action": "Replace"}]},
        {"entities": [{"id": 1, "action": "Upsert"}]},
    ],
)
def test_the_judge_sees_a_wrong_field_value_or_type(wrong: Any) -> None:
    assert sdk_oracle.reload(wrong, "BulkContactsEnrichRequest") != wrong


def test_every_operation_that_the_life_can_make_was_made(written: dict[str, Written]) -> None:
    made = {
        sdk_oracle.find(request.method, request.path).name
        for request in written.values()
        if request.path.startswith("/api/v2/")
    }
    assert made == {
        "get_organizations_me",
        "get_organizations_limits_namespace",
        "get_routing_queues",
        "get_routing_sms_phonenumbers",
        "get_routing_email_outbound_domains",
        "get_conversations_messaging_integrations",
        "get_externalcontacts_externalsources",
        "post_externalcontacts_externalsources",
        "post_externalcontacts_bulk_contacts_enrich",
        "post_externalcontacts_bulk_contacts",
        "post_conversations_messages_agentless",
        "post_conversations_emails_agentless",
        "post_conversations_callbacks",
        "post_analytics_conversations_details_query",
        "get_analytics_conversations_details",
        "get_conversation",
        "patch_conversations_message",
        "patch_conversations_email",
        "patch_conversations_callback",
        "get_outbound_dnclists",
        "post_outbound_dnclist_export",
        "get_outbound_dnclist_export",
        "get_download",
    }
