"""Follow up: every open interaction to its end, every outcome in doubt looked for, the CRM told."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.events import signal_dead, signal_held
from flows.opening import BlockNames, OpenBlocks, offer, open_blocks, open_outbox
from flows.parameters import BlockName, CampaignName
from flows.question import end_unanswered
from flows.rounds import left_out, taking_round
from outreach.campaign.notification import LAST_DELIVERY_SECONDS
from outreach.campaign.opening import open_run
from outreach.campaign.run import Run
from outreach.errors import CampaignStopped, OutreachError
from outreach.follow_up.rounds import SHARE_OF_REPLIES, describe_round
from outreach.ledger import states
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.contacts import find_due_campaigns
from outreach.ledger.conversations import find_answering_campaigns
from outreach.ledger.release import release_dead_executors
from outreach.report.figures.counts import count_states
from tasks.follow_up import follow
from tasks.policies import FOLLOW_SECONDS
from tasks.redelivery import deliver_waiting

ADVICE = "Mend it; the next round goes on from there."


@flow(
    name="follow-up",
    flow_run_name="follow-up",
    description="Follow open interactions to their end, end what outlives its time, tell the CRM.",
    retries=0,
)
def follow_up(
    genesys: BlockName = "default",
    senders: BlockName = "default",
    webhook: BlockName | None = "default",
    ledger: BlockName = "default",
    campaign: CampaignName | None = None,
) -> State[dict[str, int]]:
    """One round of bounded work over everything that is due; made to be scheduled, safe to run by hand.

    Args:
        genesys: Name of the credentials block.
        senders: Name of the senders block.
        webhook: Name of the CRM webhook block; none tells nobody.
        ledger: Name of the ledger block.
        campaign: Only this one; none: every campaign of the ledger with something due.

    Returns:
        The round's counts, summed over the campaigns.
    """
    names = BlockNames(genesys, senders, webhook, ledger)
    with taking_round(ledger, f"follow-up/{genesys}/{campaign or ''}") as mine:
        return follow_round(names, campaign) if mine else left_out()


def follow_round(names: BlockNames, campaign: str | None) -> State[dict[str, int]]:
    """Follow the campaign, or all that have something due, and say how that went."""
    with open_blocks(names) as opened:
        release_dead_executors(opened.ledger)
        end_unanswered(opened.ledger.clock.now())
        campaigns = {find_campaign(opened.ledger, campaign).name: 1.0} if campaign else find_due(opened)
        counts: Counter[str] = Counter()
        problems = []
        for name, result in follow_each(opened, campaigns, names):
            if isinstance(result, OutreachError):
                problems.append(CampaignStopped(name, str(result), ADVICE))
            else:
                counts.update(result)
        deliver_events(names)
    if problems:
        return Failed(message=f"{describe_round(counts)}. {problems[0]}", data=problems[0])
    return Completed(message=describe_round(counts), data=dict(counts))


def find_due(opened: OpenBlocks) -> dict[str, float]:
    """The campaigns with somebody to look at now, and those whose people may have answered: `share_time`."""
    answering = find_answering_campaigns(opened.ledger) if opened.genesys.can_find else []
    return share_time(find_due_campaigns(opened.ledger), answering)


def share_time(due: Sequence[str], answering: Sequence[str]) -> dict[str, float]:
    """The campaigns in their order, each with how much of the time left it may take."""
    # First: beside a busy campaign, whose looks may fill round after round, they would never be read.
    return {**{name: SHARE_OF_REPLIES for name in answering if name not in due}, **dict.fromkeys(due, 1.0)}


def follow_each(
    opened: OpenBlocks, campaigns: Mapping[str, float], names: BlockNames
) -> Iterator[tuple[str, dict[str, int] | OutreachError]]:
    """Campaign by campaign while there is time: what was done, and what stood in the way."""
    until = opened.ledger.clock.monotonic() + FOLLOW_SECONDS
    for name, share in campaigns.items():
        seconds = (until - opened.ledger.clock.monotonic()) * share
        if seconds <= 0:
            return
        try:
            with (
                open_run(opened.ledger, opened.genesys, name, webhook_name=names.webhook) as run,
                offer(run, names) as reference,
            ):
                held = count_held(run)
                counts = follow(name, reference, seconds)
                signal_held(name, count_held(run) - held)
                yield name, counts
                if run.auto_stop.reason:
                    yield name, CampaignStopped(name, run.auto_stop.reason)
        except OutreachError as error:
            yield name, error


def count_held(run: Run) -> int:
    """Contacts of the campaign that wait for a person's word."""
    return count_states(run.ledger, run.campaign).get(states.State.HELD, 0)


def deliver_events(names: BlockNames) -> None:
    """Deliver what this round wrote; what fails is left to `redeliver`."""
    if names.webhook is not None:
        outbox = partial(open_outbox, names.webhook, names.ledger)
        done = deliver_waiting(names.webhook, outbox, LAST_DELIVERY_SECONDS)
        signal_dead(names.webhook, done.dead)
