"""What is sent on each channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contacts import Channel, Channels, Contact
from outreach.errors import Invalid
from outreach.genesys.interface import Attempt, Engagement, Letter
from outreach.genesys.platform.sending import LONGEST_SUBJECT, printable, write_call, write_subject
from outreach.genesys.senders import Senders

SENDERS = Senders("+13175550100", "hello@acme.com", "News", "queue-1", "integration-1")
REFERENCE = "0a1b2c3d4e5f6a7b"


def engage(
    channel: Channel,
    address: str = "+15551234567",
    message: str = "Hi",
    name: str = "Ann Lee",
    extension: str = "",
) -> Engagement:
    at = datetime(2026, 3, 4, 15, 0, tzinfo=timezone.utc)
    attempt = Attempt(REFERENCE, "A1", "g-1", channel, address, at)
    metadata = {"extension": extension} if extension else {}
    contact = Contact(external_contact_id="A1", name=name, channels=Channels(chat="x"), metadata=metadata)
    return Engagement(attempt, contact, message)


def body(channel: Channel, senders: Senders = SENDERS, **parts: str) -> dict[str, Any]:
    return write_call(engage(channel, **parts), senders).body


def test_a_callback_tells_the_agent_the_extension_and_a_message_does_not() -> None:
    assert body(Channel.VOICE, extension="136")["data"]["extension"] == "136"
    assert "extension" not in body(Channel.VOICE)["data"]
    assert "extension" not in str(body(Channel.SMS, extension="136"))


def test_a_callback_carries_our_reference_in_its_data() -> None:
    assert body(Channel.VOICE)["data"]["attempt"] == REFERENCE


def test_an_email_carries_our_reference_in_its_subject() -> None:
    sent = body(Channel.EMAIL, address="a@b.example")

    assert sent["subject"] == f"News [{REFERENCE}]"
    assert len(sent["toAddresses"]) == 1


def test_a_long_subject_is_cut_and_keeps_the_reference() -> None:
    subject = write_subject("x" * 1000, REFERENCE)

    assert len(subject) == LONGEST_SUBJECT
    assert subject.endswith(f"[{REFERENCE}]")


def test_an_email_has_what_its_letter_says_and_no_header_of_a_line_break() -> None:
    letter = Letter("For\nAnn", "<p>Hi</p>", "reply@x.example", "We\r\nBcc: all")
    engaged = replace(engage(Channel.EMAIL, address="a@b.example"), letter=letter)
    sent = write_call(engaged, SENDERS).body

    assert sent["subject"] == f"For Ann [{REFERENCE}]"
    assert sent["fromAddress"] == {"email": "hello@acme.com", "name": "We Bcc: all"}
    assert (sent["replyToAddress"], sent["htmlBody"]) == ({"email": "reply@x.example"}, "<p>Hi</p>")
    plain = body(Channel.EMAIL, address="a@b.example")
    assert {"replyToAddress", "htmlBody"}.isdisjoint(plain)


def test_an_sms_never_barges_into_a_conversation_that_goes_on() -> None:
    assert "useExistingActiveConversation" not in body(Channel.SMS)


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.CHAT])
def test_a_message_to_oneself_which_has_no_contact_names_none(channel: Channel) -> None:
    engaged = engage(channel)
    engaged.attempt.genesys_id = ""

    assert "externalContactId" not in write_call(engaged, SENDERS).body


def test_whatsapp_takes_no_plus_no_contact_id_and_a_template() -> None:
    senders = replace(SENDERS, chat_type="whatsapp", chat_template_id="t-1", chat_template_parameter="1")

    assert body(Channel.CHAT, senders) == {
        "fromAddress": "integration-1",
        "toAddressMessengerType": "whatsapp",
        "toAddress": "15551234567",
        "messagingTemplate": {"responseId": "t-1", "bodyParameters": [{"id": "1", "value": "Hi"}]},
    }


def test_webmessaging_takes_the_contact_and_no_address() -> None:
    sent = body(Channel.CHAT, replace(SENDERS, chat_type="webmessaging"))

    assert sent["externalContactId"] == "g-1"
    assert "toAddress" not in sent


@pytest.mark.parametrize(
    ("channel", "senders", "parts", "code"),
    [
        (Channel.SMS, SENDERS, {"message": "x" * 766}, "message_too_long"),
        (Channel.CHAT, SENDERS, {"message": "x" * 2001}, "message_too_long"),
        (Channel.CHAT, replace(SENDERS, chat_type="whatsapp"), {}, "no_template"),
        *((channel, Senders(), {}, "no_sender") for channel in Channel),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    channel: Channel, senders: Senders, parts: dict[str, str], code: str
) -> None:
    with pytest.raises(Invalid) as caught:
        write_call(engage(channel, **parts), senders)

    assert caught.value.code == code


@given(name=st.text(min_size=1, max_size=40), message=st.text(max_size=60))
def test_no_name_or_message_leaves_its_place_in_the_json(name: str, message: str) -> None:
    for channel in Channel:
        call = write_call(engage(channel, name=name, message=message), SENDERS)
        encodable = orjson.dumps(printable(name)) and not any(
            0xD800 <= ord(c) <= 0xDFFF for c in name + message
        )
        if encodable:
            assert orjson.loads(orjson.dumps(call.body)) == call.body
        assert call.path.startswith("/api/v2/conversations/")


@given(st.text())
def test_what_may_become_a_header_there_has_no_control_characters(value: str) -> None:
    assert not [letter for letter in printable(value) if not letter.isprintable()]
