"""Merging contacts into one (platform fact sheet 3.2, 3.5)."""

from emulator.errors import bad_request
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.platform.contact_fields import read_contact, write_contact
from emulator.platform.contacts import found
from emulator.platform.enrichment import merged_fields
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/externalcontacts")
_MERGE = "externalContacts:identity:merge"


@operation("contacts.merge", "POST", "/contacts/merge", _MERGE)
def merge(org: Organisation, request: Request) -> Response:
    """2 to 25 contacts become a new one, to which their ids lead from now on."""
    body = request.fields(("contactIds", "valueOverride"))
    override = read_contact(org, body.part("valueOverride"))
    return _merge(org, body.texts("contactIds", fewest=2, most=25), override)


@operation("contacts.merge_pair", "POST", "/merge/contacts", _MERGE)
def merge_pair(org: Organisation, request: Request) -> Response:
    """The older form: a source and a target; the target's fields win."""
    body = request.fields(("sourceContactId", "targetContactId"))
    ids = [body.text("targetContactId", required=True), body.text("sourceContactId", required=True)]
    return _merge(org, ids, {})


def _merge(org: Organisation, ids: list[str], override: JsonObject) -> Response:
    ancestors = [found(org, genesys_id) for genesys_id in ids]
    if len({contact.genesys_id for contact in ancestors}) < len(ancestors):
        raise bad_request("The contacts to merge must be different ones", "contactIds")
    merged = org.contacts.merge(ancestors, merged_fields(ancestors) | override, org.now())
    return answer(write_contact(org, merged))
