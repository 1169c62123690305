"""A ledger of 0.1.0 goes on to its end: `ledger_0_1_0.sql` was written by that version, in its words.

spring   C-1, C-8 started; C-3 in doubt (it happened); C-7 in doubt (it did not); C-2 held without a zone;
         C-4 deferred until Tokyo's morning; C-5 suppressed; C-6 not registered
autumn   its process died: C-21 and C-22 stand between intent and answer (only C-21's happened),
         C-23 to C-26 cleared and leased to the dead, C-27 and C-28 just loaded
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from outreach.campaign.loading import load_source
from outreach.campaign.reconciliation import recover
from outreach.contacts import Channel, Contact
from outreach.genesys.interface import Attempt, Engagement
from outreach.ledger.campaigns import list_campaigns
from outreach.ledger.database.schema import campaigns, contacts, intents
from outreach.ledger.ledger import Ledger
from outreach.ledger.migrations.migrate import VERSION_TABLE
from outreach.ledger.proof import Proof, prove
from outreach.ledger.recent_contacts import find_taken
from outreach.ledger.runs import enter_campaign
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_source
from tests.support.clocks import SetClock
from tests.support.ledgers import NOON, advance, load, new_ledger, new_run, people, states
from tests.support.organisations import Organisation

SETTINGS = CampaignSettings(
    message="Hello", threads=1, look_after_seconds=(30, 60), stop_unknown_rate=1, stop_failure_rate=1
)
HAPPENED = {
    "a14b2a8f3be0d01d": "C-1",
    "bfe88e645cb38c5a": "C-3",
    "d943e5f45be01631": "C-8",
    "554fbf6d3e88107f": "C-21",
}
"""The references that Genesys had taken, and whose they are."""


@pytest.fixture
def clock() -> SetClock:
    """The next morning in Tokyo, the evening before in New York."""
    return SetClock(NOON + timedelta(hours=7))


@pytest.fixture
def genesys() -> Organisation:
    organisation = Organisation()
    for reference, name in HAPPENED.items():
        attempt = Attempt(reference, name, f"g-{name}", Channel.SMS, "", NOON)
        organisation.start(Engagement(attempt, Contact.forgotten(name), ""))
    organisation.contacted.clear()  # from here on only what the newer version starts
    return organisation


@contextlib.contextmanager
def older_ledger(folder: Path, clock: SetClock) -> Iterator[Ledger]:
    stored = Path(__file__).with_name("ledger_0_1_0.sql").read_text()
    with contextlib.closing(sqlite3.connect(folder / "ledger.db")) as database:
        database.executescript(stored)
    with new_ledger(folder, clock) as ledger:
        yield ledger


def go_on(ledger: Ledger, genesys: Organisation, campaign: str, clock: SetClock) -> Proof:
    with new_run(ledger, genesys, SETTINGS, name=campaign) as run:
        for _ in SETTINGS.look_after_seconds:  # a doubt takes its looks, with a while between
            recover(run)
            advance(run)
            clock.sleep(300)
        recover(run)
        return prove(ledger, run.campaign)


def test_who_was_in_doubt_deferred_or_held_is_seen_to_the_end(
    tmp_path: Path, clock: SetClock, genesys: Organisation
) -> None:
    with older_ledger(tmp_path, clock) as ledger:
        with new_run(ledger, genesys, SETTINGS) as run:  # a person adds the zone that was missing
            load(run, [{**people(1, first=2)[0], "email": None, "sms": "+882161234567"}])
        proof = go_on(ledger, genesys, "spring", clock)

        ended = {name: state for name, state in states(ledger).items() if int(name[2:]) < 20}
        assert ended == {
            "C-1": "started",
            "C-2": "started",
            "C-3": "started",
            "C-4": "started",
            "C-5": "blocked:suppressed",
            "C-6": "failed:not_registered:bad.request",
            "C-7": "held:outcome_unknown",
            "C-8": "started",
        }
        assert (proof.balanced, proof.contacted_twice, proof.audit) == (True, 0, "ok")
        assert sorted(call.attempt.external_contact_id for call in genesys.contacted) == ["C-2", "C-4"]


def test_a_campaign_whose_process_died_in_mid_run_goes_on(
    tmp_path: Path, clock: SetClock, genesys: Organisation
) -> None:
    with older_ledger(tmp_path, clock) as ledger:
        proof = go_on(ledger, genesys, "autumn", clock)

    assert proof.states == {"started": 7, "held": 1}
    assert (proof.balanced, proof.contacted_twice, proof.audit) == (True, 0, "ok")
    contacted = sorted(call.attempt.external_contact_id for call in genesys.contacted)
    assert contacted == [f"C-{number}" for number in range(23, 29)]


def test_whom_an_older_ledger_contacted_is_found_by_the_keys_of_today(
    tmp_path: Path, clock: SetClock
) -> None:
    with older_ledger(tmp_path, clock) as ledger:
        query = select(intents.c.campaign_id, intents.c.channel, contacts.c.id, contacts.c.payload)
        for row in ledger.db.rows(query.join(contacts, contacts.c.id == intents.c.contact_id)):
            channels = Contact.model_validate_json(ledger.vault.open(row.payload)).channels
            address = channels.addresses()[Channel(row.channel)]

            assert find_taken(ledger, row.campaign_id, [address]) == {address: row.id}


def test_a_campaign_whose_threads_an_earlier_build_left_open_is_read(tmp_path: Path) -> None:
    with new_ledger(tmp_path) as ledger:
        enter_campaign(ledger, "spring", CampaignSettings(), "packs")
        unset = func.replace(campaigns.c.settings, '"threads":0', '"threads":null')
        with ledger.db.write() as connection:
            connection.execute(update(campaigns).values(settings=unset))
        assert '"threads":null' in str(ledger.db.value(select(campaigns.c.settings)))

        [found] = list_campaigns(ledger)

    assert found.settings.threads == 0


def test_what_an_older_ledger_read_is_read_once_more_for_whom_it_refuses(
    tmp_path: Path, clock: SetClock
) -> None:
    rows = tmp_path / "people.csv"
    rows.write_text(
        "external_contact_id,name,sms,opt_out\nC-1,A,+13175550001,\nC-2,B,+13175550001,yes\n",
        encoding="utf-8",
    )
    with new_ledger(tmp_path, clock) as ledger, new_run(ledger, Organisation(), SETTINGS) as run:
        load_source(run, open_source(str(rows)))
        with ledger.db.write() as connection:
            connection.exec_driver_sql("DROP TABLE refusals")
            connection.exec_driver_sql("DROP TABLE refusers")
            connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0011'")

    with new_ledger(tmp_path, clock) as ledger, new_run(ledger, Organisation(), SETTINGS) as run:
        load_source(run, open_source(str(rows)))
        advance(run)

        assert states(ledger) == {"C-1": "held:address_refused", "C-2": "blocked:consent_refused"}
