"""Campaigns by name: made once, remembered with the settings and rule packs of their last run."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from outreach.errors import SettingsError, UnknownCampaign
from outreach.ledger.audit.chain import campaign_record
from outreach.ledger.database.schema import audit, campaigns
from outreach.ledger.ledger import Ledger
from outreach.settings import CampaignSettings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}\Z")


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


def enter_campaign(ledger: Ledger, name: str, settings: CampaignSettings, packs_hash: str) -> Campaign:
    """The campaign of that name, made when it is new; a run lifts an earlier stop.

    Raises:
        SettingsError: the name cannot be one: it also names files.
    """
    check_name(name)
    values = {"settings": settings.model_dump_json(), "packs_hash": packs_hash, "stopped": None}
    new = {"name": name, "created_at": ledger.clock.now(), **values}
    with ledger.db.write() as connection:
        made = ledger.db.insert(campaigns).values(new).on_conflict_do_nothing()
        connection.execute(made)
        named = update(campaigns).where(campaigns.c.name == name).values(values)
        campaign_id = int(connection.execute(named.returning(campaigns.c.id)).scalar_one())
        note(ledger, connection, campaign_id, "run", {"packs": packs_hash})
    return Campaign(campaign_id, name, settings, packs_hash, None)


def find_campaign(ledger: Ledger, name: str) -> Campaign:
    """The campaign of that name.

    Raises:
        UnknownCampaign: naming the campaigns that there are.
    """
    with ledger.db.read() as connection:
        row = connection.execute(select(campaigns).where(campaigns.c.name == name)).one_or_none()
        names = connection.execute(
            select(campaigns.c.name).order_by(campaigns.c.id.desc()).limit(5)
        ).scalars()
        if row is None:
            known = ", ".join(names) or "none yet"
            raise UnknownCampaign(f"There is no campaign {name!r} in this ledger.", f"It knows: {known}.")
    settings = CampaignSettings.model_validate_json(row.settings)
    return Campaign(row.id, row.name, settings, row.packs_hash, row.stopped)


def stop_campaign(ledger: Ledger, campaign: Campaign, reason: str) -> None:
    """Remember why new contacts were stopped."""
    with ledger.db.write() as connection:
        named = update(campaigns).where(campaigns.c.id == campaign.id)
        connection.execute(named.values(stopped=reason))
        note(ledger, connection, campaign.id, "stopped", {"reason": reason})


def note(
    ledger: Ledger, connection: Connection, campaign_id: int, action: str, detail: dict[str, object]
) -> None:
    """Append to the campaign's own chain of the audit."""
    connection.execute(insert(audit), campaign_record(ledger, connection, campaign_id, action, detail))


def note_file(ledger: Ledger, campaign_id: int, action: str, path: Path, **more: object) -> None:
    """Note a file with people's data: who wrote it, and where an erasure must look for them."""
    with ledger.db.write() as connection:
        note(ledger, connection, campaign_id, action, {"file": str(path.absolute()), **more})
