"""The rules of time zones that are pinned are those that are read, whatever the machine has."""

from __future__ import annotations

import ast
import csv
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from importlib import metadata, resources
from pathlib import Path
from zoneinfo import ZoneInfoNotFoundError

import pytest

from outreach.compliance import Facts, Gate, Verdict
from outreach.contacts import Channels, Contact
from outreach.settings import CampaignSettings
from outreach.zones import find_version, made_by, open_zone
from tests.support.old_zones import write_old_zones

ROOT = Path(__file__).parents[2]
PARTS = ("outreach", "tasks", "flows", "blocks", "deployments", "cli", "emulator")
READ_THE_MACHINE = {"zoneinfo", "pytz", "dateutil", "tzlocal"}
CHANGED = list(csv.DictReader((ROOT / "tests/unit/compliance/changed_zones.csv").read_text().splitlines()))
"""Where 2024a and 2026f differ from 2025 on: found by comparing the two packages hour by hour."""
OFFSET = """
import zoneinfo, datetime, outreach.zones
at = datetime.datetime(2026, 12, 15, 15, 30, tzinfo=datetime.timezone.utc)
for zone in (zoneinfo.ZoneInfo("America/Vancouver"), outreach.zones.open_zone("America/Vancouver")):
    print(at.astimezone(zone).hour)
"""


def test_only_one_module_opens_zones() -> None:
    modules = [path for part in PARTS for path in (ROOT / part).rglob("*.py")]

    reading = {path.relative_to(ROOT).as_posix() for path in modules if _imports(path) & READ_THE_MACHINE}

    assert (reading, len(modules) > 200) == ({"outreach/zones.py"}, True)


def _imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in names}


def test_an_old_copy_on_the_search_path_is_not_read(tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONTZPATH": str(write_old_zones(tmp_path))}

    by_python, by_us = subprocess.check_output([sys.executable, "-c", OFFSET], env=env, text=True).split()

    assert (by_python, by_us) == ("7", "8")


@pytest.mark.parametrize("row", CHANGED, ids=[f"{row['zone']} {row['changed_at']}" for row in CHANGED])
def test_both_sides_of_each_change_since_2024_are_decided_by_the_new_rules(row: dict[str, str]) -> None:
    gate, who = Gate(CampaignSettings()), _person(row["zone"])
    changed_at = datetime.fromisoformat(row["changed_at"].replace("Z", "+00:00"))
    second = timedelta(seconds=1)
    for side, days, instant in (("before", -3, changed_at - second), ("after", 2, changed_at)):
        offset = timedelta(hours=int(row[side]))
        day = (changed_at + timedelta(days=days)).date()
        opens = datetime(day.year, day.month, day.day, 8, tzinfo=timezone(offset))

        assert instant.astimezone(open_zone(row["zone"])).utcoffset() == offset
        assert gate.decide(who, Facts(), opens).verdict is Verdict.ALLOWED
        assert gate.decide(who, Facts(), opens - second).next_allowed_at == opens


def _person(zone: str) -> Contact:
    channels = Channels(sms="+15551234567")
    return Contact(external_contact_id="z", name="Z", channels=channels, time_zone=zone)


@pytest.mark.parametrize("name", ["", "Eastern", "../tzdata", "America", "America/new_york", "zone.tab"])
def test_what_is_no_zone_is_not_opened(name: str) -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        open_zone(name)


def test_the_version_is_the_packages_and_its_age_is_known() -> None:
    assert find_version() == metadata.version("tzdata")
    assert (resources.files("tzdata") / "zoneinfo" / "tzdata.zi").is_file()
    assert f"\ntzdata=={find_version()}\n" in (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize(
    ("version", "day"),
    [
        ("2026.6", "2026-10-31"),
        ("2026.1", "2026-10-31"),
        ("2025.2", "2025-12-31"),
        ("2026.7", "2026-10-31"),
        ("2028.1", "2028-01-01"),
    ],
)
def test_the_age_of_a_version_is_never_overstated(version: str, day: str) -> None:
    assert made_by(version).isoformat() == day
