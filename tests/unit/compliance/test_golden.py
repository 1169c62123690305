"""The golden table: who, when, under which packs, and what must come out. See docs/compliance.md."""

from __future__ import annotations

import csv
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

import pytest

from outreach.compliance import Decision, Facts, Gate
from outreach.contacts import Channels, Contact
from outreach.settings import CampaignSettings
from tests.unit.compliance import oracle

HERE = Path(__file__).parent
OWN = {"night", "dated"}


def _read() -> list[dict[str, str]]:
    with (HERE / "golden.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


CASES = _read()


@lru_cache
def _gate(packs: str) -> Gate:
    names = [str(HERE / f"{name}.json") if name in OWN else name for name in packs.split()]
    return Gate(CampaignSettings(rules=tuple(names)))


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _decide(case: dict[str, str]) -> Decision:
    contact = Contact(
        external_contact_id="golden",
        name="Golden",
        channels=Channels(sms=case["number"] or None, email=case["email"] or None),
        time_zone=case["time_zone"] or None,
        postal_code=case["postal_code"] or None,
    )
    return _gate(case["packs"]).decide(contact, Facts(), _instant(case["at"]))


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_the_verdict_and_the_next_allowed_time_are_those_of_the_table(case: dict[str, str]) -> None:
    decision = _decide(case)

    expected = _instant(case["next_allowed_at"]) if case["next_allowed_at"] else None
    assert (decision.verdict.value, decision.next_allowed_at) == (case["verdict"], expected)


@pytest.mark.parametrize("case", [case for case in CASES if case["rules"]], ids=lambda case: case["why"])
def test_a_second_opinion_agrees_with_the_table(case: dict[str, str]) -> None:
    at, zones, rules = _instant(case["at"]), oracle.zones_of(case["zones"]), case["rules"].split()

    found = oracle.find_next(zones, rules, at)

    assert found == (_instant(case["next_allowed_at"]) if case["next_allowed_at"] else at)


def test_the_table_is_large_enough_to_mean_something() -> None:
    assert len(CASES) >= 150
    assert len({case["why"] + case["at"] + case["number"] for case in CASES}) == len(CASES)
