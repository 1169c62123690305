"""Campaigns by name, each with the settings and rule packs of its last run."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from outreach.errors import SettingsError, UnknownCampaign
from outreach.ledger.database.schema import campaigns
from outreach.ledger.ledger import Ledger
from outreach.settings import CampaignSettings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}\Z")  # `$` would let a line break pass


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as the ledger knows it. `stopped` says why new contacts were stopped, or is None."""

    id: int
    name: str
    settings: CampaignSettings
    packs_hash: str
    stopped: str | None


def check_name(name: str) -> None:
    """Raise SettingsError unless the name can be a campaign's: it also names files."""
    if not NAME.match(name):
        raise SettingsError(
            f"{name!r} cannot name a campaign.",
            "Use letters, digits, spaces, '.', '_' and '-', at most 100, and begin with a letter or digit.",
        )


def find_campaign(ledger: Ledger, name: str) -> Campaign:
    """The campaign of that name.

    Raises:
        UnknownCampaign: naming the campaigns that there are.
    """
    for row in ledger.db.rows(select(campaigns).where(campaigns.c.name == name)):
        return _read(row)
    names = ledger.db.values(select(campaigns.c.name).order_by(campaigns.c.id.desc()).limit(5))
    known = ", ".join(names) or "none yet"
    raise UnknownCampaign(f"There is no campaign {name!r} in this ledger.", f"It knows: {known}.")


def list_campaigns(ledger: Ledger) -> list[Campaign]:
    """All campaigns of the ledger."""
    return [_read(row) for row in ledger.db.rows(select(campaigns))]


def _read(row: Row[Any]) -> Campaign:
    settings = CampaignSettings.model_validate_json(row.settings)
    return Campaign(row.id, row.name, settings, row.packs_hash, row.stopped)
