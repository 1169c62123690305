"""Generated workbooks with errors, formulas, merges, hidden rows and sheets: no opt-out is lost.

A person may be contacted only where somebody who looks at the sheet reads that they did not opt out; and
everybody of whom that can be read is a contact. FUZZ=500 tries as many.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from outreach.contacts import Channel
from outreach.sources import open_source
from tests.support.fuzzing import tries
from tests.support.workbooks import STRUCK, SheetXml, error, formula, number, text, truth, write_workbook

HEADERS = ["external_contact_id", "name", "sms", "notes"]
COLUMNS = [
    "Do Not Call or Text",
    "opt out",
    "HasOptedOutOfSms",
    "Unsubscribed from all email and SMS",
    "Werbesperre SMS",
]
FORBIDS = ["yes", "TRUE", "x", "Ja", text("opted out"), truth(True), number(1), number("1.0"), "WAHR"]
UNKNOWN = [
    error(),
    error("#REF!"),
    error("#SPILL!"),
    formula(),
    formula("0"),
    number(0, STRUCK),
    "#N/A",
    "maybe",
]
PERMITS = ["", "no", "FALSE", truth(False), number(0), "nein", text(" "), ' t="str"><f>A1</f><v></v></c>']


class Made:
    """One workbook, and who of it may be contacted."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self.free: set[str] = set()
        self._people = 0

    def write(self, path: Path) -> Path:
        sheets = {}
        for n in range(self._chance.randrange(3)):
            sheets[f"Old {n}"] = self._sheet(state=self._chance.choice(["hidden", "veryHidden"]))
        if self._chance.random() < 0.3:
            sheets["Read me"] = SheetXml([["How to use"], ["", "this list"]])
        sheets["List"] = self._sheet()
        names = list(sheets)
        self._chance.shuffle(names)
        return write_workbook(path, {name: sheets[name] for name in names}, uncomputed=True)

    def _sheet(self, state: str = "") -> SheetXml:
        chance = self._chance
        header = [*HEADERS]
        at = chance.randrange(len(header) + 1)
        header.insert(at, chance.choice(COLUMNS))
        rows: list[list[str]] = [["Our customers"]] if chance.random() < 0.3 else []
        rows.append(header)
        hidden, merges = [], []
        letter = chr(65 + at)
        under = 0
        for _ in range(chance.randrange(1, 12)):
            if chance.random() < 0.1:
                rows.append([])
                under = max(0, under - 1)
            wish = chance.choice(chance.choice([FORBIDS, UNKNOWN, PERMITS, PERMITS]))
            is_free = wish in PERMITS and not under
            if chance.random() < 0.15 and not under and wish not in UNKNOWN:
                under = chance.randrange(1, 4)
                merges.append(f"{letter}{len(rows) + 1}:{letter}{len(rows) + 1 + under}")
            elif under:
                under -= 1
            person = self._person(is_free=is_free and not state)
            person.insert(at, wish)
            rows.append(person)
            if chance.random() < 0.15:
                hidden.append(len(rows))
                self.free.discard(person[0] if at else person[1])
        rows += [[]] * under
        rows.append(self._person(is_free=not state))
        rows[-1].insert(at, "no")
        style = chance.choice([{}, {}, {"prefix": "x"}, {"pretty": True}, {"numbered": False}])
        return SheetXml(rows, state, hidden, merges, **style)  # type: ignore[arg-type]  # one of these

    def _person(self, *, is_free: bool) -> list[str]:
        self._people += 1
        name = f"G-{self._people}"
        if is_free:
            self.free.add(name)
        return [name, f"Person {self._people}", f"+49171555{self._people:04d}", "a & b"]


@pytest.mark.parametrize("start", range(5))
def test_no_opt_out_of_a_generated_workbook_is_lost(tmp_path: Path, start: int) -> None:
    for seed in range(start, max(5, tries(100)), 5):
        made = Made(seed)
        path = made.write(tmp_path / f"{seed}.xlsx")

        contacts = [row.contact for row in open_source(path).rows() if row.contact]
        free = {
            contact.external_contact_id
            for contact in contacts
            if (said := contact.consent.get(Channel.SMS)) is None or said.given
        }

        assert free == made.free, f"seed {seed}"
