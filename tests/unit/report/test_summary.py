from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from outreach.compliance.reasons import REASONS
from outreach.ledger.proof import Proof
from outreach.report.summary import list_checks, summary_sentence, verdict
from outreach.report.tables import mark
from outreach.report.wording import _WHY, clean, duration, explain, milliseconds

PROOF = Proof(
    campaign="spring",
    source_rows=206,
    accepted=191,
    rejected=15,
    duplicates=0,
    states={"started": 100, "ended": 82, "deferred": 9},
    reasons={"outside_hours": 9},
    contacted=182,
    contacted_twice=0,
    unknown=0,
    webhooks={"delivered": 182, "pending": 0, "dead": 0},
    audit="ok",
    balanced=True,
    missing=(),
    stopped=None,
)


def test_the_sentence_is_short_when_all_is_well() -> None:
    assert summary_sentence(PROOF) == "182 started, 9 deferred, 15 rejected, 0 unknown"


def test_the_sentence_adds_what_else_there_is() -> None:
    states = {**PROOF.states, "blocked": 3, "failed": 2, "held": 1, "cleared": 4, "accepted": 1}
    sentence = summary_sentence(replace(PROOF, states=states, duplicates=5))
    assert sentence.endswith("0 unknown, 3 blocked, 2 failed, 1 held, 5 duplicate, 5 under way")


def test_a_red_proof_says_what_does_not_hold() -> None:
    red = replace(PROOF, balanced=False, missing=("1 contacted twice",), contacted_twice=1)
    assert summary_sentence(red).endswith(". RED: 1 contacted twice")
    assert verdict(red) == "Red: 1 contacted twice."


def test_a_stopped_campaign_says_why() -> None:
    assert "Stopped: 6 of 20 attempts failed" in summary_sentence(
        replace(PROOF, stopped="6 of 20 attempts failed.")
    )


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({}, "✓"),
        ({"stopped": "6 of 20 attempts failed."}, "⚠"),
        ({"nobody_contacted": "5 failed."}, "⚠"),
        ({"stopped": "6 of 20 attempts failed.", "balanced": False}, "✗"),
    ],
)
def test_a_run_that_stopped_or_reached_nobody_looks_like_a_warning(
    changed: dict[str, Any], shown: str
) -> None:
    assert mark(replace(PROOF, **changed)) == shown


def test_every_line_holds_in_a_balanced_proof() -> None:
    assert all(check.holds for check in list_checks(PROOF))


@pytest.mark.parametrize(
    ("red", "cross"),
    [
        (replace(PROOF, rejected=14, missing=("a",)), "source rows = accepted + rejected + duplicates"),
        (replace(PROOF, states={"started": 3}, missing=("a",)), "accepted = sum of all states"),
        (replace(PROOF, contacted_twice=2, missing=("a",)), "contacted twice = 0"),
        (replace(PROOF, audit="broken", missing=("a",)), "audit chains intact"),
        (replace(PROOF, missing=("3 intents without an outcome",)), "3 intents without an outcome"),
        (replace(PROOF, missing=()), "every call has its outcome, and every contacted person an intent"),
    ],
)
def test_what_does_not_hold_has_a_cross(red: Proof, cross: str) -> None:
    crossed = [check.claim for check in list_checks(replace(red, balanced=False)) if not check.holds]
    assert [claim.startswith(cross) for claim in crossed] == [True]


def test_codes_of_genesys_keep_their_tail() -> None:
    assert explain("refused:invalid.number") == "Genesys Cloud refused the interaction (invalid.number)."
    assert explain("suppressed") == "The address is suppressed: opted out, or on a do-not-contact list."


def test_control_and_bidirectional_signs_are_shown_as_replaced() -> None:
    assert clean("a\x1b[31m\u202eb\nc") == "a\ufffd[31m\ufffdb c"
    assert len(clean("x" * 5000)) == 201


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.25, "0.2 s"),
        (59.6, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations_read_like_speech(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_milliseconds_have_the_digits_that_matter() -> None:
    assert [milliseconds(value) for value in (None, 1.25, 99.94, 450.4, 1250)] == [
        *("-", "1.2 ms", "99.9 ms", "450 ms", "1.25 s")
    ]


def test_no_explanation_quotes_an_address() -> None:
    sentences = [explain(code) for code in (*_WHY, *REASONS)]
    assert not [sentence for sentence in sentences if re.search(r"\d{6}|\w@\w", sentence)]
