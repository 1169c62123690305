"""Where a verb did nothing of what was hoped for, it says what else there is."""

from __future__ import annotations

from pathlib import Path

from outreach.errors import Refused
from outreach.ledger.opening import open_ledger
from outreach.settings import CampaignSettings
from tests.support.forks import outreach
from tests.support.ledgers import advance, load, new_run, people
from tests.support.organisations import Organisation

SETTINGS = CampaignSettings(message="Hello", hours_bind=())


def begin(folder: Path) -> str:
    """A ledger with two people whom Genesys refused; its URL."""
    organisation, url = Organisation(), f"sqlite:///{folder / 'ledger.db'}"
    organisation.will(Refused("start sms", 400, "no.such.sender", "", ""), times=2)
    with open_ledger(url) as ledger, new_run(ledger, organisation, SETTINGS) as run:
        load(run, people(2))
        advance(run)
    return url


def test_a_retry_that_takes_nobody_says_how_the_refused_go_again(tmp_path: Path) -> None:
    url = begin(tmp_path)

    done = outreach("retry", "spring", "--ledger", url, cwd=tmp_path)
    assert "2 contacts were refused by Genesys" in done.stdout
    assert "--refused" in done.stdout

    done = outreach("retry", "spring", "--refused", "--ledger", url, cwd=tmp_path)
    assert done.stdout == "2 contacts go again with the next run of spring.\n"


def test_an_erasure_that_finds_nobody_asks_for_the_id(tmp_path: Path) -> None:
    done = outreach("erase", "+13175550999", "--ledger", begin(tmp_path), cwd=tmp_path)
    assert "erase the external contact id" in done.stdout


def test_an_erasure_by_an_address_names_each_id_that_it_suppressed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    office = [{**person, "sms": "+13175550100"} for person in people(3)]
    with open_ledger(url) as ledger, new_run(ledger, Organisation(), SETTINGS) as run:
        load(run, [*office, {**office[0], "external_contact_id": "CRM-9", "sms": "+13175550199"}])

    done = outreach("erase", "+13175550100", "--ledger", url, cwd=tmp_path)

    ids = ", ".join(sorted(str(person["external_contact_id"]) for person in office))
    assert f"3 external contact ids: {ids}." in done.stdout
    assert "CRM-9" not in done.stdout


def test_an_erasure_of_somebody_who_had_rejected_rows_alone_names_their_id(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with open_ledger(url) as ledger, new_run(ledger, Organisation(), SETTINGS) as run:
        load(run, [{"external_contact_id": "EXT-7", "name": "Ada", "sms": "12"}])

    done = outreach("erase", "EXT-7", "--ledger", url, cwd=tmp_path)

    assert "1 external contact id: EXT-7." in done.stdout


def test_an_erasure_by_an_id_that_was_erased_before_says_so(tmp_path: Path) -> None:
    url = begin(tmp_path)
    outreach("erase", "C-1", "--ledger", url, cwd=tmp_path)

    done = outreach("erase", "C-1", "--ledger", url, cwd=tmp_path)

    assert "erased before" in done.stdout
    assert "that address" not in done.stdout
