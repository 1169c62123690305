"""Whatever is sent: never a mistake of the emulator's own, always its envelope (issue 4, "It must show").

Each example is a batch of requests on one organisation, given to the application without a socket; sockets
have their own tests. 100 examples of 100 requests are the 10,000.
"""

from __future__ import annotations

import random
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.application import Application
from emulator.catalogue import GUIDE_OPERATIONS, PLATFORM_OPERATIONS
from emulator.http.messages import Request
from emulator.http.routing import Operation
from emulator.state import defaults
from emulator.state.organisation import Organisation
from emulator.state.settings import Settings
from tests.support.emulator_clients import SOURCE, details_query, sms, upsert

REQUESTS_AN_EXAMPLE = 100
EXAMPLES = 100
OPERATIONS = (*PLATFORM_OPERATIONS, GUIDE_OPERATIONS["POST", "/api/v2/conversations"])
SEEDS: tuple[dict[str, Any], ...] = (
    sms(),
    upsert(),
    {"entities": [upsert(), upsert(1)]},
    {**SOURCE, "type": "ExternalId", "value": "crm-0"},
    details_query("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", addressTo="x"),
    {"callbackNumbers": ["+14155550100"], "queueId": defaults.QUEUE_ID, "data": {"a": "b"}},
    {
        "senderType": "Outbound",
        "fromAddress": {"email": defaults.EMAIL_FROM},
        "toAddresses": [{"email": "a@example.com"}],
        "textBody": "x",
    },
    {"query": [{"type": "EXACT", "fields": ["participantData.a"], "value": "b"}]},
    {"changes": [{"field": "$.workEmail", "action": "Update", "value": "a@example.com"}]},
    {"contactIds": ["a", "b"], "valueOverride": {}},
    {"operation": {"simpleSearch": {"query": "", "ids": []}}},
    {"action": "Add", "phoneNumbers": ["+14155550100"], "expirationDateTime": "2999-01-01T00:00Z"},
    {"externalContactId": "x", "name": "Ada", "channels": {"sms": "+14155550100"}, "metadata": {"a": "b"}},
    {"contactId": "x", "type": "sms", "initialMessage": "", "metadata": {}},
    {"state": "disconnected"},
    {"externalTag": "x"},
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(
        ["and", "dimension", "matches", "+14155550100", "a@example.com", "disconnected", "Claim"]
    ),
)
JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def twisted(body: Any, chance: random.Random, values: list[Any], strength: float) -> Any:
    """The body with some parts replaced, dropped, added or doubled."""
    if chance.random() < strength:
        return chance.choice(values)
    if isinstance(body, dict):
        kept = {
            key: twisted(value, chance, values, strength)
            for key, value in body.items()
            if chance.random() > strength / 2
        }
        return kept | (
            {str(chance.choice(values)): chance.choice(values)} if chance.random() < strength else {}
        )
    if isinstance(body, list):
        several = body * (chance.choice((1, 2, 12)) if strength else 1)
        return [twisted(each, chance, values, strength) for each in several]
    return body


def address(operation: Operation, chance: random.Random, known: list[str]) -> str:
    """A path of the operation, with parameters that exist or don't, and a query now and then."""
    path = operation.template
    while "{" in path:
        start, end = path.index("{"), path.index("}")
        path = path[:start] + chance.choice([*known, "x", "%00", "a%2Fb", "é"]) + path[end + 1 :]
    names = (
        "pageSize",
        "pageNumber",
        "limit",
        "cursor",
        "id",
        "expand",
        "q",
        "lookupVal",
        "dryRun",
        "download",
    )
    query = "&".join(
        f"{chance.choice(names)}={chance.choice(['', '1', '-1', 'x', '99999999999', 'true'])}" for _ in "ab"
    )
    return f"{path}?{query}" if chance.random() < 0.4 else path


def bodies(chance: random.Random, values: list[Any]) -> bytes:
    kind = chance.random()
    if kind < 0.05:
        return chance.randbytes(chance.randrange(40))
    if kind < 0.15:
        return orjson.dumps(chance.choice(values))
    if kind < 0.2:
        return b"[" * 2000
    strength = chance.choice((0.0, 0.02, 0.1))
    return orjson.dumps(twisted(chance.choice(SEEDS), chance, values, strength))


def populate(application: Application, token: str) -> list[str]:
    """A contact and a conversation of every medium, so that there is something to find."""
    paths = {
        "externalcontacts/contacts/enrich": SEEDS[1],
        "conversations/messages/agentless": SEEDS[0],
        "conversations/callbacks": SEEDS[5],
        "conversations/emails/agentless": SEEDS[6],
    }
    for path, body in paths.items():
        headers = {"authorization": f"Bearer {token}"}
        response = application.answer(
            Request("POST", f"/api/v2/{path}", headers, orjson.dumps(body))
        ).response
        assert response is not None
        assert response.status < 300, path
    return [*application.org.contacts.by_id, *application.org.conversations.by_id] * 3


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), values=st.lists(JSON, min_size=3, max_size=12))
def test_ten_thousand_strange_requests_find_no_mistake(seed: int, values: list[Any]) -> None:
    chance = random.Random(seed)
    org = Organisation(Settings().merged({"requests_per_minute": None, "creations_per_minute": None}))
    application = Application(org)
    tokens = [org.tokens.issue("demo", api, org.now() + 1e6).value for api in ("platform", "guide")]
    known = [
        defaults.DNC_LIST_ID,
        defaults.EXTERNAL_SOURCE_ID,
        defaults.QUEUE_ID,
        *populate(application, tokens[0]),
    ]
    for _ in range(REQUESTS_AN_EXAMPLE):
        operation = chance.choice(OPERATIONS)
        token = chance.choice([*tokens * 5, "nothing"])
        request = Request(
            operation.method,
            address(operation, chance, known),
            {"authorization": f"Bearer {token}"},
            bodies(chance, values),
        )
        response = application.answer(request).response
        assert response is not None
        assert response.status < 500, (operation.name, request.body)
        known += [*list(org.contacts.by_id)[-2:], *list(org.conversations.by_id)[-2:]]
        if token in tokens and operation.name == "token.delete":
            tokens = [org.tokens.issue("demo", api, org.now() + 1e6).value for api in ("platform", "guide")]
        if response.status >= 400:
            envelope = orjson.loads(response.body)
            assert envelope["status"] == response.status
            assert envelope["code"]
            assert dict(response.headers)["ININ-Correlation-Id"] == envelope["contextId"]
