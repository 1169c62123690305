"""Whole headers of CRMs with columns in which somebody says no, in seven languages: none is overlooked."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest

from outreach.errors import SourceError
from outreach.sources import open_source
from outreach.sources.columns import Headings, tell_apart
from outreach.sources.opt_outs import Sense
from tests.integration.sources.test_opt_out_columns import FORBID, PERMIT, headers, refused_on

SETS = 2000
LISTS = Path(__file__).parents[2] / "support" / "lists"
OF_FILES = ("hubspot", "salesforce", "shopify", "genesys_contactlist", "outlook")


def read_exports() -> dict[str, list[str]]:
    with (LISTS / "headers.txt").open(encoding="utf-8", newline="") as file:
        found = {system: headers for system, *headers in csv.reader(file)}
    for name in OF_FILES:
        with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            found[name] = next(csv.reader(file))
    return found


EXPORTS = read_exports()


@pytest.mark.parametrize(
    ("system", "means"),
    [
        ("google", {"name": (0, 2), "email": (12, 14), "voice": (16, 18), "postal_code": (19,)}),
        ("dynamics", {"external_contact_id": (0,), "name": (3, 4), "voice": (6, 7), "sms": (7,)}),
        ("zoho", {"external_contact_id": (0,), "voice": (6, 7, 8), "sms": (8, 6), "postal_code": (12,)}),
        ("mailchimp", {"external_contact_id": (7,), "email": (0,), "time_zone": (6,), "sms": (3,)}),
        ("outlook", {"name": (0, 2), "email": (6, 7, 8), "voice": (9, 10, 11, 12, 13, 15, 16)}),
        ("german", {"external_contact_id": (0,), "name": (1, 2), "sms": (5, 4), "metadata.language": (8,)}),
        ("french", {"name": (1, 2), "email": (3,), "sms": (5, 4), "voice": (4, 5)}),
        ("ours", {"voice": (4,), "sms": (2,)}),
    ],
)
def test_the_headers_of_each_system_are_recognised(system: str, means: dict[str, tuple[int, ...]]) -> None:
    layout = Headings.of("it", {}).layout(EXPORTS[system], complete=system != "french")

    assert {column: layout.places.get(column) for column in means} == means


def test_no_opt_out_is_overlooked_or_turned_round_in_any_export() -> None:
    chance = random.Random(17)
    words = {Sense.FORBIDS: headers(FORBID), Sense.PERMITS: headers(PERMIT)}
    asked, wrong = 0, []
    for _ in range(SETS):
        export = EXPORTS[chance.choice(sorted(EXPORTS))]
        added = [
            (sense, chance.choice(words[sense]))
            for sense in chance.choices(list(words), k=chance.choice((1, 1, 2)))
        ]
        whole = [*export]
        for _, header in added:
            whole.insert(chance.randint(0, len(whole)), header)
        told = tell_apart(whole)
        try:
            layout = Headings.of("it", {}).layout(told, complete=False)
        except SourceError:
            asked += 1
            continue
        read = {told[position]: said for position, _, said in layout.opt_outs}
        taken = {told[position] for places in layout.places.values() for position in places}
        wrong += [
            header
            for sense, header in added
            if not any(
                name.casefold().startswith(header.casefold()) and said.sense is sense
                for name, said in read.items()
            )
            or header in taken
        ]
    assert wrong == []
    assert asked < SETS // 3


@pytest.mark.parametrize("system", sorted(EXPORTS))
def test_a_column_of_an_export_alone_never_looks_like_an_opt_out_that_nobody_can_tell(system: str) -> None:
    layout = Headings.of("it", {}).layout(EXPORTS[system], complete=False)

    assert layout.places
    assert all(opt_out.sense is not Sense.UNCLEAR for _, _, opt_out in layout.opt_outs)


def test_an_opt_out_that_is_mapped_to_metadata_still_stops() -> None:
    person = {"external_contact_id": "P-1", "name": "Ulla", "email": "ulla@example.com", "Opted Out": "yes"}

    (row,) = open_source([person], columns={"Opted Out": "metadata.note"}).rows()

    assert "email" in refused_on(row)


def test_a_column_in_which_a_yes_permits_is_not_mapped_to_one_in_which_it_forbids() -> None:
    person = {
        "external_contact_id": "P-1",
        "name": "Ulla",
        "email": "u@example.com",
        "Accepts Email Marketing": "no",
    }
    look = Headings.of("it", {"Accepts Email Marketing": "opt_out.email"})

    with pytest.raises(SourceError, match="means the contrary"):
        look.layout(list(person), complete=True)
