"""What a receiver's answer to a webhook may ask for: `{"suppress": true}`, that the person be left alone.

    {"suppress": true}               every address of the contact that the event is about
    {"suppress": ["sms", "voice"]}   those channels' addresses

Only a 2xx with a JSON object of less than 4 kB counts; whatever else an answer says is ignored. It is obeyed
before the event is settled: when the process dies between the two, the event is delivered again, and the
answer comes again.
"""

from collections.abc import Sequence

import orjson
from sqlalchemy import select

from outreach.contacts import Channel, Contact
from outreach.ledger.database.schema import contacts, outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import suppress
from outreach.webhook.outbox import Settlement

CRM = "crm"
"""The source that such addresses carry in the suppression table."""

_KEY = "suppress"
_CHANNELS = {channel.value: channel for channel in Channel}


def read_wish(excerpt: str) -> frozenset[Channel]:
    """The channels on which a receiver's answer asks to leave the person alone."""
    if _KEY not in excerpt:
        return frozenset()
    try:
        answer = orjson.loads(excerpt)
    except orjson.JSONDecodeError:
        return frozenset()
    wish = answer.get(_KEY) if isinstance(answer, dict) else None
    if wish is True:  # not what is merely true: 1 or "no" is no wish
        return frozenset(Channel)
    named = wish if isinstance(wish, list) else []
    return frozenset(_CHANNELS[name] for name in named if isinstance(name, str) and name in _CHANNELS)


def obey(ledger: Ledger, settlements: Sequence[Settlement]) -> int:
    """Suppress whom the answers of delivered messages ask to leave alone; how many addresses are new."""
    wishes = {s.id: read_wish(s.excerpt) for s in settlements if s.result == "delivered"}
    wanted = [message_id for message_id, wish in wishes.items() if wish]
    if not wanted:
        return 0
    about = select(outbox.c.webhook_id, contacts.c.payload).join(
        contacts, contacts.c.id == outbox.c.contact_id
    )
    addresses = []
    for row in ledger.db.rows(about.where(outbox.c.webhook_id.in_(wanted))):
        if row.payload is not None:  # erased: nobody is left to suppress
            channels = Contact.model_validate_json(ledger.vault.open(row.payload)).channels
            addresses += [channels.address(channel) for channel in wishes[row.webhook_id]]
    return suppress(ledger, [a for a in addresses if a], source=CRM, reason="webhook_answer")
