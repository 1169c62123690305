"""Any JSON, any status, truncated or not: always one of our errors or values, never another exception."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.contacts import Channels, Contact
from outreach.errors import Ambiguous, GenesysError, Refused
from outreach.genesys.http import error_mapping
from outreach.genesys.http.call_outcome import Outcome, of_status
from outreach.genesys.http.untrusted_json import as_mapping
from outreach.genesys.interface import NotRegistered, Registered
from outreach.genesys.platform import conversations, enrichment, sending
from tests.support.answers import received
from tests.support.fuzzing import tries

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        "message",
        "code",
        "status",
        "contextId",
        "messageParams",
        "error",
        "errors",
        "details",
        "entities",
        "results",
        "id",
        "entity",
        "success",
        "conversationId",
        "conversation",
        "conversationStart",
        "participants",
        "sessions",
        "segments",
        "messages",
        "errorInfo",
        "attributes",
        "startTime",
        "endTime",
        "calls",
        "retryable",
        "cellPhone",
        "e164",
        "canonicalContact",
        "mergeSet",
    ]
)

SHAPED: st.SearchStrategy[Any] = st.recursive(
    JSON, lambda inner: st.dictionaries(KEYS, inner, max_size=5) | st.lists(inner, max_size=3), max_leaves=20
)


@settings(max_examples=tries(200), suppress_health_check=[HealthCheck.too_slow])
@given(
    status=st.integers(300, 999) | st.integers(100, 199),
    content=st.binary(max_size=200) | SHAPED.map(orjson.dumps),
    headers=st.dictionaries(
        st.sampled_from(["retry-after", "ININ-Correlation-Id", "Genesys-Correlation-Id", "date"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
    ),
    broken=st.sampled_from(["", "truncated"]),
)
def test_any_answer_becomes_one_of_our_errors(
    status: int, content: bytes, headers: dict[str, str], broken: str
) -> None:
    error = error_mapping.from_answer("start sms", received(status, content, headers, broken), NOW)

    assert isinstance(error, (Refused, Ambiguous))
    unknown = of_status(status, retry_after="retry-after" in headers) is Outcome.UNKNOWN
    assert isinstance(error, Ambiguous) == unknown
    assert isinstance(error_mapping.login_failed(received(status, content, headers), NOW), GenesysError)


@settings(max_examples=tries(150))
@given(SHAPED)
def test_any_json_can_be_read_as_any_answer(body: Any) -> None:
    contact = Contact(external_contact_id="A1", name="A", channels=Channels(sms="+15551234567"))
    [result] = enrichment.read_results([contact], body, "")
    assert isinstance(result, (Registered, NotRegistered))
    assert isinstance(sending.read_conversation_id(body), str)
    conversations.from_analytics(as_mapping(body))
    conversations.from_conversation(body)
    conversations.attributes_of(body, "attempt")
