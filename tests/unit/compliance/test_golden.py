"""The golden table: who, when, under which packs, and what must come out. See docs/compliance.md."""

from __future__ import annotations

import pytest

from outreach.compliance import Facts
from tests.support import oracle
from tests.support.golden_table import Case, make_contact, open_gate, read_cases, read_instant

CASES = read_cases()


@pytest.mark.parametrize("case", CASES, ids=[case["why"] for case in CASES])
def test_the_verdict_and_the_next_allowed_time_are_those_of_the_table(case: Case) -> None:
    gate = open_gate(case["packs"])

    decision = gate.decide(make_contact(case), Facts(), read_instant(case["at"]))

    expected = read_instant(case["next_allowed_at"]) if case["next_allowed_at"] else None
    assert (decision.verdict.value, decision.next_allowed_at) == (case["verdict"], expected)


def test_a_second_opinion_agrees_with_the_table() -> None:
    by_zone_and_rule = [case for case in CASES if case["rules"]]

    differing = [case["why"] for case in by_zone_and_rule if _ask_the_oracle(case) != case["next_allowed_at"]]

    assert (differing, len(by_zone_and_rule) > 200) == ([], True)


def test_the_table_is_large_enough_to_mean_something() -> None:
    assert len(CASES) >= 150
    assert len({case["why"] + case["at"] + case["number"] for case in CASES}) == len(CASES)


def _ask_the_oracle(case: Case) -> str:
    at = read_instant(case["at"])
    found = oracle.find_next(oracle.zones_of(case["zones"]), case["rules"].split(), at)
    return f"{found:%Y-%m-%dT%H:%M:%SZ}" if found and found != at else ""
