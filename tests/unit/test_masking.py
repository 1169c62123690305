"""What Prefect keeps of a run's parameters is what Prefect itself would make of them."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from prefect import Flow

from flows.masking import private_flow
from outreach.contacts import Channel
from outreach.settings import CampaignSettings, FrequencyCap


@private_flow(name="of-a-test")
def of_a_test(source: object, campaign: str, webhook: str | None, settings: object, most: int) -> None: ...


@pytest.mark.parametrize(
    "settings",
    [
        CampaignSettings(),
        CampaignSettings(
            message="Hi {{ name }}",
            channel_order=(Channel.EMAIL, Channel.SMS),
            expires_at=datetime(2027, 1, 1, tzinfo=timezone.utc),
            caps=(FrequencyCap(contacts=1, hours=24),),
            hours_bind=(),
        ),
        {"a": datetime(2027, 1, 1, tzinfo=timezone.utc)},
        (1, 2),
    ],
)
def test_the_short_way_keeps_the_same(settings: object) -> None:
    given = {"source": "people.csv", "campaign": "c", "webhook": None, "settings": settings, "most": 3}
    assert of_a_test.serialize_parameters(given) == Flow.serialize_parameters(of_a_test, given)
