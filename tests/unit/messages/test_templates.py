"""Texts with fields: what is refused before anybody is contacted, and what a person gets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.contacts import Channel, Channels, Contact
from outreach.errors import SettingsError
from outreach.messages.wording import FIELD_MISSING, NO_MESSAGE, PLACEHOLDER_LEFT, Said, Unsaid, Wording
from outreach.settings import CampaignSettings

EVERYWHERE = Channels(voice="+13175550101", sms="+13175550101", email="ann@x.example", chat="ann-1")


def person(**changes: Any) -> Contact:
    fields: dict[str, Any] = {"external_contact_id": "A1", "name": "Ann Lee", "channels": EVERYWHERE}
    metadata = {k[2:]: v for k, v in changes.items() if k.startswith("m_")}
    rest = {k: v for k, v in changes.items() if not k.startswith("m_")}
    return Contact(**(fields | {"metadata": metadata} | rest))


def wording(message: Any = None, **settings: Any) -> Wording:
    return Wording(CampaignSettings.model_validate({"message": message, **settings}), greets=False)


def say(message: Any, channel: Channel = Channel.EMAIL, *, settings: Any = None, **changes: Any) -> str:
    said = wording(message, **(settings or {})).say(person(**changes), channel)
    return said.text if isinstance(said, Said) else f"<{said.code}: {said.in_words()}>"


@pytest.mark.parametrize(
    ("message", "filled"),
    [
        ("Hi {{ name }}!", "Hi Ann Lee!"),
        ("Hi {{ metadata.city }} {{ metadata['post box'] }}", "Hi Rome 7"),
        ("Hi {{ first_name|default('there') }}", "Hi there"),
        ("{% if metadata.vip == 'yes' %}Dear{% else %}Hi{% endif %} {{ name }}", "Dear Ann Lee"),
        (
            "{% if first_name is filled %}{{ first_name }}{% elif name is filled %}{{ name }}{% endif %}",
            "Ann Lee",
        ),
        ("{{ 'Dear' if metadata.vip == 'no' else 'Hi' }} {{ name }}", "Hi Ann Lee"),
        (
            "https://x.example/?n={{ name|url }}&p={{ metadata.plus|url }}",
            "https://x.example/?n=Ann%20Lee&p=%2B49%2F1",
        ),
        ("a plain one, with 50% and a < b & c's", "a plain one, with 50% and a < b & c's"),
        ("two lines\r\nas before\n", "two lines\r\nas before\n"),
        ("{{ '{' }}braces by intent{{ '}' }}", "{braces by intent}"),
    ],
)
def test_fields_are_filled(message: str, filled: str) -> None:
    more: dict[str, Any] = {"m_city": "Rome", "m_post box": "7", "m_vip": "yes", "m_plus": "+49/1"}
    assert say(message, **more) == filled


@pytest.mark.parametrize(
    "message",
    [
        *(
            "Hi {name}",
            "Hi [[name]]",
            "Hi %%name%%",
            "Hi ${name}",
            "Hi <<name>>",
            "Hi { {name} }",
            "Hi *|FNAME|*",
        ),
        *(
            "Hi %FIRSTNAME%",
            "Hi [First Name]",
            "Hi {{name}}}",
            "Hi {{name}",
            "Hi {{{name}}}",
            "Hi }}",
            "Hi {#x#}",
        ),
        *(
            "{{ nme }}",
            "{{ metadata }}",
            "{{ appointment }}",
            "{{ name.title }}",
            "{{ metadata.a.b }}",
            "{{ range }}",
        ),
        *(
            "{{ name() }}",
            "{{ metadata.items() }}",
            "{{ name ~ name }}",
            "{{ name + name }}",
            "{{ first-name }}",
        ),
        *(
            "{{ name, name }}",
            "{{ 1 }}",
            "{{ name or 'you' }}",
            "{{ 'a' if name == 'b' }}",
            "{{ name|upper }}",
        ),
        *(
            "{{ name|default }}",
            "{{ name|default('') }}",
            "{{ name|default(\u2018you\u2019) }}",
            "{{ name|date('dd.MM.YYYY') }}",
        ),
        *(
            "{% if metadata.vip %}x{% endif %}",
            "{% if name > 'A' %}x{% endif %}",
            "{% if name is defined %}{% endif %}",
        ),
        *(
            "{% for x in metadata %}x{% endfor %}",
            "{% set x = 1 %}",
            "{% include 'x' %}",
            "{% macro a() %}{% endmacro %}",
        ),
        *(
            "{% raw %}{name}{% endraw %}",
            "{{ self }}",
            "{{ _speech }}",
            "{{ name|attr('x') }}",
            "{{ ''.__class__ }}",
        ),
        *("https://x.example/?n={{ name }}", "www.x.example/{{ name }}", "  ", "{{ metadata.day|date }}"),
    ],
)
def test_a_text_that_is_none_of_ours_is_refused_before_anybody_is_contacted(message: str) -> None:
    with pytest.raises(SettingsError):
        wording(message)


@pytest.mark.parametrize(
    "html",
    [
        '<a href="{{ metadata.link }}">x</a>',
        '<a href="https://x.example/?n={{ name }}">x</a>',
        "<p title={{ name }}>x</p>",
        "<p {{ name }}>x</p>",
        '<p onclick="{{ name }}">x</p>',
        '<p style="{{ name }}">x</p>',
        "<script>{{ name }}</script>",
        "<style>{{ name }}</style>",
        "<p>{name}</p>",
    ],
)
def test_a_field_stands_in_html_only_where_it_can_be_escaped(html: str) -> None:
    with pytest.raises(SettingsError):
        wording(html=html)


@pytest.mark.parametrize(
    "message",
    [
        "See https://x.example/%7B%7B%20opt_out_link%20%7D%7D",
        "Hi «First_Name»",
        "Guten Tag «Nachname»",
        "Hi [Vorname]",
    ],
)
def test_a_field_that_another_program_wrote_is_not_sent_as_it_stands(message: str) -> None:
    with pytest.raises(SettingsError, match="is no field of ours"):
        wording(message)
    assert say("Ours", initial_message=message).startswith(f"<{PLACEHOLDER_LEFT}")


def test_quotation_marks_are_no_placeholder() -> None:
    assert say("Unsere Aktion «Winter»") == "Unsere Aktion «Winter»"


def test_a_field_that_was_escaped_in_a_link_is_said_to_be_one() -> None:
    with pytest.raises(SettingsError, match="A program that writes HTML has changed a field"):
        wording(html='<a href="{{%20opt_out_link%20}}">Stop</a>')


@pytest.mark.parametrize(
    "empty", ["", " ", "\u00a0", "\u200b", "nan", "NaN", "None", "NULL", "N/A", "#N/A", "-", "."]
)
def test_a_hole_is_no_text_and_the_templates_default_fills_it(empty: str) -> None:
    assert say("Hi {{ metadata.city }}", m_city=empty) == f"<{FIELD_MISSING}: metadata.city is empty>"
    assert say("Hi {{ metadata.city|default('you') }}", m_city=empty) == "Hi you"
    assert say("Hi {{ metadata.city }}") == f"<{FIELD_MISSING}: metadata.city is empty>"


@pytest.mark.parametrize("name", ["n/a", "test", "-", ".", "12", "Müller, Anna", "a@b.example"])
def test_nobody_is_greeted_by_what_is_no_first_name(name: str) -> None:
    assert say("Hi {{ first_name }}", m_first_name=name).startswith(f"<{FIELD_MISSING}")


def test_without_a_message_nobody_is_told_anything_but_by_a_callback() -> None:
    said = wording()
    assert [said.say(person(), channel) for channel in (Channel.SMS, Channel.EMAIL, Channel.CHAT)] == [
        Unsaid(NO_MESSAGE)
    ] * 3
    assert said.say(person(), Channel.VOICE) == Said("Hello")
    assert wording().say(person(initial_message="Own"), Channel.SMS) == Said("Own")
    assert Wording(CampaignSettings()).say(person(), Channel.SMS) == Said("Hello")


def test_a_row_s_own_message_is_never_filled_and_not_sent_with_a_placeholder() -> None:
    assert say("Ours", initial_message="I paid 5 {euro") == "I paid 5 {euro"
    for own in ("Hi {{ name }}", "Hi {name}", "Hi [[name]]", "Hi %%name%%"):
        assert say("Ours", initial_message=own).startswith(f"<{PLACEHOLDER_LEFT}")


def test_what_a_field_holds_is_not_filled_again() -> None:
    assert say("Hi {{ name }}", name="{{ 7*7 }} {% x %}") == "Hi {{ 7*7 }} {% x %}"


LANGUAGES = {"en": "Hello {{ name }}", "de": "Hallo {{ name }}", "pt_BR": "Oi {{ name }}"}


@pytest.mark.parametrize(
    ("language", "begins"),
    [
        *(("de", "Hallo"), ("de-AT", "Hallo"), ("German", "Hallo"), ("Deutsch", "Hallo"), ("DE", "Hallo")),
        *(("pt-BR", "Oi"), ("en-GB", "Hello"), ("fr", "Hello"), ("Klingon?", "Hello"), ("", "Hello")),
    ],
)
def test_each_gets_their_own_language_or_the_campaigns(language: str, begins: str) -> None:
    assert say(LANGUAGES, m_language=language, settings={"language": "en"}).startswith(begins)


def test_a_channel_has_its_own_text() -> None:
    both = {"messages": {"sms": "short"}}
    assert (say("long", Channel.SMS, settings=both), say("long", settings=both)) == ("short", "long")


DAY = "2026-12-04T14:30:00Z"


@pytest.mark.parametrize(
    ("language", "message", "filled"),
    [
        ("de", "{{ metadata.at|date }}", "4. Dezember 2026"),
        ("en-US", "{{ metadata.at|time }}", "9:30\u202fAM"),
        ("en-GB", "{{ metadata.at|datetime }}", "4 December 2026, 09:30"),
        ("de", "{{ metadata.at|time('Europe/Berlin') }}", "15:30"),
        ("de", "{{ metadata.day|date('full') }}", "Freitag, 4. Dezember 2026"),
        ("fr", "{{ metadata.sum|money('EUR') }}", "1\u202f234,50\u00a0€"),
        ("de", "{{ metadata.sum|number }}", "1.234,5"),
        ("en", "{{ metadata.no|date|default('soon') }}", "soon"),
    ],
)
def test_dates_times_and_numbers_are_written_as_the_language_does(
    language: str, message: str, filled: str
) -> None:
    more: dict[str, Any] = {
        "m_at": DAY,
        "m_day": "2026-12-04",
        "m_sum": "1234.5",
        "time_zone": "America/New_York",
    }
    assert say(message, settings={"language": language}, **more) == filled


@pytest.mark.parametrize(
    ("filter_", "value"),
    [
        *(("date", "03/04/2026"), ("date", "2026-02-30"), ("date", "04.03.2026"), ("date", "1767225600")),
        *(("time", "2026-12-04T15:30"), ("time", "15:30"), ("time", "2026-12-04")),
        *(
            ("number", "1,234"),
            ("number", "1.234,50"),
            ("number", "nan"),
            ("number", "1e5"),
            ("number", "inf"),
        ),
    ],
)
def test_a_date_or_number_that_may_be_read_in_two_ways_is_refused(filter_: str, value: str) -> None:
    text = say(
        f"{{{{ metadata.x|{filter_} }}}}", m_x=value, time_zone="Europe/Berlin", settings={"language": "en"}
    )
    assert text.startswith(f"<{FIELD_MISSING}: metadata.x ")


def test_a_time_without_the_persons_zone_is_not_written() -> None:
    assert say("{{ metadata.x|time }}", m_x=DAY, settings={"language": "en"}).startswith(f"<{FIELD_MISSING}")


PLACES = [Channel.SMS, Channel.EMAIL, Channel.CHAT, Channel.VOICE]
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="|"), max_size=30) | st.sampled_from(
    ["nan", "None", "{{ name }}", "<b>", "a\u200b", "  ", "'\"&"]
)


@given(
    people=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=2, max_size=5), channel=st.sampled_from(PLACES)
)
def test_nothing_of_one_person_reaches_the_next_and_there_is_never_a_hole(
    people: list[tuple[str, str, str]], channel: Channel
) -> None:
    said = wording("[{{ name }}|{{ metadata.a }}|{{ metadata.b|default('B') }}]")

    def fresh(one: tuple[str, str, str]) -> Said | Unsaid:
        contact = person(name=one[0] or "x", m_a=one[1], m_b=one[2])
        return said.say(contact, channel)

    alone = [fresh(one) for one in people]
    assert [fresh(one) for one in reversed(people)][::-1] == alone
    for text in alone:
        if isinstance(text, Said) and channel is not Channel.SMS:
            holes = text.text.removeprefix("[").removesuffix("]").split("|")
            assert len(holes) == 3
            assert all(hole.strip() for hole in holes)
            assert {"nan", "None", "NULL"}.isdisjoint(holes)


@given(name=st.text(min_size=1, max_size=30))
def test_whatever_a_name_holds_html_shows_it_as_words(name: str) -> None:
    said = wording(html='<p title="{{ name }}">{{ name }}</p>').say(person(name=name), Channel.EMAIL)
    if isinstance(said, Said):
        inner = said.html.removeprefix('<p title="').removesuffix("</p>")
        assert inner.count("<") + inner.count('"') + inner.count(">") == 2


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("", "4 December 2026"),
        ("en", "4 December 2026"),
        ("fr", "4 December 2026"),
        ("en-US", "December 4, 2026"),
        ("de-AT", "4. Dezember 2026"),
    ],
)
def test_a_text_for_all_english_writes_dates_as_the_campaigns_country_does(
    language: str, written: str
) -> None:
    both = {"en": "{{ metadata.day|date }}", "de": "{{ metadata.day|date }}"}
    said = say(both, m_day="2026-12-04", m_language=language, settings={"language": "en-GB"})
    assert said == written


def test_a_name_with_a_blank_is_shown_as_it_has_to_be_written() -> None:
    with pytest.raises(SettingsError, match=r'stands in quotes: \{\{ metadata\["post box"\] \}\}'):
        wording("Hi {{ first name }}")
