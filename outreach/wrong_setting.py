"""What is wrong with a campaign's settings: one sentence that names the first of them, and what it may be."""

import re
from difflib import get_close_matches

from pydantic import ValidationError

from outreach.errors import SettingsError
from outreach.settings import CampaignSettings

_WORD = re.compile(r"[A-Za-z_-]{1,30}\Z")
"""What may be repeated: anything else may be somebody's number or a text."""


def wrong_setting(error: ValidationError, place: str = "", advice: str = "") -> SettingsError:
    """The error that people read; `place` is where the settings are, like " in settings.json"."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]") or "settings"
    if first["type"] == "extra_forbidden":
        near = get_close_matches(where, CampaignSettings.model_fields, n=1) if len(first["loc"]) == 1 else []
        return SettingsError(
            f"There is no setting {where}{place}.", advice or (f"Did you mean {near[0]}?" if near else "")
        )
    if first["type"] == "enum":
        given = f"is {first['input']!r} and " if _WORD.match(str(first["input"])) else ""
        return SettingsError(f"The setting {where}{place} {given}must be {first['ctx']['expected']}.", advice)
    return SettingsError(f"The setting {where}{place} is wrong: {first['msg'].rstrip('.')}.", advice)
