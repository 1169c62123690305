"""A campaign's runs: begun with their settings and rule packs, and stopped with a reason."""

from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select, update

from outreach.ledger.audit.notes import ASKED, REPORTED, note
from outreach.ledger.campaigns import Campaign, settle_name
from outreach.ledger.database.schema import campaigns
from outreach.ledger.facts import kept_as, unmarked_in
from outreach.ledger.ledger import Ledger
from outreach.settings import CampaignSettings, EmailReference
from outreach.zones import find_version

_STOP = select(campaigns.c.stopped, campaigns.c.stopped_by).where(campaigns.c.id == bindparam("campaign"))


def enter_campaign(
    ledger: Ledger, name: str, settings: CampaignSettings, packs_hash: str, *, lifts_stop: bool = True
) -> Campaign:
    """The campaign of that name, made when it is new; a run lifts an earlier stop, unless told otherwise.

    Raises:
        SettingsError: the name cannot be one, or differs from a known one by case only.
    """
    name = settle_name(ledger, name, is_new=settings.another_campaign)
    going_on = {"stopped": None, "stopped_by": None} if lifts_stop else {}
    went_by = {"packs_hash": packs_hash, "zone_rules": find_version()}
    values = {"settings": settings.model_dump_json(), **went_by, **going_on}
    new = {"name": name, "created_at": ledger.clock.now(), **values}
    with ledger.db.write() as connection:
        made = ledger.db.insert(campaigns).values(new)
        entered = made.on_conflict_do_update(index_elements=["name"], set_=values)
        told = entered.returning(campaigns.c.id, campaigns.c.stopped)
        campaign_id, stopped = connection.execute(told).one()
        if settings.email_reference is EmailReference.NONE:  # for good: a doubt may outlive the setting
            connection.execute(kept_as(ledger, unmarked_in(campaign_id), "yes"))
        _note_run(ledger, connection, campaign_id, packs_hash)
    return Campaign(campaign_id, name, settings, packs_hash, stopped, find_version())


def _note_run(ledger: Ledger, connection: Connection, campaign_id: int, packs_hash: str) -> None:
    note(ledger, connection, campaign_id, "run", {"packs": packs_hash, "zones": find_version()})


@dataclass(frozen=True, slots=True)
class Stop:
    """Why new contacts were stopped; `by` is who asked for it, "" where the run itself did."""

    reason: str
    by: str


def read_stop(ledger: Ledger, campaign: Campaign) -> Stop | None:
    """The campaign's stop, None while it goes on: one short read, since every process looks each second."""
    row = next(iter(ledger.db.rows(_STOP, {"campaign": campaign.id})), None)
    return Stop(row.stopped, row.stopped_by or "") if row and row.stopped else None


def stop_campaign(ledger: Ledger, campaign: Campaign, reason: str, *, by: str = "") -> None:
    """Remember why new contacts were stopped; the first reason stays, until the next run lifts it.

    A person reads `reason`; `by` asked for it, or is "" where too much went wrong, which makes the run red.
    """
    with ledger.db.write() as connection:
        going_on = update(campaigns).where(campaigns.c.id == campaign.id, campaigns.c.stopped.is_(None))
        if connection.execute(going_on.values(stopped=reason, stopped_by=by or None)).rowcount:
            note(ledger, connection, campaign.id, "stopped", {"reason": reason, **({"by": by} if by else {})})


def note_end(ledger: Ledger, campaign: Campaign, detail: dict[str, object]) -> None:
    """Note what a run came to, numbers and its verdict only. The last note of a run counts."""
    with ledger.db.write() as connection:
        note(ledger, connection, campaign.id, REPORTED, detail)


def note_idle_run(ledger: Ledger, campaign: Campaign, detail: dict[str, object]) -> bool:
    """Note a run that found nothing to do; False, and nothing, where it was changed or stopped meanwhile."""
    c = campaigns.c
    as_it_was = (c.settings == campaign.settings.model_dump_json(), c.packs_hash == campaign.packs_hash)
    # An update, so that whoever enters it now waits, or is waited for.
    still = update(campaigns).where(c.id == campaign.id, c.stopped.is_(None), *as_it_was)
    with ledger.db.write() as connection:
        if not connection.execute(still.values(packs_hash=campaign.packs_hash)).rowcount:
            return False
        _note_run(ledger, connection, campaign.id, campaign.packs_hash)
        note(ledger, connection, campaign.id, REPORTED, detail)
    return True


def note_question(ledger: Ledger, campaign: Campaign, contacted: int) -> None:
    """Note that a run waits for a person's approval, and how many were contacted before."""
    detail: dict[str, object] = {"verdict": "asked", "contacted_so_far": contacted}
    with ledger.db.write() as connection:
        note(ledger, connection, campaign.id, ASKED, detail)
