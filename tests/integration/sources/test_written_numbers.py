"""No accepted number is another than a person reads in the cell, however it was written or damaged."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import phonenumbers
import pytest

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
