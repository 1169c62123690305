"""Campaigns by name, each with the settings and rule packs of its last run."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Row, select

from outreach.errors import SettingsError, UnknownCampaign
from outreach.ledger.database.schema import campaigns
from outreach.ledger.ledger import Ledger
from outreach.settings import CampaignSettings
from outreach.wrong_setting import wrong_setting

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}\Z")  # `$` would let a line break pass


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as the ledger knows it. `stopped` says why new contacts were stopped, or is None.

    `zone_rules`: the version of the time zones' rules, like `packs_hash` of its last run.
    """

    id: int
    name: str
    settings: CampaignSettings
    packs_hash: str
    stopped: str | None
    zone_rules: str = ""


def settle_name(ledger: Ledger | None, name: str, *, is_new: bool = False) -> str:
    """The campaign's name as the ledger knows it, if there is one yet; else without outer and double spaces.

    With `is_new` another campaign is meant, although one that is known differs by case only.

    Raises:
        SettingsError: it cannot be a name, since it also names files; or it differs from a known one by case
            only, and nobody said that this is meant.
    """
    tidy = _tidy(name)
    if not NAME.match(tidy):
        raise SettingsError(
            f"{name!r} cannot name a campaign.",
            "Use letters, digits, spaces, '.', '_' and '-', at most 100, and begin with a letter or digit.",
        )
    known = _list_names(ledger, name) if ledger else []
    if found := _find_name(known, name):
        return found
    if not is_new and (alike := _find_alike(known, tidy)):
        raise SettingsError(
            f"There is a campaign {alike!r} already, and {tidy!r} differs from it by case only.",
            "Write the known name to go on with it. Where another one is meant: --another-campaign, or the "
            "setting 'Another campaign'.",
        )
    return tidy


def find_campaign(ledger: Ledger, name: str) -> Campaign:
    """The campaign of that name, whatever its spaces.

    Raises:
        UnknownCampaign: naming one that differs by case only, else the campaigns that there are.
    """
    known = _list_names(ledger, name)
    if found := _find_name(known, name):
        return _read(ledger.db.rows(select(campaigns).where(campaigns.c.name == found))[0])
    alike = _find_alike(known, _tidy(name))
    advice = f"There is {alike!r}." if alike else f"It knows: {', '.join(known[:5]) or 'none yet'}."
    raise UnknownCampaign(f"There is no campaign {name!r} in this ledger.", advice)


def _list_names(ledger: Ledger, name: str) -> Sequence[str]:
    """This very name alone where it is known, else all, the newest first: 1.2 ms where there are 1,000."""
    c = campaigns.c
    very = ledger.db.values(select(c.name).where(c.name == name))
    return very or ledger.db.values(select(c.name).order_by(c.id.desc()))


def _find_name(known: Sequence[str], name: str) -> str | None:
    """Which of the known names is meant: this very one, else one that differs by spaces only."""
    if name in known:  # an older ledger may have several that do
        return name
    return min((each for each in known if _tidy(each) == _tidy(name)), key=len, default=None)


def _find_alike(known: Sequence[str], tidy: str) -> str | None:
    return next((each for each in known if _tidy(each).casefold() == tidy.casefold()), None)


def _tidy(name: str) -> str:
    # Spaces only: a line break is no slip of the thumb, and is refused.
    return re.sub(" +", " ", name.strip(" "))


def list_campaigns(ledger: Ledger) -> list[Campaign]:
    """All campaigns of the ledger."""
    return [_read(row) for row in ledger.db.rows(select(campaigns))]


def has_any(ledger: Ledger) -> bool:
    """Whether there is a campaign."""
    return ledger.db.value(select(campaigns.c.id).limit(1)) is not None


def _read(row: Row[Any]) -> Campaign:
    try:
        settings = CampaignSettings.model_validate_json(row.settings)
    except ValidationError as error:
        place = f" of campaign {row.name!r} in the ledger"
        raise wrong_setting(error, place, "Another version wrote it: go on with that one.") from None
    return Campaign(row.id, row.name, settings, row.packs_hash, row.stopped, row.zone_rules)
