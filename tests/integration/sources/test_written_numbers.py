"""No accepted number is another than a person reads in the cell, however it was written or damaged."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import phonenumbers
import pytest

from outreach.renumbering import renew
from outreach.sources import open_source
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell
from tests.support.fuzzing import tries

COUNTRIES = (
    *("US", "GB", "DE", "FR", "IT", "ES", "PT", "NL", "PL", "SE"),
    *("NO", "DK", "AT", "CH", "BR", "MX", "AU", "IN", "ZA", "JP"),
)
SEPARATORS = ("", " ", "-", ".", " - ", "\u00a0", "\u2011")


def whole_numbers(dice: random.Random, region: str) -> str:
    """A number of a country in E.164, its last digits by lot."""
    known = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert known is not None
    digits = str(known.national_number)
    tail = "".join(str(dice.randrange(10)) for _ in range(4))
    return f"+{known.country_code}{digits[:-4]}{tail}"


def write(dice: random.Random, number: str) -> str:
    """The number as somebody writes it: the country code apart, the rest in groups."""
    code = str(phonenumbers.parse(number, None).country_code)
    rest, groups = number[1 + len(code) :], [code]
    while rest:
        size = dice.randint(2, 4)
        groups.append(rest[:size])
        rest = rest[size:]
    return dice.choice(("+", "00", "(+)"))[:2].replace("(", "") + dice.choice(SEPARATORS).join(groups)


NOTES = (" do not call", " home", " (mobil)", " privat", " oder +49 30 23125012")
DAMAGES: tuple[Callable[[random.Random, str], str], ...] = (
    lambda _dice, text: text,
    lambda dice, text: text + dice.choice((".0", ".00")),
    lambda dice, text: text + dice.choice((" x12", " ext. 136", ";ext=5", " #7", ",,12#", " Durchwahl 13")),
    lambda dice, text: dice.choice(("tel:", "p:", "whatsapp:", "'", "sms:")) + text,
    lambda _dice, text: f'="{text}"',
    lambda dice, text: (
        text + dice.choice((" do not call", " home", " (mobil)", " privat", " oder +49 30 23125012"))
    ),
    lambda dice, text: dice.choice(("do not call ", "(H) ", "nicht anrufen ")) + text,
    lambda dice, text: text + dice.choice(("/12", " / 13-15", "; ", ",")) + text[-4:],
    lambda _dice, text: text.lstrip("+0"),
    lambda dice, text: text + dice.choice(("e9", "E+11", "\n")) + "1",
)


def test_no_accepted_number_is_another_than_the_cell_shows() -> None:
    """Whoever reads the cell sees the number's digits in one run, but for separators: so must we."""
    dice = random.Random(17)
    accepted = 0
    for _ in range(tries(2000)):
        number = whole_numbers(dice, dice.choice(COUNTRIES))
        cell = dice.choice(DAMAGES)(dice, write(dice, number))
        try:
            read = normalise_phone(cell)
        except BadCell:
            continue
        accepted += 1
        shown = re.sub(r"[^0-9]", "", cell)
        assert read == number, f"a number of {len(number)} digits was read otherwise"
        assert read[1:] in shown
    assert accepted > tries(2000) // 4


@pytest.mark.parametrize(
    "note", ["do not call", "nicht anrufen", "ne pas appeler", "no llamar", "verstorben"]
)
def test_a_note_beside_a_number_is_never_dropped(note: str) -> None:
    for cell in (f"+1 317 555 0101 {note}", f"{note} +1 317 555 0101", f"+1 317 555 0101 ({note})"):
        with pytest.raises(BadCell):
            normalise_phone(cell)


LEAST = {True: phonenumbers.PhoneNumberType.MOBILE, False: phonenumbers.PhoneNumberType.FIXED_LINE}
TYPES = {
    True: {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE},
    False: {phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE},
}


def assigned_number(dice: random.Random, region: str, *, is_mobile: bool) -> phonenumbers.PhoneNumber:
    """A valid number of a country, its last digits by lot."""
    example = phonenumbers.example_number_for_type(region, LEAST[is_mobile])
    assert example is not None
    digits = phonenumbers.national_significant_number(example)
    while True:
        kept = dice.choice((2, 3, 4)) if len(digits) > 7 else 2
        tail = "".join(str(dice.randrange(10)) for _ in digits[kept:])
        number = phonenumbers.parse(f"+{example.country_code}{digits[:kept]}{tail}", None)
        if phonenumbers.is_valid_number(number) and phonenumbers.number_type(number) in TYPES[is_mobile]:
            return number


def in_e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def as_at_home(dice: random.Random, number: phonenumbers.PhoneNumber) -> str:
    """As people of its country write it, or as a spreadsheet leaves that: without signs, without its zero."""
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    bare = re.sub(r"[^0-9]", "", written)
    return dice.choice((written, bare, phonenumbers.national_significant_number(number)))


def test_no_number_of_twenty_countries_is_read_as_another_whatever_it_lost() -> None:
    """At home in its row's or the list's country; abroad, with its code, under any default, the plus lost."""
    dice = random.Random(18)
    accepted = at_home = 0
    for _ in range(tries(4000)):
        region, default, is_mobile = dice.choice(COUNTRIES), dice.choice(COUNTRIES), dice.random() < 0.6
        number = assigned_number(dice, region, is_mobile=is_mobile)
        if is_home := dice.random() < 0.5:
            cell = as_at_home(dice, number)
            row, default = dice.choice(((region, default), ("", region)))
        else:
            cell = write(dice, in_e164(number)).lstrip("+0")
            row = dice.choice(("", "", region))
        cell = dice.choice((*DAMAGES[:6], DAMAGES[8]))(dice, cell) if dice.random() < 0.4 else cell
        channel = "sms" if is_mobile else "voice"
        person = {"external_contact_id": "C-1", "name": "Ada", channel: cell, "country": row}
        (found,) = open_source([person], country=default).rows()
        if found.contact is None:
            continue
        read = getattr(found.contact.channels, channel)
        assert read == renew(in_e164(number)), f"{region}, {default=}, {row=}, {is_home=}: {len(cell)} signs"
        accepted += 1
        at_home += is_home
    assert at_home > tries(4000) // 4
    assert accepted > at_home
