"""What must always hold, hundreds of contacts, instants, weeks and clock changes of each kind."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.compliance import Facts
from outreach.compliance.windows import Week
from outreach.contacts import Channel, Contact
from outreach.settings import CampaignSettings
from tests.support import claims
from tests.support.fuzzing import tries
from tests.support.golden_table import Case

at_length = settings(max_examples=tries(100), deadline=None)


@at_length
@given(claims.people, claims.instants)
def test_nobody_is_allowed_outside_the_allowed_set_and_the_next_time_is_the_first(
    case: Case, at: datetime
) -> None:
    claims.check_against_the_oracle(case, at)


@at_length
@given(claims.weeks, st.sampled_from(claims.ZONES), claims.instants)
def test_any_week_holds_in_zones_whose_clocks_jump(week: Week, zone: str, at: datetime) -> None:
    claims.check_week(week, zone, int(at.timestamp()))


@at_length
@given(claims.campaigns, claims.contacts, claims.facts, claims.instants)
def test_every_decision_is_whole_and_explaining_it_changes_nothing(
    campaign: CampaignSettings, contact: Contact, known: Facts, at: datetime
) -> None:
    claims.check_form(campaign, contact, known, at)


@at_length
@given(claims.campaigns, claims.contacts, claims.facts, claims.instants, st.sampled_from(list(Channel)))
def test_bad_news_never_allows_what_was_not_allowed(
    campaign: CampaignSettings, contact: Contact, known: Facts, at: datetime, channel: Channel
) -> None:
    claims.check_monotone(campaign, contact, known, at, channel)
