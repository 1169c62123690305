"""The verbs of webhooks and open conversations: redeliver, replay, follow-up, replies."""

from datetime import datetime, timezone
from typing import Annotated

from cyclopts import Parameter

from cli.console import AsJson, Instant, LedgerName, PerhapsInstant, out, print_json
from cli.ledgers import open_named
from outreach.counting import counted
from outreach.errors import UsageError


def redeliver(
    *,
    webhook: str = "default",
    ledger: str = "default",
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    json: AsJson = False,
) -> int:
    """Deliver the events that wait, as the scheduled flow does; exit 1 while some are left.

    Args:
        webhook: name of the CRM webhook block.
        ledger: name of the ledger block.
        every: also what waits for its time.
    """
    from cli.flow_runs import redeliver_events

    return redeliver_events(webhook, ledger, ignore_schedule=every, as_json=json)


def replay(
    *,
    since: Instant,
    until: PerhapsInstant = None,
    event: str | None = None,
    campaign: str | None = None,
    ledger: LedgerName = None,
    json: AsJson = False,
) -> None:
    """Make the events of a time window due again, delivered and dead ones alike; their ids stay.

    Args:
        since: from this instant (ISO-8601).
        until: to this instant; default now.
        event: only this event.
        campaign: only this campaign.
    """
    from outreach.ledger import outbox
    from outreach.ledger.campaigns import find_campaign

    end = until or datetime.now(timezone.utc)
    _check(since, end, event)
    with open_named(ledger, "replay", "write") as book:
        if campaign:
            campaign = find_campaign(book, campaign).name
        count = outbox.replay(book, since=since, until=end, event=event, campaign=campaign)
    if json:
        print_json({"replayed": count})
    else:
        again = counted(count, "event is due again.", "events are due again.")
        out.print(f"{again} Deliver them: outreach redeliver")


def _check(begin: datetime, end: datetime, event: str | None) -> None:
    """Raises UsageError for what could only ever mean nothing."""
    from outreach.settings import Event

    if begin >= end:
        raise UsageError("The time window is empty.", "--since must be before --until.")
    events = [known.value for known in Event]
    if event and event not in events:
        raise UsageError(f"There is no event {event!r}.", f"There are {', '.join(events)}.")


def follow_up(
    *,
    genesys: str = "default",
    senders: str = "default",
    webhook: str = "default",
    ledger: str = "default",
    campaign: str | None = None,
    json: AsJson = False,
) -> int:
    """Follow open conversations to their end and look for outcomes in doubt, as the scheduled flow does.

    Args:
        genesys: name of the credentials block.
        senders: name of the senders block.
        webhook: name of the CRM webhook block.
        ledger: name of the ledger block.
        campaign: only this one; default all.
    """
    from cli.flow_runs import follow_conversations

    return follow_conversations(genesys, senders, webhook, ledger, campaign, as_json=json)


def replies(
    campaign: str,
    *,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    ledger: LedgerName = None,
    json: AsJson = False,
) -> None:
    """List the answers that a person should read, by their conversation; their words are in Genesys alone.

    Args:
        campaign: its name.
        every: also those whose meaning is known: stop, start, none.
    """
    from outreach.compliance.reply_keywords import MEANINGS
    from outreach.ledger.campaigns import find_campaign
    from outreach.ledger.conversations import FOR_A_PERSON, list_answers

    with open_named(ledger, "replies") as book:
        found = list_answers(book, find_campaign(book, campaign).id, MEANINGS if every else FOR_A_PERSON)
    rows = [
        {
            "external_contact_id": row.external_contact_id,
            "conversation_id": row.conversation_id,
            "channel": row.channel,
            "meaning": row.meaning,
            "at": row.at.isoformat(),
        }
        for row in found
    ]
    if json:
        print_json({"replies": rows})
        return
    for row in rows:
        out.print("  ".join(row.values()), soft_wrap=True, markup=False)
    if not rows:
        out.print("Nothing to read.")
