"""Numbers that a country has rewritten: what phonenumbers does not undo, as a dated table.

    an old form     mended to the form that reaches the same person today: +52 1 55 ... -> +52 55 ...
    two valid ones  accepted as they are, and known to be one: Argentina with and without its 9
    no new form     refused, since nobody has it any more: 8 digits in Ivory Coast that no operator had

A ledger that was written before a row of this table keeps keyed hashes of the old form, so `known_as` gives
that as well: an opt-out goes on to hold.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple


class Rule(NamedTuple):
    """`was` became `now`, between a `head` and a `tail` that stayed."""

    head: str
    was: str
    now: str
    tail: str


@dataclass(frozen=True)
class Renumbering:
    """One country's change. `gone` matches what nobody has any more, once the rules have been applied."""

    code: str
    since: date
    source: str
    rules: tuple[Rule, ...]
    both_valid: bool = False
    # By default a pattern that matches nothing.
    gone: str = r"(?!)"

    @cached_property
    def compiled(self) -> tuple[tuple[re.Pattern[str], re.Pattern[str], Rule], ...]:
        """Each rule with the patterns of its old and of its new form."""
        return tuple((_pattern(rule, rule.was), _pattern(rule, rule.now), rule) for rule in self.rules)


def _pattern(rule: Rule, middle: str) -> re.Pattern[str]:
    # ASCII: else \d takes the digits of every script.
    return re.compile(rf"(\+{rule.head}){middle}({rule.tail})\Z", re.ASCII)


_VIETNAM = """
    120:70 121:79 122:77 126:76 128:78   123:83 124:84 125:85 127:81 129:82   186:56 188:58 199:59
    162:32 163:33 164:34 165:35 166:36 167:37 168:38 169:39
"""
_ORANGE_LINES = "20[23]|21[2357]|22[45]|23[45]|24[345]|306|31[69]|327|337|347|359|368"

TABLE = (
    Renumbering(
        "52",
        date(2019, 8, 3),
        "IFT, Plan Tecnico Fundamental de Numeracion (DOF 2018-05-11): 01, 044, 045 and the 1 after +52 go",
        tuple(Rule("52", was, "", r"[2-9]\d{9}") for was in ("1", "01", "044", "045")),
    ),
    Renumbering(
        "55",
        date(2016, 11, 6),
        "Anatel, Resolucao 553/2010: a 9 before mobiles, from 2012-07-29 on (trunked 7xxx-xxxx excepted)",
        (Rule("55[1-9][1-9]", "", "9", r"[689]\d{7}"),),
    ),
    Renumbering(
        "54",
        date(1999, 1, 24),
        "Plan Fundamental de Numeracion Nacional (SC 46/97): a 9 after +54 marks a mobile of the same number",
        (Rule("54", "9", "", r"[1-9]\d{9}"),),
        both_valid=True,
    ),
    Renumbering(
        "57",
        date(2021, 9, 1),
        "CRC, Resolucion 5826/2019: 60 before the area of fixed lines",
        (Rule("57", "", "60", r"[124-8]\d{7}"),),
    ),
    Renumbering(
        "84",
        date(2018, 9, 15),
        "Ministry of Information and Communications: mobiles of 11 digits become 10, until 2019-06-30",
        tuple(Rule("84", pair[:3], pair[4:], r"\d{7}") for pair in _VIETNAM.split()),
    ),
    Renumbering(
        "225",
        date(2021, 1, 31),
        "ARTCI: the operator's two digits before the old eight; 800, 900 and 13 stay",
        (
            Rule("225", "", "01", r"(?:0[1-3]|[457][0-3])\d{6}"),
            Rule("225", "", "05", r"(?:0|[4-9])[4-6]\d{6}"),
            Rule("225", "", "07", r"(?:0|[4-9])[7-9]\d{6}"),
            Rule("225", "", "21", r"2[0-3]8\d{5}"),
            Rule("225", "", "25", r"(?:2[0-4]|3[0-6])0\d{5}"),
            Rule("225", "", "27", rf"(?:{_ORANGE_LINES})\d{{5}}"),
        ),
        gone=r"\+225(?!800|900|13)\d{8}\Z",
    ),
    Renumbering(
        "229",
        date(2024, 11, 30),
        "ARCEP Benin: 01 before every number of eight digits (81 and 85 excepted)",
        (Rule("229", "", "01", r"[24-79]\d{7}"),),
    ),
)
_BY_CODE = {change.code: change for change in TABLE}


def old_forms(start: str) -> tuple[str, ...]:
    """Patterns of the numbers that `renew` changes or that are gone, by a plus and three digits."""
    change = _change_of(start)
    if change is None:
        return ()
    rewritten = () if change.both_valid else tuple(old.pattern for old, _, _ in change.compiled)
    return (*rewritten, change.gone)


def renew(number: str) -> str:
    """The form in which an E.164 number reaches its owner today."""
    change = _change_of(number)
    if change is None or change.both_valid:
        return number
    return _forward(change, number)


def is_gone(number: str) -> bool:
    """Whether its country gave up numbers of this form, and nothing says what became of this one."""
    change = _change_of(number)
    return change is not None and re.match(change.gone, number, re.ASCII) is not None


def known_as(number: str) -> tuple[str, ...]:
    """Every form of an E.164 number, old and new; the same first one for all of them."""
    change = _change_of(number)
    if change is None:
        return (number,)
    first = _forward(change, number)
    found = ((new.match(first), rule) for _, new, rule in change.compiled)
    return (first, *(f"{match[1]}{rule.was}{match[2]}" for match, rule in found if match))


def first_form(number: str) -> str:
    """The first of these: what all forms of one number share."""
    change = _change_of(number)
    return number if change is None else _forward(change, number)


def is_renumbered(number: str) -> bool:
    """Whether its country has changed numbers, so that it may have other forms; few have."""
    return _change_of(number) is not None


def _change_of(number: str) -> Renumbering | None:
    # Two digits, else three: no country's code begins with another's.
    return _BY_CODE.get(number[1:3]) or _BY_CODE.get(number[1:4])


def _forward(change: Renumbering, number: str) -> str:
    for old, _, rule in change.compiled:
        if match := old.match(number):
            return f"{match[1]}{rule.now}{match[2]}"
    return number
