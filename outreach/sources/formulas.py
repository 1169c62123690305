"""Cells that a spreadsheet would run as a formula: disarmed on the way out, restored on the way in.

written          read back        why
'+4915...        +4915...         we put an apostrophe before = + - @ tab CR LF, and take it off again
''=1             '=1              a cell that has such an apostrophe of its own gets a second one
't Hooft         't Hooft         an apostrophe before a letter is left alone, both ways
a;'=1            a;=1             the same within a cell, after ; | tab and line ends: what another list
                                 separator makes a cell of its own
"""

import re

# The full-width forms too, which some spreadsheets take for the same.
_STARTS_A_FORMULA = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_FOLLOWS_AN_APOSTROPHE = _STARTS_A_FORMULA | frozenset("'0123456789")


_WITHIN = re.compile(r"(?<=[;|\t\r\n])(?=[ \u00a0\"']*[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet whose list separator is another one begins a cell; it knows no quotes amid a cell, so a
line's end counts too."""
_DISARMED_WITHIN = re.compile(r"(?<=[;|\t\r\n])'(?=[ \u00a0\"']*[=+\-@\uff1d\uff0b\uff0d\uff20])")


def _starts_with(text: str, characters: frozenset[str]) -> bool:
    # Spaces before it keep no spreadsheet from running it.
    return text[:1] in characters or text.lstrip()[:1] in characters if text else False


def disarm(cell: str) -> str:
    """The cell as text in any spreadsheet. `restore(disarm(cell)) == cell`, always."""
    return _WITHIN.sub("'", _disarm_start(cell))


def _disarm_start(cell: str) -> str:
    if _starts_with(cell, _STARTS_A_FORMULA):
        return "'" + cell
    if cell[:1] == "'" and _starts_with(cell[1:], _FOLLOWS_AN_APOSTROPHE):
        return "'" + cell
    return cell


def restore(cell: str) -> str:
    """The cell without the apostrophes that `disarm`, or a person in Excel, put before formulas."""
    if "'" not in cell:
        return cell
    return _restore_start(_DISARMED_WITHIN.sub("", cell))


def _restore_start(cell: str) -> str:
    if cell[:1] == "'" and _starts_with(cell[1:], _FOLLOWS_AN_APOSTROPHE):
        return cell[1:]
    return cell
