"""A wrong setting is named in one sentence, with what it may be and nothing that may be somebody's."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from outreach.settings import CampaignSettings
from outreach.wrong_setting import wrong_setting

ROUTES = "'agentless' or 'campaign'"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"route": "campagne"}, f"The setting route is 'campagne' and must be {ROUTES}."),
        ({"route": "+13175550100"}, f"The setting route must be {ROUTES}."),
        ({"route": 7}, f"The setting route must be {ROUTES}."),
        ({"rute": "campaign"}, "There is no setting rute. Did you mean route?"),
        ({"caps": [{"contacts": 1, "hours": 2, "x": 1}]}, "There is no setting caps.0.x."),
        (
            {"messages": {"fax": "Hi"}},
            "The setting messages.fax is 'fax' and must be 'voice', 'sms', 'email' or 'chat'.",
        ),
        ({"threads": 129}, "The setting threads is wrong: Input should be less than or equal to 128."),
    ],
)
def test_the_sentence_says_which_setting_and_what_it_may_be(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CampaignSettings.model_validate(given)

    assert str(wrong_setting(caught.value)) == sentence
