"""What people and programs put around a phone number in a cell, taken off: only its own digits are left.

    tel:+1-650-253-0000;ext=136    ->  +1-650-253-0000    and an extension, 136, which no SMS can reach
    p:+49..., ="+49...", '+49...   ->  +49...             wrappers of links, lead forms and spreadsheets
    +491715550101.0                ->  +491715550101      a whole float's zeros
    +33.1.40.20.50.00              ->  two readings       a float's zeros, or digits: lengths may tell
    +1 317 ... / +1 317 ...        ->  two numbers        if each of them can be read alone
    do not call +1 317 ...         ->  refused            a note; words are never digits

To phonenumbers, `+491715550101.0` is +4917155501010, another person's number, and valid.
"""

import re
from typing import NamedTuple

from outreach.sources.rows import BadCell

_FORMULA = re.compile(r'=\s*"(?P<inside>[^"]*)"\Z|"(?P<quoted>[^"]*)"\Z|=(?P<bare>\+[0-9]+)\Z')
_SCHEME = re.compile(r"(?:tel|phone|sms|callto|whatsapp|p)\s*:\s*(?://)?", re.IGNORECASE)
_EXTENSION = re.compile(
    r"(?:;\s*ext\s*=|[\s,;(]*\b(?:x|ext|extension|extn|durchwahl|dw|poste|interno|anexo|ramal)\b\s*[.:]?\s*"
    r"|(?<=[0-9])\s*(?:x|ext\.?)\s*|,{2,3}|\s*#\s*)(?P<number>[0-9]{1,7})\s*[#)]?\Z",
    re.IGNORECASE,
)
_WHOLE_FLOAT = re.compile(r"(?P<whole>\+?[0-9]{5,17})\.0{1,2}\Z")
_FLOAT_ZEROS = re.compile(r"\.0+\Z")
_AREA_SLASH = re.compile(r"\A(?P<area>\+?(?:[\s().-]*[0-9]){2,6}[\s)]*)/(?=(?:[\s.-]*[0-9]){4})")
"""030/23125012: after an area code; behind more digits a slash means `or`."""
_SEVERAL = re.compile(r"[0-9][^0-9]*[/;,|&\r\n+]")
_BETWEEN = re.compile(r"[/;,|&\r\n]+|(?=\+)")
_LETTERS = re.compile(r"[^\W\d_]")
_FEW_DIGITS = 5


class SeveralNumbers(BadCell):
    """A cell that seems to hold more than one number."""

    def __init__(self) -> None:
        super().__init__("malformed_phone", "holds more than one number; give each a column of its own")


class PhoneCell(NamedTuple):
    """A cell's number as it is written there.

    `shorter` is the number without zeros that may be a float's, "" where there is one reading.
    """

    number: str
    shorter: str = ""
    extension: str = ""


def apart(cell: str) -> list[str]:
    """What may be the numbers of a cell that holds several: each is to be read, or the cell is refused."""
    parts = [part.strip() for part in _BETWEEN.split(_without_wrappers(cell.strip()))]
    return [part for part in parts if part]


def unwrap(cell: str) -> PhoneCell:
    """The one number that a person reads in the cell. Raises BadCell where that is not one."""
    text, extension = _without_extension(_without_wrappers(cell.strip()))
    if whole := _WHOLE_FLOAT.match(text):
        return PhoneCell(whole["whole"], extension=extension)
    text = _AREA_SLASH.sub(r"\g<area>", text, count=1) if "/" in text else text
    if _SEVERAL.search(text):
        raise SeveralNumbers
    if _LETTERS.search(text):
        raise BadCell("malformed_phone", "holds words beside the number; it must be like +15551234567")
    shorter = _FLOAT_ZEROS.sub("", text) if _FLOAT_ZEROS.search(text) else ""
    return PhoneCell(text, shorter, extension)


def _without_wrappers(text: str) -> str:
    if formula := _FORMULA.match(text):
        text = (formula["inside"] or formula["quoted"] or formula["bare"] or "").strip()
    # Typed before a number it makes text of the cell, and some exports write it out.
    text = text.removeprefix("'")
    return text[scheme.end() :].strip() if (scheme := _SCHEME.match(text)) else text


def _without_extension(text: str) -> tuple[str, str]:
    found = _EXTENSION.search(text)
    if found and _is_number(text[: found.start()]):
        return text[: found.start()].strip(), found["number"]
    return text, ""


def _is_number(text: str) -> bool:
    """Whether what stands before an extension can be a whole number, not a part of one."""
    return sum(character.isdigit() for character in text) > _FEW_DIGITS
