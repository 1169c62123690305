"""What a receiver's answer to a webhook may ask for: `{"suppress": true}`, that the person be left alone.

    {"suppress": true}               every address of the contact that the event is about
    {"suppress": ["sms", "voice"]}   those channels' addresses
    {"data": {"opt_out": true}}      the same by its other names, and within other objects

Only a 2xx with a JSON object of less than 64 kB is obeyed. What may mean the same and is written otherwise
(`"true"`, a channel that does not exist, half an object, a name given twice) is not guessed at: it is logged,
and its event has the code E_UNCLEAR, by which the report counts it. The wish is obeyed before the event is
settled: when the process dies between the two, the event is delivered again, and the answer comes again.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select

from outreach.contacts import Channel
from outreach.ledger.claims import read_contact
from outreach.ledger.database.schema import contacts, outbox
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import suppress
from outreach.sources.json_values import RepeatedKey, loads
from outreach.webhook.outbox import Settlement

log = logging.getLogger(__name__)

CRM = "crm"
"""The source that such addresses carry in the suppression table."""

UNCLEAR = "E_UNCLEAR"
"""The code of an event that was delivered, and whose answer may ask for something that nobody can read."""

_ASKS = re.compile(
    r"suppress|opt[-_ ]?(?:ed[-_ ]?)?out|unsubscribe|do[-_ ]?not[-_ ]?(?:contact|call)", re.IGNORECASE
)
_IS_KEY = re.compile(rf"(?:is[-_ ]?)?(?:{_ASKS.pattern})(?:ed|d)?\Z", re.IGNORECASE)
_NO = (False, None, 0, "", "false", "no", "0", "none", "null")
_CHANNELS = {channel.value: channel for channel in Channel}


@dataclass(frozen=True, slots=True)
class Wish:
    """On which channels to leave the person alone; `unclear`: more may be meant, and cannot be read."""

    channels: frozenset[Channel] = frozenset()
    unclear: bool = False


def read_wish(answer: str) -> Wish:
    """What a receiver's answer asks for."""
    if not _ASKS.search(answer):
        return Wish()
    try:
        found = list(_values(loads(answer.encode()), within_list=False))
    except (RepeatedKey, orjson.JSONDecodeError, RecursionError):
        return Wish(unclear=True)
    wishes = [_read_value(value, of_somebody) for value, of_somebody in found]
    channels = frozenset[Channel]().union(*(wish.channels for wish in wishes))
    return Wish(channels, unclear=any(wish.unclear for wish in wishes))


def _values(document: Any, *, within_list: bool) -> Iterator[tuple[Any, bool]]:  # noqa: ANN401 - JSON
    """What stands at the keys that may ask, and whether in a list, where others may be spoken of."""
    if isinstance(document, dict):
        for key, value in document.items():
            if _IS_KEY.match(key):
                yield value, within_list
            else:
                yield from _values(value, within_list=within_list)
    elif isinstance(document, list):
        for each in document:
            yield from _values(each, within_list=True)


def _read_value(value: Any, within_list: bool) -> Wish:  # noqa: ANN401, FBT001 - JSON
    if (value.strip().casefold() if isinstance(value, str) else value) in _NO:
        return Wish()
    if within_list:
        return Wish(unclear=True)
    if value is True:  # not what is merely true: 1 or "yes" is no wish
        return Wish(frozenset(Channel))
    if not isinstance(value, list):
        return Wish(unclear=True)
    named = [item.strip().casefold() if isinstance(item, str) else "" for item in value]
    known = frozenset(_CHANNELS[name] for name in named if name in _CHANNELS)
    return Wish(known, unclear=not all(name in _CHANNELS for name in named))


def obey(ledger: Ledger, settlements: Sequence[Settlement]) -> set[str]:
    """Suppress whom the answers of delivered messages ask to leave alone; whose answers are unclear."""
    wishes = {s.id: read_wish(s.answer or s.excerpt) for s in settlements if s.result == "delivered"}
    wanted = [message_id for message_id, wish in wishes.items() if wish.channels]
    named = (contacts.c.id == outbox.c.contact_id, outbox.c.webhook_id.in_(wanted))
    known = contacts.c.payload.is_not(None)  # of who was erased, nobody is left to suppress
    about = select(outbox.c.webhook_id, contacts.c.payload).where(*named, known)
    addresses = []
    for row in ledger.db.rows(about) if wanted else ():
        channels = read_contact(ledger, row.payload).channels
        addresses += [channels.address(channel) for channel in wishes[row.webhook_id].channels]
    if addresses:
        suppress(ledger, [a for a in addresses if a], source=CRM, reason="webhook_answer")
    unclear = {message_id for message_id, wish in wishes.items() if wish.unclear}
    if unclear:
        log.warning(
            "%d answers of the CRM may ask to leave people alone and cannot be read (%s): answer "
            '{"suppress": true}.',
            len(unclear),
            UNCLEAR,
        )
    return unclear
