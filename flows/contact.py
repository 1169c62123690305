"""One contact, given inline: the same steps, the same ledger, the same promises.

Prefect stores the parameters of a run in clear, so this flow shows it a mask: whoever looks at the run sees
the external contact id and nothing else. A run that was created by Prefect's API has them in clear until the
contact is in the ledger; the mask replaces them then. Whoever cannot accept that sends a sealed contact.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.task_runners import ThreadPoolTaskRunner

from flows.beside import beside
from flows.masking import mask, private_flow
from flows.opening import BlockNames, open_run
from flows.parameters import BlockName, CampaignName, ContactGiven
from flows.prefect_watch import prefect_heeded
from flows.standing import count_before, leave_out_corrected
from flows.steps import advance, finish, give, plan_batches, prepare
from flows.verdict import conclude
from outreach.campaign.reconciliation import recover
from outreach.campaign.reconsideration import reconsider
from outreach.campaign.run import Run
from outreach.errors import SettingsError
from outreach.privacy.sealed_contact import seal_contact, unseal_contact
from outreach.settings import CampaignSettings
from outreach.sources.opening import open_list
from outreach.sources.rows import Row
from outreach.sources.source import Source
from tasks.loading import load
from tasks.references import Reference


def forget_parameters() -> None:
    """Replace the parameters that Prefect has of this run by what it may keep."""
    if not flow_run.id:
        return
    kept = contact_one.serialize_parameters(flow_run.parameters)
    with get_client(sync_client=True) as client:
        client.update_flow_run(UUID(flow_run.id), parameters=kept)


@private_flow(
    name="contact-one",
    flow_run_name="{campaign}",
    description="Contact one person, exactly once, and prove it.",
    task_runner=ThreadPoolTaskRunner(max_workers=4),
)
def contact_one(
    contact: ContactGiven,
    campaign: CampaignName,
    genesys: BlockName = "default",
    senders: BlockName = "default",
    webhook: BlockName | None = "default",
    ledger: BlockName = "default",
    settings: CampaignSettings = CampaignSettings(),  # noqa: B008 - frozen
) -> State[dict[str, Any]]:
    """Contact one person within a campaign, which is made when it is new.

    Args:
        contact: As a row of a source: flat columns, or nested `channels`, `consent` and `metadata`, like
            {"external_contact_id": "EXT-1", "name": "Ada", "sms": "+13172000001"}; or
            sealed by `outreach seal-contact`, so that nobody's data are ever sent to Prefect.
        campaign: The same name is the same campaign, and nobody is contacted in it twice.
        genesys: Name of the credentials block.
        senders: Name of the senders block.
        webhook: Name of the CRM webhook block; none tells nobody.
        ledger: Name of the ledger block.
        settings: How the campaign behaves.

    Returns:
        The campaign's proof; the run is red or green, and named, by this person, since others may be under
        way: `Blocked` and `Deferred` are answers, `Rejected` and `Held` failures that somebody must mend.
    """
    if settings.dry_run:
        raise SettingsError("A dry run takes a whole source.", "Use run_campaign, or untick 'Dry run'.")
    with (
        beside() as begin,
        open_run(campaign, BlockNames(genesys, senders, webhook, ledger), settings, begin=begin) as opened,
        prefect_heeded(opened.run),
    ):
        is_masked = not isinstance(contact, str) and mask(contact) == contact  # then the ledger has them
        row = read_row(opened.run, contact)
        rejected_for = ("" if is_masked else row.reject.code) if row.reject else None
        before = count_before(opened.run, row.external_contact_id, rejected_for)
        recover(opened.run, is_round=False)
        if not is_masked:
            sealed = (
                seal_contact(opened.run.ledger, contact) if isinstance(contact, Mapping) else str(contact)
            )
            load(campaign, opened.reference, partial(open_sealed, opened.reference, sealed), None)
            begin(forget_parameters)
            before = leave_out_corrected(before, opened.run)
        opened.run.age.confirm()
        known = prepare(opened, genesys)
        reconsider(replace(opened.run, senders=known))
        work, left = finish(
            opened.run,
            plan_batches(opened.run),
            lambda due: advance(opened, due, known),
            partial(give, opened, known),
        )
        return conclude(opened, work, before=before, left=left)


def read_row(run: Run, contact: ContactGiven) -> Row:
    """Whom the call is about, as a source's row; with a reject where that cannot become a contact."""
    given = contact if isinstance(contact, Mapping) else unseal_contact(run.ledger, contact)
    return next(open_list([given], run.settings).rows())


def open_sealed(run: Reference[Run], sealed: str) -> Source:
    """A source of one contact, which travels to it as the ledger seals it."""
    with run() as opened:
        given, settings = unseal_contact(opened.ledger, sealed), opened.settings
    return open_list([given], settings)
