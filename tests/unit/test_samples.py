"""The people that the demo and `outreach up` contact are invented, and stand nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.up import SAMPLE

ROOT = Path(__file__).parents[2]
SAMPLES = {"up": SAMPLE, "demo": (ROOT / "cli" / "contacts.csv").read_text()}
ADDRESS = re.compile(r"\+\d{8,}|[\w.]+@[\w.]+")


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_address_of_a_sample_is_the_example_of_a_form_where_selfscan_would_find_it(sample: str) -> None:
    told = "".join(path.read_text() for room in ("flows", "blocks") for path in (ROOT / room).glob("*.py"))

    assert {found for found in ADDRESS.findall(SAMPLES[sample]) if found in told} == set()
