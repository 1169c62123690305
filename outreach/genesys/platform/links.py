"""Whom a conversation names: the external contact of the person (platform fact sheet 3.2, 3.5).

Calls for SMS and open messaging name the contact at once; for e-mails, callbacks and WhatsApp it is asked
afterwards. That call is asynchronous and checks no ids: its 202 proves nothing, and an ancestor's id is not
led on to the contact into which it was merged.
"""

from collections.abc import Collection, Mapping

from outreach.chunks import cut
from outreach.contacts import Channel
from outreach.genesys.http.client import Connection, quoted
from outreach.genesys.http.untrusted_json import read_code, read_list, read_mapping, read_text
from outreach.genesys.interface import Conversation
from outreach.genesys.platform.media import medium_of

CONTACTS_PER_QUERY = 25
AFTER_ALL = 1_000_000
"""Behind every batch: whoever waits to be contacted goes first."""


def link(connection: Connection, conversation: Conversation, genesys_id: str, channel: Channel) -> None:
    """Ask that the conversation names the contact. Raises GenesysError."""
    conversation_id = conversation.conversation_id
    body = {
        "conversationId": conversation_id,
        "communicationId": conversation.communication_id,
        "mediaType": medium_of(channel).name.upper(),
        "externalContactId": genesys_id,
    }
    path = f"/api/v2/externalcontacts/conversations/{quoted(conversation_id)}"
    connection.request("link conversation", "PUT", path, json=body, priority=AFTER_ALL)


def find_canonical(
    connection: Connection, genesys_ids: Collection[str]
) -> Mapping[str, tuple[str, frozenset[str]]]:
    """Of each contact that Genesys shows: its id of today, and all ids of the person. Raises GenesysError."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for chunk in cut(sorted(genesys_ids), CONTACTS_PER_QUERY):
        body = {"entities": [{"id": genesys_id} for genesys_id in chunk]}
        path = "/api/v2/externalcontacts/bulk/contacts"
        answer = connection.request("look up contacts", "POST", path, json=body)
        for result in read_list(answer.json, "results"):
            asked, entity = read_text(result, "id"), read_mapping(result, "entity")
            canonical = read_code(read_mapping(entity, "canonicalContact"), "id")
            listed = (one for name in ("mergeSet", "mergedFrom") for one in read_list(entity, name))
            known = frozenset(read_code(contact, "id") for contact in (entity, *listed)) | {canonical}
            today = canonical or read_code(entity, "id")
            if today:
                found[asked] = today, (known | {asked}) - {""}
    return found
