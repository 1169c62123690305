"""What a row says no to, whichever way it was read."""

from __future__ import annotations

import pytest

from outreach.channels import Channel
from outreach.sources.opening import open_source
from outreach.sources.refusal import Refusal, named_in

ROW: dict[str, object] = {
    "external_contact_id": "C-1",
    "name": "A",
    "sms": "+13175550001",
    "email": "a@example.com",
}


@pytest.mark.parametrize("more", [{}, {"Notes": "tall"}, {"time_zone": "Mars/Olympus"}])
@pytest.mark.parametrize(
    ("no", "refusal"),
    [
        ({"consent.sms": "no"}, Refusal("sms", ("+13175550001",))),
        ({"consent.email": "no"}, Refusal("email", ("a@example.com",))),
        (
            {"consent.sms": "no", "consent.email": "no"},
            Refusal("email sms", ("+13175550001", "a@example.com")),
        ),
        ({"opt_out": "yes"}, Refusal("", ("+13175550001", "a@example.com"))),
        ({"opt_out.voice": "yes"}, Refusal("voice", ("+13175550001",))),
        ({"consent.sms": "yes"}, None),
        ({}, None),
    ],
)
def test_a_row_refuses_its_addresses_on_the_channels_that_it_names(
    no: dict[str, object], refusal: Refusal | None, more: dict[str, object]
) -> None:
    [row] = open_source([{**ROW, **no, **more}]).rows()

    assert row.refusal == refusal


def test_no_name_is_every_channel() -> None:
    assert named_in("") == frozenset(Channel)
    assert named_in("email sms") == {Channel.EMAIL, Channel.SMS}
