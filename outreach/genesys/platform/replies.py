"""What people answer (platform fact sheet 6): inbound conversations, and what was written in them.

Whether a reply lands in the conversation that we started or opens one of its own is documented nowhere, so
both are looked at: the details query is asked for sessions whose `addressTo` is one of our senders.
"""

import re
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta, timezone

from outreach.contacts import Channel, bare_address
from outreach.errors import NotFound
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import (
    Json,
    read_code,
    read_instant,
    read_list,
    read_mapping,
    read_text,
)
from outreach.genesys.interface import PAGE, InboundConversation, InboundMessage
from outreach.genesys.platform.conversations import COMMUNICATIONS, parts_of
from outreach.genesys.platform.listing import INTERVAL, Hit, read_hits, write_predicate, write_query
from outreach.genesys.platform.media import EMAIL, MESSAGE, medium_of
from outreach.genesys.senders import Senders

MOST_MESSAGES = 20
"""So many new messages of one conversation are read at a time, the newest."""
LONGEST = 4000
"""Characters of a message that are looked at: whoever asks to stop says so at once."""

_WHEN_OR_WHOSE = re.compile(r"@|\d{4}|\d[:.]\d\d")
"""What begins a quotation has an address, a year or a time. quotequail takes any line from "On" to "wrote:"
for one: of "On second thought, please stop. As I wrote:" nothing would be theirs.
"""

_BEFORE = datetime.min.replace(tzinfo=timezone.utc)
_READ, _READ_MAIL = "read reply", "read reply by e-mail"


def list_inbound(
    connection: Connection, senders: Senders, since: datetime, until: datetime, *, skip: int
) -> Iterator[InboundConversation | None]:
    """The oldest first, of seven days at the most; None for one that nobody wrote. Raises GenesysError."""
    written = [channel for channel in Channel if medium_of(channel) in (MESSAGE, EMAIL)]
    names = [sender.name for channel in written for sender in senders.all_of(channel)]
    if not names:
        return
    end = until + connection.clock_skew + timedelta(minutes=1)
    to_us = {"type": "or", "predicates": [write_predicate("addressTo", name) for name in names]}
    query = write_query(max(since, end - INTERVAL), end, to_us)
    ours = set(map(bare_address, names))
    first, passed = divmod(skip, PAGE)
    for page in read_hits(connection, "find replies", query, first + 1):
        yield from (_read_inbound(hit, ours) for hit in page[passed:])
        passed = 0


def read_inbound(
    connection: Connection, senders: Senders, conversation_id: str, *, is_email: bool, known: Collection[str]
) -> list[InboundMessage]:
    """What people wrote in it, the oldest first, but for the messages that are known. Raises GenesysError."""
    read = _read_mails if is_email else _read_messages
    try:
        new = list(read(connection, senders, quoted(conversation_id), known))
    except NotFound:  # it is not shown yet, or no more
        return []
    return sorted(new, key=lambda message: message.at or _BEFORE)


def _read_inbound(hit: Hit, ours: Collection[str]) -> InboundConversation | None:
    # From one of ours to another nobody answers.
    to_us = [
        each
        for _, each in parts_of(hit.shown)
        if bare_address(read_text(each, "addressTo")) in ours
        and bare_address(read_text(each, "addressFrom")) not in ours
    ]
    if not to_us:
        return None
    return InboundConversation(
        hit.conversation_id,
        hit.started_at,
        read_instant(hit.shown, "conversationEnd"),
        any(read_text(session, "mediaType") == EMAIL.name for session in to_us),
        frozenset(read_text(session, "addressFrom") for session in to_us) - {""},
    )


def _read_messages(
    connection: Connection, _: Senders, conversation_id: str, known: Collection[str]
) -> Iterator[InboundMessage]:
    body = connection.request(_READ, "GET", f"/api/v2/conversations/{conversation_id}").json
    listed = (
        read_code(message, "messageId")
        for _, communication in parts_of(body, COMMUNICATIONS)
        for message in read_list(communication, "messages")
    )
    new = [message_id for message_id in dict.fromkeys(listed) if message_id and message_id not in known]
    for message_id in new[-MOST_MESSAGES:]:
        path = f"{MESSAGE.path}/{conversation_id}/messages/{quoted(message_id)}"
        found = connection.request(_READ, "GET", path).json
        said = read_mapping(found, "normalizedMessage")
        direction = read_text(found, "direction") or read_text(said, "direction")
        if direction.lower() == "inbound":
            text = read_text(said, "text") or read_text(found, "textBody")
            yield InboundMessage(message_id, read_instant(found, "timestamp"), text[:LONGEST])


def _read_mails(
    connection: Connection, senders: Senders, conversation_id: str, known: Collection[str]
) -> Iterator[InboundMessage]:
    path = f"{EMAIL.path}/{conversation_id}/messages"
    listed = list(read_list(connection.request(_READ_MAIL, "GET", path).json, "entities"))
    ours = {bare_address(each.name) for c in Channel if c.is_mail for each in senders.all_of(c)}
    theirs = [
        mail for mail in listed if bare_address(read_text(read_mapping(mail, "from"), "email")) not in ours
    ]
    new = [key for mail in theirs if (key := read_code(mail, "id")) and key not in known]
    for message_id in new[-MOST_MESSAGES:]:
        found = connection.request(_READ_MAIL, "GET", f"{path}/{quoted(message_id)}").json
        yield InboundMessage(message_id, read_instant(found, "time"), _text_of_mail(found))


def _text_of_mail(mail: Json) -> str:
    """What they wrote themselves: it mostly quotes ours, and our own "reply STOP" is not theirs."""
    text = read_text(mail, "textBody")[:LONGEST].replace("\r\n", "\n").strip()
    if not text:  # who writes to unsubscribe by a link often leaves all but the subject empty
        return read_text(mail, "subject")[:LONGEST] if not read_text(mail, "htmlBody") else ""
    import quotequail  # noqa: PLC0415 - 0.003 s, for who reads e-mails alone

    parts = quotequail.unwrap(text) or {}
    if _WHEN_OR_WHOSE.search(f"{parts.get('date')} {parts.get('from')}"):
        # Above the quotation, and below or between its lines.
        text = "\n".join((parts.get("text_top") or "", parts.get("text_bottom") or ""))
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">")).strip()
