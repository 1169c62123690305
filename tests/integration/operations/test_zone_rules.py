"""By which rules of time zones a run decided is recorded, and preflight says when they are old or differ."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import orjson
import pytest
from sqlalchemy import insert, select, update

from outreach.errors import LedgerError
from outreach.genesys.http.auth import SealedToken
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.database.schema import audit, campaigns, executors
from outreach.ledger.ledger import Ledger
from outreach.ledger.runs import enter_campaign
from outreach.operations.preflight import Check, Level, Targets, check_ledger
from outreach.report.figures.gather import gather
from outreach.report.tables import rules
from outreach.settings import CampaignSettings
from outreach.zones import find_version
from tests.support.clocks import SetClock
from tests.support.ledgers import new_ledger

RELEASED = datetime(2026, 11, 28, tzinfo=timezone.utc)


def check_zones(folder: Path, at: datetime, others: tuple[str, ...] = ()) -> Check:
    clock = SetClock(at)

    @contextlib.contextmanager
    def ledger() -> Iterator[Ledger]:
        with new_ledger(folder, clock) as opened:
            for name in others:
                with opened.db.write() as connection:
                    entry = {"id": name, "host": "elsewhere", "pid": 1, "born": "", "zone_rules": name}
                    connection.execute(insert(executors).values(seen_at=opened.db.now(clock), **entry))
            yield opened

    def login() -> SealedToken:
        raise LedgerError("Nobody logs in here.")

    means = Targets(ledger, login, lambda _: new_ledger(folder, clock), None, 0, clock)  # type: ignore[arg-type, return-value]
    [found] = [check for check in check_ledger(means) if check.name == "time zones"]
    return found


def test_new_rules_that_everybody_has_are_fine(tmp_path: Path) -> None:
    found = check_zones(tmp_path, RELEASED, (find_version(),))

    assert (found.level, find_version() in found.what) == (Level.OK, True)


def test_rules_of_half_a_year_ago_are_old(tmp_path: Path) -> None:
    found = check_zones(tmp_path, RELEASED.replace(year=2027))

    assert (found.level, "393 days old" in found.what) == (Level.WARN, True)


def test_a_living_process_with_other_rules_is_named(tmp_path: Path) -> None:
    found = check_zones(tmp_path, RELEASED, (find_version(), "2025.2"))

    assert (found.level, "another process on this ledger has 2025.2" in found.what) == (Level.WARN, True)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with new_ledger(tmp_path, SetClock(RELEASED)) as opened:
        yield opened


def test_each_run_records_the_rules_and_the_report_shows_them(ledger: Ledger) -> None:
    campaign = enter_campaign(ledger, "spring", CampaignSettings(), "sha256:0")

    assert find_campaign(ledger, "spring").zone_rules == campaign.zone_rules == find_version()
    noted = [orjson.loads(text) for text in ledger.db.values(select(audit.c.detail))]
    assert {"packs": "sha256:0", "zones": find_version()} in noted
    assert ("Time zones' rules", f"tzdata {find_version()}") in rules(gather(ledger, campaign)).rows


def test_a_campaign_of_before_says_nothing_of_its_rules(ledger: Ledger) -> None:
    campaign = enter_campaign(ledger, "spring", CampaignSettings(), "sha256:0")
    with ledger.db.write() as connection:
        connection.execute(update(campaigns).values(zone_rules=""))

    shown = rules(gather(ledger, find_campaign(ledger, campaign.name))).rows

    assert not any("tzdata" in cell for row in shown for cell in row)
