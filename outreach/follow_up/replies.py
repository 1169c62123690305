"""What people answer: read, understood and dropped. Whoever asks to stop is left alone by all campaigns.

    conversations in which somebody wrote to our senders ──┐
    ours, in which a look showed that the person wrote ────┴─> whose? ──> messages that are new ──> meaning
        ──> stop: all of the person's addresses are suppressed ──> written down, and told

Reading is bounded: a request a conversation and one a new message, no more conversations than `MOST` a round.
What is left the next round begins with, so that the last of thousands is read as well.
The words never leave memory: what is kept is their meaning, whose they are, and where they stand.
"""

import logging
import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, zip_longest

from outreach.campaign.run import Run
from outreach.channels import AddressKind, preferred
from outreach.errors import Conflict, GenesysError, Invalid, NotFound
from outreach.genesys.interface import InboundConversation, InboundMessage
from outreach.ledger.claims import Claimed
from outreach.ledger.conversations import (
    FOR_A_PERSON,
    READ_FOR,
    Answer,
    find_by_address,
    find_noted,
    find_starters,
    note_answer,
    read_people,
    span_of_contacts,
)
from outreach.ledger.facts import recall, remember
from outreach.ledger.wrong_clocks import by_right_clocks
from outreach.operations.opt_out import take_reply
from outreach.webhook.events import ContactReplied

log = logging.getLogger(__name__)

LATE = timedelta(hours=1)
"""So much later than a message Genesys' index may show its conversation, or its end."""
PAGE, PAGES = 100, 10
"""Conversations of a request, and requests that a round asks for lists of them."""
MOST = 500

Writing = tuple[Claimed, str, bool]
"""Whose conversation, its id, and whether it is by e-mail."""


@dataclass
class _Place:
    """How far the list of conversations has been read, which may take several rounds."""

    began: datetime
    passed: int = 0
    is_read: bool = False


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
    place = _recall_place(run) or _Place(now)
    begin = max(by_right_clocks(run.ledger, span[0]), place.began - READ_FOR) - LATE
    counts: Counter[str] = Counter()
    done: set[str] = set()
    try:
        for row, conversation_id, is_email in _take_turns(_of_ours(written), _find_new(run, place, begin)):
            if len(done) == MOST or run.ledger.clock.monotonic() >= until:
                break
            if conversation_id not in done:
                done.add(conversation_id)
                counts.update(_read(run, row, conversation_id, is_email=is_email))
    except GenesysError as error:  # a permission, or nobody answers: what was read is written down
        log.warning("what people answer cannot be read: %s", error)
        if isinstance(error, Invalid):  # a page too far: at that place every round would end
            place = _Place(now)
    _remember_place(run, place)
    return counts


def _take_turns(*lists: Iterator[Writing]) -> Iterator[Writing]:
    return (each for turn in zip_longest(*lists) for each in turn if each)


def _of_ours(written: Mapping[str, Claimed]) -> Iterator[Writing]:
    # In any order: in one order the same `MOST` would be read each round, and the others never.
    for conversation_id, row in random.sample(list(written.items()), len(written)):
        yield row, conversation_id, row.channel is not None and row.channel.is_mail


def _find_new(run: Run, place: _Place, begin: datetime) -> Iterator[Writing]:
    """Those that may hold something new, from the place on; the oldest first."""
    read_until = _recall_instant(run, recall(run.ledger, _fact(run)))
    since = read_until - LATE if read_until else None
    hits = run.genesys.list_inbound(begin, place.began, skip=place.passed)
    for _ in range(PAGES):
        page = list(islice(hits, PAGE))
        first = place.passed
        new = {
            number: each
            for number, each in enumerate(page, first)
            if each and not (since and each.ended_at and each.ended_at < since)
        }
        rows = _find_people(run, new.values())
        for number, each in new.items():
            if row := rows.get(each.conversation_id):
                place.passed = number  # whoever goes on begins with it
                yield row, each.conversation_id, each.is_email
        place.passed, place.is_read = first + len(page), len(page) < PAGE
        if place.is_read:
            return


def _find_people(run: Run, new: Collection[InboundConversation]) -> dict[str, Claimed]:
    """Whose conversations they are, of those that are this campaign's."""
    starters = find_starters(run.ledger, {each.conversation_id for each in new})
    ids = {each.conversation_id: starters.get(each.conversation_id) or _find(run, each) for each in new}
    people = read_people(run.ledger, {number for number in ids.values() if number})
    rows = {conversation_id: people.get(number or 0) for conversation_id, number in ids.items()}
    return {name: row for name, row in rows.items() if row and row.campaign_id == run.campaign.id}


def _fact(run: Run) -> str:
    return f"replies@{run.campaign.id}"


def _recall_place(run: Run) -> _Place | None:
    noted, _, passed = (recall(run.ledger, f"{_fact(run)}/place") or "").partition(" ")
    began = _recall_instant(run, noted)
    return _Place(began, int(passed)) if began else None


def _recall_instant(run: Run, noted: str | None) -> datetime | None:
    """None where nothing is noted, and for what a clock noted that was ahead: what came since is new."""
    at = datetime.fromisoformat(noted) if noted else None
    return at if at and at <= run.ledger.clock.now() else None


def _remember_place(run: Run, place: _Place) -> None:
    began = place.began.isoformat()
    if place.is_read:  # what was said while it was read is new to the next one
        remember(run.ledger, _fact(run), began)
    remember(run.ledger, f"{_fact(run)}/place", "" if place.is_read else f"{began} {place.passed}")


def _find(run: Run, inbound: InboundConversation) -> int | None:
    """Whom an answer in a conversation of its own is from: whom we wrote to last at that address."""
    return find_by_address(run.ledger, inbound.addresses, inbound.started_at + LATE)


def _read(run: Run, row: Claimed, conversation_id: str, *, is_email: bool) -> Counter[str]:
    counts: Counter[str] = Counter()
    noted = find_noted(run.ledger, conversation_id)
    try:
        for message in run.genesys.read_inbound(conversation_id, is_email=is_email, known=noted):
            counts.update(_take(run, row, conversation_id, message))
    except (Invalid, Conflict, NotFound) as error:  # of this conversation alone
        log.warning("what was answered in conversation %s cannot be read: %s", conversation_id, error)
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
