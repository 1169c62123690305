"""One campaign, one name, however its spaces are written; another case asks first (accident A11)."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, update

from outreach.errors import SettingsError, UnknownCampaign
from outreach.ledger.campaigns import find_campaign, list_campaigns
from outreach.ledger.database.schema import campaigns
from outreach.ledger.ledger import Ledger
from outreach.ledger.runs import enter_campaign
from tests.support.ledgers import CALM, advance, load, new_run, people
from tests.support.organisations import Organisation

SPELLINGS = ["Spring sale", " Spring sale", "Spring sale ", "Spring  sale", "  Spring   sale  "]


def names(ledger: Ledger) -> list[str]:
    return [each.name for each in list_campaigns(ledger)]


def make(ledger: Ledger, *older: str) -> None:
    """Campaigns as an older version named them."""
    with ledger.db.write() as connection:
        for name in older:
            connection.execute(insert(campaigns).values(name=name, created_at=ledger.clock.now()))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_spaces_are_no_part_of_a_name(ledger: Ledger, spelling: str) -> None:
    assert enter_campaign(ledger, spelling, CALM, "").name == "Spring sale"
    assert enter_campaign(ledger, "Spring sale", CALM, "").id == find_campaign(ledger, spelling).id
    assert names(ledger) == ["Spring sale"]


def test_nobody_is_contacted_by_each_spelling(ledger: Ledger, organisation: Organisation) -> None:
    for spelling in SPELLINGS:
        with new_run(ledger, organisation, name=spelling) as run:
            load(run, people(2))
            advance(run)

    assert len(organisation.contacted) == 2


@pytest.mark.parametrize("spelling", ["spring sale", "SPRING  SALE "])
def test_a_name_that_differs_by_case_only_asks_first(ledger: Ledger, spelling: str) -> None:
    enter_campaign(ledger, "Spring sale", CALM, "")

    with pytest.raises(SettingsError, match="'Spring sale'"):
        enter_campaign(ledger, spelling, CALM, "")
    with pytest.raises(UnknownCampaign, match="'Spring sale'"):
        find_campaign(ledger, spelling)
    assert names(ledger) == ["Spring sale"]


def test_another_campaign_that_is_meant_is_made_and_asks_no_more(ledger: Ledger) -> None:
    enter_campaign(ledger, "Spring", CALM, "")
    meant = CALM.model_copy(update={"another_campaign": True})

    other = enter_campaign(ledger, "spring", meant, "")

    assert enter_campaign(ledger, "spring", CALM, "").id == other.id
    assert enter_campaign(ledger, "Spring", CALM, "").id != other.id


def test_a_setting_of_a_later_version_is_named_in_one_sentence(ledger: Ledger) -> None:
    enter_campaign(ledger, "Spring", CALM, "")
    with ledger.db.write() as connection:
        connection.execute(update(campaigns).values(settings='{"route": "pigeon"}'))

    with pytest.raises(SettingsError, match="'pigeon' and must be 'agentless' or 'campaign'"):
        find_campaign(ledger, "Spring")


def test_campaigns_of_an_older_ledger_go_on_under_their_names(ledger: Ledger) -> None:
    older = ["Spring", "spring", "spring ", "Sum  mer"]
    make(ledger, *older)

    for name in older:
        assert enter_campaign(ledger, name, CALM, "").name == find_campaign(ledger, name).name == name
    assert enter_campaign(ledger, "Sum mer", CALM, "").name == "Sum  mer"
    assert names(ledger) == older


@pytest.mark.parametrize("name", ["", "  ", "spring\n", "a/b", " -x"])
def test_what_cannot_name_a_campaign_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(SettingsError, match="cannot name"):
        enter_campaign(ledger, name, CALM, "")
