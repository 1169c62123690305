"""What Prefect keeps of a run's parameters is what Prefect itself would make of them."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any

import pytest
from prefect import Flow
from prefect.exceptions import ParameterTypeError

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


def test_a_flow_with_other_options_masks_as_before() -> None:
    changed = of_another_test.with_options(name="with-other-options", retries=1)
    given = {"contact": {"external_contact_id": "C-1", "sms": "+13175550100"}, "source": "people.csv"}
    assert changed.name == "with-other-options"
    assert changed.serialize_parameters(given)["contact"] == {"external_contact_id": "C-1"}


@private_flow(name="of-another-test")
def of_another_test(contact: dict[str, Any] | str, source: object, most: int = 3) -> None: ...


ADA = {"external_contact_id": "EXT-1", "name": "Ada", "sms": "+13172000001", "metadata": {"$ref": "a block"}}


def test_a_wrong_parameter_is_said_without_the_persons_data(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("prefect.flows")
    logger.addHandler(caplog.handler)
    try:
        with pytest.raises(ParameterTypeError, match="most"):
            of_another_test.validate_parameters({"contact": ADA, "source": [ADA], "most": "many"})
    finally:
        logger.removeHandler(caplog.handler)
    assert "many" in caplog.text
    assert "Ada" not in caplog.text
    assert "+1317" not in caplog.text


def test_right_parameters_reach_the_flow_as_they_were_given() -> None:
    given = {"contact": ADA, "source": [ADA], "most": "7"}
    assert of_another_test.validate_parameters(given) == {**given, "most": 7}
