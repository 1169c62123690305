"""Reads the golden table, and makes what its rows speak of."""

from __future__ import annotations

import csv
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

from outreach.compliance import Gate
from outreach.contacts import Channels, Contact
from outreach.settings import CampaignSettings

HERE = Path(__file__).parents[1] / "unit" / "compliance"
OWN_PACKS = {"night", "dated"}

Case = dict[str, str]
"""One row, by its column: who, when (`at`, UTC), under which `packs`, and what must come out.

`zones` and `rules` are what a person found to apply, for the second opinion; empty where nothing does.
"""


def read_cases() -> list[Case]:
    """Every row."""
    with (HERE / "golden.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@lru_cache
def open_gate(packs: str) -> Gate:
    """The gate of a campaign with these packs."""
    return Gate(CampaignSettings(rules=name_packs(packs)))


def name_packs(packs: str) -> tuple[str, ...]:
    """The packs as settings name them."""
    return tuple(str(HERE / f"{name}.json") if name in OWN_PACKS else name for name in packs.split())


def make_contact(case: Case) -> Contact:
    """The person of a row."""
    return Contact(
        external_contact_id="golden",
        name="Golden",
        channels=Channels(sms=case["number"] or None, email=case["email"] or None),
        time_zone=case["time_zone"] or None,
        postal_code=case["postal_code"] or None,
    )


def read_instant(text: str) -> datetime:
    """A time of the table, which is in UTC."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
