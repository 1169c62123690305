"""A campaign's runs: begun with their settings and rule packs, and stopped with a reason."""

from sqlalchemy import update

from outreach.ledger.audit.notes import note
from outreach.ledger.campaigns import Campaign, settle_name
from outreach.ledger.database.schema import campaigns
from outreach.ledger.ledger import Ledger
from outreach.settings import CampaignSettings


def enter_campaign(ledger: Ledger, name: str, settings: CampaignSettings, packs_hash: str) -> Campaign:
    """The campaign of that name, made when it is new; a run lifts an earlier stop.

    Raises:
        SettingsError: the name cannot be one, or differs from a known one by case only.
    """
    name = settle_name(ledger, name, is_new=settings.another_campaign)
    values = {"settings": settings.model_dump_json(), "packs_hash": packs_hash, "stopped": None}
    new = {"name": name, "created_at": ledger.clock.now(), **values}
    with ledger.db.write() as connection:
        made = ledger.db.insert(campaigns).values(new).on_conflict_do_nothing()
        connection.execute(made)
        named = update(campaigns).where(campaigns.c.name == name).values(values)
        campaign_id = int(connection.execute(named.returning(campaigns.c.id)).scalar_one())
        note(ledger, connection, campaign_id, "run", {"packs": packs_hash})
    return Campaign(campaign_id, name, settings, packs_hash, None)


def stop_campaign(ledger: Ledger, campaign: Campaign, reason: str) -> None:
    """Remember why new contacts were stopped; the first reason stays, until the next run lifts it."""
    with ledger.db.write() as connection:
        going_on = update(campaigns).where(campaigns.c.id == campaign.id, campaigns.c.stopped.is_(None))
        if connection.execute(going_on.values(stopped=reason)).rowcount:
            note(ledger, connection, campaign.id, "stopped", {"reason": reason})
