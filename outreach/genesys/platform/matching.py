"""Does a conversation, as analytics shows it, belong to an attempt? (platform fact sheet 5.4)

What isn't shown proves nothing; what is shown and differs rules a conversation out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from outreach.contacts import Channel
from outreach.genesys.http import untrusted_json
from outreach.genesys.interface import Attempt, Senders
from outreach.genesys.platform.conversations import sessions_of
from outreach.genesys.platform.sending import chat_address

SKEW = timedelta(seconds=15)
"""How far their clock may be off, beside what the answers' `Date` tells of it."""

# With every wait and time-out used up, `start` takes about 17 minutes (docs/genesys.md).
WINDOW = timedelta(minutes=20)
"""How long after its intent an attempt may still reach Genesys: it waits for the budget, it is repeated."""

MEDIA = {Channel.SMS: "message", Channel.CHAT: "message", Channel.EMAIL: "email", Channel.VOICE: "callback"}

Object = Mapping[str, untrusted_json.Json]
Sessions = Sequence[tuple[Object, Object]]


def matches(
    attempt: Attempt, conversation: Object, senders: Senders, ids: set[str], clock_skew: timedelta
) -> bool:
    """Whether time, medium, direction, address and sender all fit.

    `ids` are Genesys' ids of the person; `clock_skew` is how far Genesys' clock is ahead of ours.
    """
    started = untrusted_json.instant(conversation, "conversationStart")
    committed = attempt.at + clock_skew
    if started is None or not committed - SKEW <= started <= committed + WINDOW:
        return False
    sessions = sessions_in(conversation, attempt.channel)
    return (
        _is_outbound(conversation, attempt.channel)
        and _is_to(sessions, attempt, senders, ids)
        and _is_from(sessions, attempt, senders)
    )


def sessions_in(conversation: Object, channel: Channel) -> list[tuple[Object, Object]]:
    """The sessions of a channel's medium, each with its participant."""
    media = MEDIA[channel]
    return [pair for pair in sessions_of(conversation) if pair[1].get("mediaType") == media]


def subjects_of(conversation: Object) -> set[str]:
    """The subjects that an e-mail conversation shows."""
    segments = _segments(sessions_in(conversation, Channel.EMAIL))
    return {untrusted_json.text(segment, "subject") for segment in segments} - {""}


def address_of(attempt: Attempt, senders: Senders) -> str:
    """The address as Genesys was told it."""
    return chat_address(attempt, senders) if attempt.channel is Channel.CHAT else attempt.address


def has_address(attempt: Attempt, senders: Senders) -> bool:
    """Web messaging goes to a contact, not to an address (platform fact sheet 4.1)."""
    return attempt.channel is not Channel.CHAT or senders.chat_type != "webmessaging"


def _is_outbound(conversation: Object, channel: Channel) -> bool:
    """Which direction a callback shows is documented nowhere, so it proves nothing."""
    direction = untrusted_json.text(conversation, "originatingDirection").lower()
    return channel is Channel.VOICE or direction in {"", "outbound"}


def _is_to(sessions: Sessions, attempt: Attempt, senders: Senders, ids: set[str]) -> bool:
    """To this person's address; by the contact's id where no session shows one, or none was sent to."""
    shown = {_plain(address) for _, session in sessions for address in _addresses(session)}
    if shown and has_address(attempt, senders):
        return _plain(address_of(attempt, senders)) in shown
    return any(untrusted_json.text(participant, "externalContactId") in ids for participant, _ in sessions)


def _is_from(sessions: Sessions, attempt: Attempt, senders: Senders) -> bool:
    """From our sender, where a session shows one; for a callback, in our queue."""
    if attempt.channel is Channel.VOICE:
        shown = {untrusted_json.text(segment, "queueId") for segment in _segments(sessions)}
        ours = senders.voice_queue_id or ""
    else:
        shown = {_plain(untrusted_json.text(session, "addressFrom")) for _, session in sessions}
        ours = _plain(_sender(attempt.channel, senders) or "")
    return not shown - {""} or ours in shown


def _segments(sessions: Sessions) -> list[Object]:
    return [segment for _, session in sessions for segment in untrusted_json.objects(session.get("segments"))]


def _addresses(session: Object) -> list[str]:
    numbers = session.get("callbackNumbers")
    listed = [n for n in numbers if isinstance(n, str)] if isinstance(numbers, list) else []
    return [address for address in (untrusted_json.text(session, "addressTo"), *listed) if address]


def _sender(channel: Channel, senders: Senders) -> str | None:
    return {
        Channel.SMS: senders.sms_from,
        Channel.EMAIL: senders.email_from,
        Channel.CHAT: senders.chat_from,
    }.get(channel)


def _plain(address: str) -> str:
    # tel:+1555, +1555 and WhatsApp's 1555 are one address.
    return address.strip().casefold().removeprefix("tel:").removeprefix("mailto:").lstrip("+")
