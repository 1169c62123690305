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
PLEASE_STOP = [
    "please stop", "Please STOP texting me", "bitte stoppen", "Bitte abmelden!", "Stopp bitte", "Aufhören",
    "Hört bitte auf", "S'il vous plaît, arrêtez", "merci de me désinscrire", "STOP svp", "Por favor, paren",
    "Baja", "Darme de baja, por favor", "Per favore, smettetela", "Basta!", "Por favor, parem", "SAIR",
    "Pare de me enviar mensagens", "Annulla iscrizione", "Cancella l'iscrizione", "Non contattatemi",
    "Ne me contactez plus", "Ne m'écrivez plus", "Alstublieft stoppen",
    "Graag uitschrijven", "Afmelden aub", "Para",
]  # fmt: skip
"""In English, German, French, Spanish, Italian, Portuguese and Dutch."""
REVIEWS = [
    "Ich möchte nichts mehr bekommen und mich abmelden", "je veux me désabonner", "quiero darme de baja",
    "vorrei che smetteste di scrivermi", "não me liguem", "ik wil me afmelden",
    "unsubscibe", "STPO", "sotp", "I want to opt out", "take me off",
    "don't text me", "don\N{RIGHT SINGLE QUOTATION MARK}t call me again", "wrong number",
    "Ich will kündigen", "Kein Interesse", "je ne veux plus de vos messages", "no quiero recibir esto",
    "non voglio più messaggi", "annullare", "não quero receber mais", "geen interesse", "not interested",
    "I revoke my consent", "cancle", "Leave me alone", "opt me out", "Yes stop", "Yes, cancel",
    "Yes, unsubscribe me", "Yes please remove me from your list", "Start? No, stop", "S T O P",
]  # fmt: skip
NOTHING = [
    "Please call me at five",
    "Danke, bis morgen!",
    "Para mañana está bien",
    "Merci",
    "Ja, gerne",
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


@pytest.mark.parametrize("reply", [*STOPS, *PLEASE_STOP])
def test_a_stop_word_alone_or_first_stops(reply: str) -> None:
    assert classify_reply(reply) == "stop"


@pytest.mark.parametrize("reply", ["START", "unstop", "Yes", "yes please", "Yes, at five please"])
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
