"""What a block's form refuses where it is typed, and what it takes in whatever form it was pasted."""

from __future__ import annotations

from contextvars import Context
from typing import Any
from uuid import uuid4

import pytest
from prefect.blocks.core import Block
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from pydantic import ValidationError

from blocks import ContactLedger, CrmWebhook, GenesysCredentials, Senders
from cli.processes import free_port
from outreach.errors import PrefectAway

SECRET = "whsec_" + "A" * 40
GOOD: dict[type[Block], dict[str, Any]] = {
    GenesysCredentials: {"client_id": "a-1", "client_secret": "geheim"},
    Senders: {},
    ContactLedger: {"url": "sqlite:///ledger.db"},
    CrmWebhook: {"url": "https://crm.example.com/hook", "signing_secret": SECRET},
}
WRONG: list[tuple[type[Block], str, Any]] = [
    *[(Senders, "sms_from", value) for value in ("13175550000", "", " ", "+1 317", "me", "+0123456789", 7)],
    *[(Senders, "email_from", value) for value in ("me", "", "me@", "@example.com", "a b@example.com")],
    *[(Senders, "voice_queue_id", value) for value in ("", "a b", "../x", "x" * 101)],
    *[(Senders, "chat_from", value) for value in ("", "a/b")],
    *[(Senders, "chat_type", value) for value in ("", "fax")],
    *[(Senders, "chat_template_id", value) for value in ("", "a b")],
    (Senders, "email_subject", "x" * 301),
    *[(GenesysCredentials, "client_id", value) for value in ("", " ", "a b", "a\nb")],
    *[(GenesysCredentials, "client_secret", value) for value in ("", "\n")],
    *[(GenesysCredentials, "region", value) for value in ("", "mars", "evil.com", "mypurecloud.de.evil.com")],
    *[
        (GenesysCredentials, field, value)
        for field in ("login_url", "api_url")
        for value in (
            "",
            "x",
            "http://127.0.0.1:x",
            "http://api.example.com",
            "https://u:p@h",
            "https://[::1",
        )
    ],
    *[(GenesysCredentials, "requests_per_minute", value) for value in (10**12, -1, "many", 1.5)],
    *[(GenesysCredentials, "creations_per_minute", value) for value in (10**12, -1)],
    *[(GenesysCredentials, "emails_per_minute", value) for value in (10**12, -1)],
    *[(GenesysCredentials, "tokens", value) for value in (0, 21, -1, "many", 1.5)],
    *[(Senders, f"{channel}_per_minute", -1) for channel in ("voice", "sms", "email", "chat")],
    (GenesysCredentials, "api", "soap"),
    *[
        (ContactLedger, "url", value)
        for value in (
            *("", "**********", "ledger.db", "sqlite://", "sqlite:///:memory:", "mysql://h/d", "x://h/d"),
            *("postgresql://h:port/d", "postgresql+nosuch://h/d", "oracle://h/d", "sqlite"),
        )
    ],
    *[(ContactLedger, "key", value) for value in ("", "short", " " * 20)],
    *[
        (CrmWebhook, "url", value)
        for value in ("", "x", "http://crm.example.com", "https://127.0.0.1/x", "ftp://h", "https://u:p@h/x")
    ],
    *[(CrmWebhook, "signing_secret", value) for value in ("", "geheim", "whsec_", "whsec_AAAA")],
    (CrmWebhook, "previous_secret", "geheim"),
]


@pytest.mark.parametrize(("block", "field", "value"), WRONG)
def test_a_slip_is_refused_where_it_is_typed(block: type[Block], field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        block(**{**GOOD[block], field: value})

    [problem] = refused.value.errors()
    assert problem["loc"] in ((field,), ())  # a webhook's URL is judged together with allow_private
    assert "geheim" not in str(refused.value)


@pytest.mark.parametrize(
    "region",
    ["eu-central-1", "eu_central_1", "mypurecloud.de", "https://api.mypurecloud.de", "acme.mypurecloud.de"],
)
def test_a_region_is_found_by_its_domain_too(region: str) -> None:
    assert GenesysCredentials(client_id="a", client_secret="b", region=region).region == "eu-central-1"


def test_what_comes_along_with_a_pasted_value_is_taken_off() -> None:
    pasted = GenesysCredentials(client_id=" a-1\n", client_secret="geheim\r\n")

    assert (pasted.client_id, pasted.client_secret.get_secret_value()) == ("a-1", "geheim")
    assert Senders(sms_from=" +13175550000 ").sms_from == "+13175550000"


def test_saving_without_prefects_server_is_said_in_a_sentence() -> None:
    def save() -> None:
        nobody = f"http://127.0.0.1:{free_port()}/api"
        with temporary_settings({PREFECT_API_URL: nobody, PREFECT_CLIENT_MAX_RETRIES: 0}):
            Senders(sms_from="+13175550100").save("default")

    with pytest.raises(PrefectAway, match="not saved: Prefect's server cannot be reached"):
        Context().run(save)  # the flows' tests have a client open, which would be asked


def test_a_secret_stays_one() -> None:
    assert "geheim" not in repr(GenesysCredentials(client_id="a", client_secret="geheim"))


def test_the_forms_say_what_they_ask_for() -> None:
    schema = str(Senders.model_json_schema()["properties"]["sms_from"])

    assert "pattern" in schema


@pytest.mark.parametrize(
    ("kind", "field", "secret"),
    [(ContactLedger, "key", "0123456789abcdef"), (CrmWebhook, "previous_secret", SECRET)],
)
def test_a_secret_that_may_be_missing_is_saved_as_it_is_and_not_as_asterisks(
    kind: type[Block], field: str, secret: str
) -> None:
    block = kind(**GOOD[kind], **{field: secret})

    saved = block._to_block_document("saved", uuid4(), uuid4(), include_secrets=True)

    assert saved.data[field] == secret
