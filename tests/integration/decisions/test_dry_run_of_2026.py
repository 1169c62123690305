"""A dry run where a good guess is an hour or a law off: on a machine of 2025, by number, and with `EST`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from outreach.settings import CampaignSettings
from tests.support.decisions import decide
from tests.support.old_zones import write_old_zones

COMMAND = "from cli.main import main; main()"


@pytest.mark.parametrize(
    ("at", "number", "verdict", "next_allowed_at"),
    [
        ("2026-12-15T15:30:00Z", "+16042345678", "allowed", None),  # 8:30 in Vancouver; 7:30 by 2025b
        ("2026-12-16T02:30:00Z", "+12042345678", "deferred", "2026-12-16T13:00:00+00:00"),  # 21:30; 20:30
    ],
    ids=["Vancouver", "Winnipeg"],
)
def test_a_machine_of_2025_decides_by_the_rules_of_2026(
    tmp_path: Path, at: str, number: str, verdict: str, next_allowed_at: str | None
) -> None:
    (tmp_path / "one.csv").write_text(f"external_contact_id,name,sms\nA-1,Ann,{number}\n")
    bare = {
        name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ
    }  # no Prefect server
    env = {**bare, "HOME": str(tmp_path), "PYTHONTZPATH": str(write_old_zones(tmp_path / "zones"))}
    words = ["run", "one.csv", "--campaign", "c", "--dry-run", "--at", at, "--json"]

    said = subprocess.check_output([sys.executable, "-c", COMMAND, *words], cwd=tmp_path, env=env)

    [decision] = json.loads(said)["decisions"]
    assert (decision["verdict"], decision["next_allowed_at"]) == (verdict, next_allowed_at)


@pytest.mark.parametrize(
    ("at", "zone", "verdict", "next_allowed_at"),
    [
        # Santiago goes from -4 to -3 at midnight of 6 September 2026, and back as 3 April 2027 ends.
        ("2026-09-06T00:30:00", "America/Santiago", "allowed", None),  # 20:30 of the 5th, at -4
        ("2026-09-06T01:30:00", "America/Santiago", "deferred", "2026-09-06T11:00:00+00:00"),  # 8:00 at -3
        ("2026-09-07T00:30:00", "America/Santiago", "deferred", "2026-09-07T11:00:00+00:00"),  # 21:30
        ("2027-04-03T23:30:00", "America/Santiago", "allowed", None),  # 20:30 at -3
        ("2027-04-04T00:30:00", "America/Santiago", "deferred", "2027-04-04T12:00:00+00:00"),  # 8:00 at -4
        ("2027-04-04T11:30:00", "America/Santiago", "deferred", "2027-04-04T12:00:00+00:00"),  # 7:30
        ("2026-06-15T11:30:00", "America/Punta_Arenas", "allowed", None),  # -3 all year: 8:30
        # Cairo goes from +2 to +3 at midnight of 24 April 2026, and back as 29 October ends.
        ("2026-04-23T18:30:00", "Africa/Cairo", "allowed", None),  # 20:30 at +2
        ("2026-04-23T19:30:00", "Africa/Cairo", "deferred", "2026-04-24T05:00:00+00:00"),  # 8:00 at +3
        ("2026-04-24T18:30:00", "Africa/Cairo", "deferred", "2026-04-25T05:00:00+00:00"),  # 21:30
        ("2026-10-29T17:30:00", "Africa/Cairo", "allowed", None),  # 20:30 at +3
        ("2026-10-29T18:30:00", "Africa/Cairo", "deferred", "2026-10-30T06:00:00+00:00"),  # 8:00 at +2
        ("2026-10-30T05:30:00", "Africa/Cairo", "deferred", "2026-10-30T06:00:00+00:00"),  # 7:30
    ],
)
def test_a_dry_run_over_a_change_of_clocks_decides_by_the_time_on_the_wall(
    at: str, zone: str, verdict: str, next_allowed_at: str | None
) -> None:
    person = {"external_contact_id": "A-1", "name": "Ann", "sms": "+12125550123", "time_zone": zone}
    instant = datetime.fromisoformat(at).replace(tzinfo=timezone.utc)

    [found] = decide([person], at=instant, settings=CampaignSettings(message="Hello"))

    decision = found.as_json()
    assert (decision["verdict"], decision["next_allowed_at"]) == (verdict, next_allowed_at)


@pytest.mark.parametrize(
    ("at", "row", "next_allowed_at"),
    [
        # South Sudan left Nairobi's time in 2021; libphonenumber has not.
        ("2026-12-15T05:05:00", {"sms": "+211977123456"}, "2026-12-15T06:00:00+00:00"),
        ("2026-12-03T01:30:00", {"sms": "+13055550123", "time_zone": "EST"}, "2026-12-03T13:00:00+00:00"),
        (
            "2026-12-03T01:30:00",
            {"sms": "+13055550123", "time_zone": "Etc/GMT+5"},
            "2026-12-03T13:00:00+00:00",
        ),
        # All of Pernambuco was Noronha's to libphonenumber, an hour to the east.
        ("2026-12-15T10:30:00", {"sms": "+5581987654321"}, "2026-12-15T11:00:00+00:00"),
        (
            "2026-12-15T13:30:00",
            {"sms": "+12125550123", "postal_code": "94105.O"},
            "2026-12-15T18:00:00+00:00",
        ),
    ],
)
def test_number_and_law_are_those_of_the_place(at: str, row: dict[str, str], next_allowed_at: str) -> None:
    settings = CampaignSettings(message="Hello", rules=("us-federal", "us-states"))
    people = [{"external_contact_id": "A-1", "name": "Ann", **row}]

    [found] = decide(people, at=datetime.fromisoformat(at).replace(tzinfo=timezone.utc), settings=settings)

    assert found.as_json()["reasons"] == ["outside_hours"]
    assert found.as_json()["next_allowed_at"] == next_allowed_at
