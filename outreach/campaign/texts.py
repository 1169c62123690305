"""Before anybody is contacted: is there something to say to everybody who is due?

Whose text cannot be filled is kept back by the gate, one by one. That nobody wrote a message at all is asked
of the campaign's owner, with nobody contacted.
"""

import logging
from collections import Counter
from hashlib import sha256

from outreach.campaign.run import Run
from outreach.contacts import Contact
from outreach.counting import counted
from outreach.ledger.claims import read_contact
from outreach.ledger.contacts import list_known_in
from outreach.ledger.facts import recall, remember
from outreach.ledger.states import State
from outreach.messages.wording import NO_MESSAGE, Unsaid

log = logging.getLogger(__name__)

_DUE = (State.ACCEPTED, State.REGISTERED, State.CLEARED, State.DEFERRED, State.BLOCKED)


def object_to_texts(run: Run) -> str:
    """Why nobody may be contacted: some have no message; "" where all who are due have one.

    Also logs how many cannot be told what the campaign says, and which fields they lack.
    """
    has_every, is_new = run.gate.wording.has_every_message, _is_new(run)
    if has_every and not is_new:  # each row was looked at as it was loaded
        return ""
    without, lacking = 0, Counter[str]()
    for row in list_known_in(run.ledger, run.campaign.id, [state.value for state in _DUE]):
        if row.state == State.BLOCKED.value and row.reason != NO_MESSAGE:
            continue
        contact = read_contact(run.ledger, row.payload)
        problems = _problems(run, contact)
        without += any(problem.code == NO_MESSAGE for problem in problems)
        lacking.update(problem.in_words() for problem in problems[:1] if problem.code != NO_MESSAGE)
    for words, count in lacking.most_common(5):
        log.warning("%s contacts cannot be told what the campaign says: %s", count, words)
    if not without:
        return ""
    bring = counted(without, "contact brings", "contacts bring")
    return (
        f"The campaign has no message, and {bring} none: nobody is contacted. "
        'Set `message` in the settings, like "Hi {{ name }}, ..."; `outreach preview` shows what people get.'
    )


def _is_new(run: Run) -> bool:
    """Whether the campaign says something else than in its run before: its contacts were loaded for that."""
    texts = sha256(repr(run.settings.texts()).encode()).hexdigest()[:32]
    known = recall(run.ledger, name := f"texts:{run.campaign.id}")
    if known != texts:
        remember(run.ledger, name, texts)
    return known not in (None, texts)


def _problems(run: Run, contact: Contact) -> list[Unsaid]:
    """What stands against every written channel of a contact; nothing where one of them has a text."""
    written = [
        channel
        for channel in run.settings.channel_order
        if not channel.traits.is_spoken and contact.channels.address(channel)
    ]
    found = [run.gate.wording.say(contact, channel) for channel in written]
    problems = [each for each in found if isinstance(each, Unsaid)]
    return problems if len(problems) == len(found) else []
