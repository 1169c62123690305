"""What replies mean."""

from __future__ import annotations

import pytest

from outreach.compliance import classify_reply

STOPS = [
    "STOP", "stop", " Stop. ", "STOP!!!", "🛑 STOP 🛑", "S\N{FULLWIDTH LATIN SMALL LETTER T}OP",
    "Stop please", "stop\nthank you", "stopall", "STOP ALL", "Quit", "END", "revoke",
    "opt out", "Opt-Out", "OPTOUT", "opt out now", "cancel", "Unsubscribe", "UNSUBSCRIBE me", "remove",
    "ARRET", "ARRÊT", "arre\N{COMBINING CIRCUMFLEX ACCENT}t", "TD",
    "\N{LEFT DOUBLE QUOTATION MARK}Stop\N{RIGHT DOUBLE QUOTATION MARK}",
]  # fmt: skip
REVIEWS = [
    "please stop", "Please STOP texting me", "unsubscibe", "STPO", "sotp", "I want to opt out", "take me off",
    "don't text me", "don\N{RIGHT SINGLE QUOTATION MARK}t call me again", "wrong number",
    "I revoke my consent", "cancle", "Leave me alone",
]  # fmt: skip
NOTHING = [
    "",
    "   ",
    "🙂",
    "Thanks!",
    "Who is this?",
    "nonstop",
    "weekend",
    "Tomorrow at 5",
    "backstop is fine",
]


@pytest.mark.parametrize("reply", STOPS)
def test_a_stop_word_alone_or_first_stops(reply: str) -> None:
    assert classify_reply(reply) == "stop"


@pytest.mark.parametrize("reply", ["START", "unstop", "Yes", "yes please"])
def test_a_start_word_starts(reply: str) -> None:
    assert classify_reply(reply) == "start"


@pytest.mark.parametrize("reply", ["HELP", "info", "Help!"])
def test_a_help_word_asks_for_help(reply: str) -> None:
    assert classify_reply(reply) == "help"


@pytest.mark.parametrize("reply", REVIEWS)
def test_a_near_miss_is_for_a_person(reply: str) -> None:
    assert classify_reply(reply) == "review"


@pytest.mark.parametrize("reply", NOTHING)
def test_anything_else_means_none_of_it(reply: str) -> None:
    assert classify_reply(reply) == "none"
