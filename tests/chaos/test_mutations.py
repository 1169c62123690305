"""Never twice rests on a few lines: without any one of them, a test fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Mutation:
    """A line of the product as somebody might break it, and the tests that must notice."""

    file: str
    line: str
    broken: str
    tests: str


HANDING_OVER = "tests/integration/campaign/test_handing_over.py"
MUTATIONS = {
    "nobody checks again before a call": Mutation(
        "outreach/campaign/interaction.py",
        "            recheck(run, item)",
        "            recheck  # noqa: B018",
        "tests/integration/campaign/test_moment_of_contact.py",
    ),
    "nobody says that a call leaves": Mutation(
        "outreach/campaign/interaction.py",
        "            _note_that_it_leaves(run, item)",
        "            _note_that_it_leaves  # noqa: B018",
        "tests/integration/ledger/test_send_log.py",
    ),
    "a call in doubt is made again": Mutation(
        "outreach/genesys/http/retries.py",
        "isinstance(error, Ambiguous) and not creates",
        "isinstance(error, Ambiguous)",
        "tests/integration/genesys/test_outcomes.py",
    ),
    "a read time-out is taken for a refusal": Mutation(
        "outreach/genesys/http/call_outcome.py",
        '(httpcore.ReadTimeout, Outcome.UNKNOWN, "read_timeout")',
        '(httpcore.ReadTimeout, Outcome.REFUSED, "read_timeout")',
        "tests/integration/genesys/test_outcomes.py",
    ),
    "contacts that are there are queued again": Mutation(
        "outreach/genesys/platform/campaigns.py",
        'params={"doNotQueue": "true", "clearSystemData": "false"}',
        'params={"clearSystemData": "false"}',
        f"{HANDING_OVER}::test_a_list_that_a_stranger_began_to_send_to_is_not_queued_again_nor_started",
    ),
    "a list without its attempt limits": Mutation(
        "outreach/genesys/platform/campaigns.py",
        '            "attemptLimits": {"id": limits},\n',
        "",
        f"{HANDING_OVER}::test_either_belt_alone_holds_against_a_strangers_recycle",
    ),
    "a campaign without its rule": Mutation(
        "outreach/genesys/platform/campaigns.py",
        '            "ruleSets": [{"id": rules}],\n',
        "",
        f"{HANDING_OVER}::test_either_belt_alone_holds_against_a_strangers_recycle",
    ),
    "a campaign without its hours": Mutation(
        "outreach/genesys/platform/campaigns.py",
        '            **({"callableTimeSet": {"id": times}} if times else {}),\n',
        "",
        f"{HANDING_OVER}::test_nobody_is_reached_at_night_whoever_starts_the_campaign",
    ),
    "a campaign that is faster than its sender": Mutation(
        "outreach/genesys/platform/engine.py",
        '60 if number.startswith("+1") else 600',
        "600",
        f"{HANDING_OVER}::test_it_goes_no_faster_than_the_senders_number_can",
    ),
    "what is complete is started": Mutation(
        "outreach/campaign/hand_overs/watching.py",
        '        if found.status not in ("on", "off"):\n            break\n',
        '        if found.status != "on":\n            route.start(hand_over.outbound_id)\n',
        f"{HANDING_OVER}::test_a_process_that_dies_at_a_step_costs_nobody_a_second_message_also_where_no_belt_binds"
        "[completes-stop]",
    ),
    "a server's error is taken for a refusal": Mutation(
        "outreach/genesys/http/call_outcome.py",
        "status in REFUSING or (status == 503 and retry_after)",
        "status in REFUSING or status >= 500",
        "tests/integration/genesys/test_outcomes.py",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_a_line_that_is_missing_is_missed(mutation: Mutation, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns(".*", "out", "docs", "*.pyc", "__pycache__")
    shutil.copytree(ROOT, copy, ignore=ignored)
    file = copy / mutation.file
    source = file.read_text()
    assert source.count(mutation.line) == 1
    file.write_text(source.replace(mutation.line, mutation.broken))

    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutation.tests]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300, check=False
    )

    assert done.returncode == 1, done.stdout[-2000:]
