"""Our signatures and those of the reference library, `standardwebhooks`, each verified by the other."""

from __future__ import annotations

import base64
import json
import random
from datetime import datetime, timedelta, timezone

import standardwebhooks
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.webhook import new_secret, sign, verify

NOW = datetime(2025, 11, 22, tzinfo=timezone.utc)


def test_the_reference_library_verifies_a_thousand_of_ours() -> None:
    dice = random.Random(7)
    now = int(datetime.now(timezone.utc).timestamp())
    for number in range(1000):
        secret, timestamp = new_secret(), now + dice.randrange(-200, 200)
        body = json.dumps(
            {"n": number, "text": chr(dice.randrange(0x20AC, 0xD7FF))}, ensure_ascii=False
        ).encode()
        signed = {
            "webhook-id": f"msg_{number}",
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secret, f"msg_{number}", timestamp, body),
        }
        assert standardwebhooks.Webhook(secret).verify(body, signed)["n"] == number


@settings(max_examples=1000, deadline=None)
@given(st.binary(min_size=24, max_size=64), st.dictionaries(st.text(), st.integers()), st.integers(-300, 300))
def test_ours_verifies_a_thousand_of_the_reference_library(
    key: bytes, content: dict[str, int], age: int
) -> None:
    body = json.dumps(content)
    secret = "whsec_" + base64.b64encode(key).decode()
    signed = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(NOW.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(secret).sign("msg_1", NOW, body),
    }
    assert verify(body, signed, secret, now=NOW + timedelta(seconds=age)) == content
