"""What people answer: read, understood and dropped. Whoever asks to stop is left alone by all campaigns.

    conversations in which somebody wrote to our senders ──┐
    ours, in which a look showed that the person wrote ────┴─> whose? ──> messages that are new ──> meaning
        ──> stop: all of the person's addresses are suppressed ──> written down, and told

Reading is bounded: a request a conversation and one a new message, no more conversations than `MOST` a round.
The words never leave memory: what is kept is their meaning, whose they are, and where they stand.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from outreach.campaign.run import Run
from outreach.channels import AddressKind, preferred
from outreach.errors import GenesysError
from outreach.genesys.interface import InboundConversation, InboundMessage
from outreach.ledger.claims import Claimed
from outreach.ledger.conversations import find_starters
from outreach.ledger.facts import recall, remember
from outreach.ledger.replies import (
    FOR_A_PERSON,
    READ_FOR,
    Answer,
    find_by_address,
    find_noted,
    note_answer,
    read_people,
    span_of_contacts,
)
from outreach.operations.opt_out import take_reply
from outreach.webhook.events import ContactReplied

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)
"""So much later than a message Genesys' index may show its conversation, or its end."""
PAGES = 10
MOST = 500


def read_replies(run: Run, written: Mapping[str, Claimed], until: float) -> Counter[str]:
    """Read what is new, and do what it asks for; counts of `replies`, `stopped` and `to_read`.

    Args:
        run: of the campaign.
        written: conversations of ours in which a look showed that the person wrote, and whose they are.
        until: by the monotonic clock, when nothing new is begun.
    """
    now, is_asked = run.ledger.clock.now(), run.settings.read_replies and run.genesys.can_find
    span = span_of_contacts(run.ledger, run.campaign.id) if is_asked else None
    if span is None or now - span[1] > READ_FOR:
        return Counter()
    fact = f"replies@{run.campaign.id}"
    counts: Counter[str] = Counter()
    try:
        inbound = run.genesys.list_inbound(max(span[0], now - READ_FOR) - LATE, at_most=PAGES)
        for row, conversation_id, is_email in _find_new(run, inbound, written, recall(run.ledger, fact)):
            if counts["read"] == MOST or run.ledger.clock.monotonic() >= until:
                return counts  # the next round begins where this one did
            counts.update(_read(run, row, conversation_id, is_email=is_email))
            counts["read"] += 1
    except GenesysError as error:  # a permission, or nobody answers: what was read is written down
        log.warning("what people answer cannot be read: %s", error)
        return counts
    remember(run.ledger, fact, now.isoformat())
    return counts


def _find_new(
    run: Run, inbound: list[InboundConversation], written: Mapping[str, Claimed], read_until: str | None
) -> Iterator[tuple[Claimed, str, bool]]:
    """Those that may hold something new, with whose they are; the oldest first."""
    since = datetime.fromisoformat(read_until) - LATE if read_until else None
    new = [each for each in inbound if not (since and each.ended_at and each.ended_at < since)]
    starters = find_starters(run.ledger, {each.conversation_id for each in new})
    ids = {each.conversation_id: starters.get(each.conversation_id) or _find(run, each) for each in new}
    people = read_people(run.ledger, {number for number in ids.values() if number})
    for each in reversed(new):
        row = people.get(ids[each.conversation_id] or 0)
        if row and row.campaign_id == run.campaign.id and each.conversation_id not in written:
            yield row, each.conversation_id, each.is_email
    for conversation_id, row in written.items():
        yield row, conversation_id, row.channel is not None and row.channel.is_mail


def _find(run: Run, inbound: InboundConversation) -> int | None:
    """Whom an answer in a conversation of its own is from: whom we wrote to last at that address."""
    return find_by_address(run.ledger, inbound.addresses, inbound.started_at + LATE)


def _read(run: Run, row: Claimed, conversation_id: str, *, is_email: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    noted = find_noted(run.ledger, conversation_id)
    for message in run.genesys.read_inbound(conversation_id, is_email=is_email, known=noted):
        counts.update(_take(run, row, conversation_id, message))
    return counts


def _take(run: Run, row: Claimed, conversation_id: str, message: InboundMessage) -> Counter[str]:
    addresses = row.contact.channels.addresses().values()
    # Before it is written down: who dies between the two reads it again.
    meaning = take_reply(run.ledger, addresses, message.text)
    channel = row.channel or preferred(AddressKind.PHONE)
    events = run.event(ContactReplied, row, conversation_id=conversation_id, channel=channel, meaning=meaning)
    at = message.at or run.ledger.clock.now()
    answer = Answer(message.message_id, conversation_id, channel, meaning, at)
    if not note_answer(run.ledger, row, answer, events):
        return Counter()
    return Counter(replies=1, stopped=meaning == "stop", to_read=meaning in FOR_A_PERSON)
