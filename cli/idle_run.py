"""A run by hand that finds nothing to do: said without loading Prefect, whose server is told all the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeAlias
from urllib.parse import quote

from cli.plain_api import PlainApi, find_plain_api
from cli.stored_ledger import read_stored_ledger
from flows.shared_mark import from_variable, variable_of
from outreach.campaign.idle_run import prove_idle
from outreach.errors import OutreachError
from outreach.ledger.audit.seals import seal
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.proof import Proof
from outreach.ledger.runs import note_idle_run
from outreach.ledger.witness import Mark
from outreach.report.figures.history import note_of
from outreach.report.summary import ALL_BEFORE, summary_sentence
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list
from tasks.artifact_keys import run_tags

FLOW = "run-campaign"
_GOING_ON = {
    "flows": {"name": {"any_": [FLOW, "contact-one", "outreach-batch"]}},
    "flow_runs": {"state": {"type": {"any_": ["RUNNING", "CANCELLING"]}}},
}
"""Runs that may change something just now, or that a killed process left: the whole run ends those."""


Blocks: TypeAlias = Mapping[str, str | None]


class PlainWitness:
    """`outreach.ledger.witness.Witness` over the server's variables, without Prefect: see `flows.witness`."""

    is_shared: ClassVar[bool] = True

    def __init__(self, api: PlainApi) -> None:
        self._api = api

    def recall(self, identity: str) -> Mark | None:
        """The mark, None where the server has none."""
        found = self._api.read(f"/variables/name/{variable_of(identity)}")
        return from_variable(found.get("value")) if isinstance(found, dict) else None

    def remember(self, identity: str, mark: Mark) -> None:
        """Nothing: who only looks did nothing."""


def run_idly(
    source: str, campaign: str, settings: CampaignSettings, packs_hash: str, blocks: Blocks
) -> tuple[Proof, str] | None:
    """The run, where it would find nothing to do: noted, its proof, and its ledger's name.

    None where only Prefect's flow can tell. Nothing is gathered for a report, 0.8 s for 200,000: the last
    run's stands.

    Args:
        source: the run's.
        campaign: its name.
        settings: the run's.
        packs_hash: of its rule packs.
        blocks: their names by kind: `genesys`, `senders`, `webhook`, `ledger`.
    """
    api = find_plain_api()
    stored = api and read_stored_ledger(blocks["ledger"] or "")
    if not api or not stored:
        return None
    try:
        with stored.open("outreach run", existing=True) as ledger:
            proof = prove_idle(
                ledger,
                campaign,
                settings,
                open_list(source, settings),
                packs_hash=packs_hash,
                tells=blocks["webhook"] is not None,
                witnesses=[PlainWitness(api)],
            )
            asked = {"source": source, "campaign": campaign, **blocks, "dispatch": "here"}
            if not proof or not _has_peace(api, blocks):
                return None
            known = find_campaign(ledger, proof.campaign)
            if not note_idle_run(ledger, known, note_of(proof)):
                return None
            seal(ledger, known)
            return (proof, ledger.name) if _tell(api, proof, asked, settings) else None
    except (OutreachError, OSError):  # the flow says what it is, and what to do
        return None


def _has_peace(api: PlainApi, blocks: Blocks) -> bool:
    """Whether the blocks are there that the run would open, and nobody is at work."""
    named = {"credentials": blocks["genesys"], "senders": blocks["senders"], "webhook": blocks["webhook"]}
    are_saved = all(
        api.read(f"/block_types/slug/genesys-outreach-{kind}/block_documents/name/{quote(name, safe='')}")
        for kind, name in named.items()
        if name is not None
    )
    return are_saved and api.post("/flow_runs/count", _GOING_ON) == 0


def _tell(api: PlainApi, proof: Proof, asked: Mapping[str, object], settings: CampaignSettings) -> bool:
    """Have the server list the run, ended; whether it took it."""
    flow = api.post("/flows/", {"name": FLOW})
    if not isinstance(flow, dict):
        return False
    message = f"{summary_sentence(proof)}{ALL_BEFORE}"
    run = {
        "flow_id": flow["id"],
        "name": proof.campaign,
        "tags": run_tags(proof.campaign, str(asked["genesys"])),
        "parameters": {**asked, "settings": settings.model_dump(mode="json")},
        "state": {"type": "COMPLETED", "name": "Completed", "message": message},
    }
    return isinstance(api.post("/flow_runs/", run), dict)
