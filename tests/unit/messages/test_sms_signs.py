"""What an SMS costs, and what is made plain so that it costs less."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contacts import Channel, Channels, Contact
from outreach.messages.sms import dear_sign, list_replaced, make_plain, segments
from outreach.messages.wording import Said, Wording
from outreach.settings import CampaignSettings

TEXT = "Your appointment is at 3:30{}PM. " + "x" * 125


@pytest.mark.parametrize("blank", ["\u202f", "\u00a0", "\u2009", "\t"])
def test_a_blank_that_nobody_sees_is_a_plain_one_in_an_sms(blank: str) -> None:
    text = TEXT.format(blank)
    assert (segments(text), segments(make_plain(text, signs=False))) == (3, 1)


def test_typographic_signs_stay_unless_the_settings_say_plain() -> None:
    text = "We\u2019re \u2013 \u201ehere\u201c\u2026"
    assert make_plain(text, signs=False) == text
    assert make_plain(text, signs=True) == 'We\'re - "here"...'
    assert list_replaced(text, signs=True) == ["U+2019", "U+2013", "U+201E", "U+201C", "U+2026"]
    assert dear_sign(text) == "U+2019"


def test_a_decomposed_letter_is_one() -> None:
    assert make_plain("Ju\u0308rgen", signs=False) == "Jürgen"


@given(st.text(max_size=400))
def test_what_is_made_plain_is_never_dearer_unless_dots_are_written_out(text: str) -> None:
    assert segments(make_plain(text, signs=False)) <= segments(text)


def test_only_an_sms_is_made_plain() -> None:
    said = Wording(CampaignSettings(message="3:30\u202fPM"))
    who = Contact(
        external_contact_id="A", name="A", channels=Channels(sms="+13175550101", email="a@b.example")
    )
    assert said.say(who, Channel.SMS) == Said("3:30 PM", replaced=("U+202F",))
    assert said.say(who, Channel.EMAIL) == Said("3:30\u202fPM")
