"""Whether a run would find nothing to do: everybody is contacted, the CRM was told, and nothing is new.

Looking writes nothing. Whatever is unsure is a whole run's to find out.
"""

from collections.abc import Sequence

import orjson

from outreach.campaign.files import file_of
from outreach.errors import UnknownCampaign
from outreach.ledger.campaigns import Campaign, find_campaign
from outreach.ledger.contacts import has_any_in
from outreach.ledger.deliveries import was_enqueued
from outreach.ledger.ledger import Ledger
from outreach.ledger.loads.load import find_unchanged
from outreach.ledger.proof import Proof, key_of_standing, prove
from outreach.ledger.rejects import has_rejects
from outreach.ledger.states import CONTACTED, State
from outreach.ledger.witness import MachineWitness, Standing, Witness, ask_witnesses
from outreach.settings import CampaignSettings, Event, Route
from outreach.sources.source import Source
from outreach.zones import find_version


def prove_idle(
    ledger: Ledger,
    name: str,
    settings: CampaignSettings,
    source: Source,
    *,
    packs_hash: str,
    tells: bool,
    witnesses: Sequence[Witness],
) -> Proof | None:
    """The campaign's proof, where a run would leave all as it is; None where it might not.

    Args:
        ledger: where the campaign may be.
        name: the campaign's.
        settings: the run's.
        source: the run's, not read yet.
        packs_hash: of the rule packs that the settings name, as they are now.
        tells: whether the run would tell a CRM.
        witnesses: who, beside this machine, remembers how far the ledger had come.
    """
    try:
        campaign = find_campaign(ledger, name)
    except UnknownCampaign:
        return None
    if not (_goes_by(campaign, settings, packs_hash) and _is_read(ledger, campaign, source)):
        return None
    # Before the sums, which take 3 s for 200,000: who runs a known list again mostly has somebody left.
    if has_any_in(ledger, campaign.id, set(State) - CONTACTED):
        return None
    if ask_witnesses(ledger, (MachineWitness(), *witnesses)) is not Standing.WHOLE:
        return None
    proof = prove(ledger, campaign)
    is_over = _is_settled(proof) and _is_written(campaign, proof)
    return proof if is_over and (not tells or _is_told(ledger, campaign, proof)) else None


def _goes_by(campaign: Campaign, settings: CampaignSettings, packs_hash: str) -> bool:
    """Whether the last run went by the same settings and rules, and nobody stopped it."""
    same = campaign.settings.model_dump_json() == settings.model_dump_json()
    known = (campaign.packs_hash, campaign.zone_rules, campaign.stopped)
    # What lies with Genesys' own engine is asked for by a whole run.
    return same and known == (packs_hash, find_version(), None) and settings.route is not Route.CAMPAIGN


def _is_read(ledger: Ledger, campaign: Campaign, source: Source) -> bool:
    rejects = file_of(campaign.settings, campaign.name, "rejects.csv")
    is_written = rejects.exists() or not has_rejects(ledger, campaign.id)
    return is_written and find_unchanged(ledger, campaign.id, source.fingerprint) is not None


def _is_settled(proof: Proof) -> bool:
    """Whether everybody is contacted, and whoever is to be told of it was."""
    waiting = proof.unknown or proof.webhooks["pending"] or proof.webhooks["dead"]
    return proof.balanced and not proof.stopped and not waiting and CONTACTED.issuperset(proof.states)


def _is_written(campaign: Campaign, proof: Proof) -> bool:
    """Whether the last run's report and proof say the same, and Prefect's server was told of its end."""
    report, written, untold = (
        file_of(campaign.settings, campaign.name, kind)
        for kind in ("report.html", "proof.json", "untold.json")
    )
    try:
        same = orjson.loads(written.read_bytes()) == orjson.loads(orjson.dumps(proof.as_json()))
    except (OSError, ValueError):
        return False
    return same and report.exists() and not untold.exists()


def _is_told(ledger: Ledger, campaign: Campaign, proof: Proof) -> bool:
    finished = Event.FINISHED
    is_wanted = finished in campaign.settings.events
    return not is_wanted or was_enqueued(ledger, campaign.id, finished.value, key=key_of_standing(proof))
