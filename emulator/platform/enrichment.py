"""Enrich: the safe upsert of a contact by its identifiers (platform fact sheet 3.3)."""

from __future__ import annotations

import copy

from emulator.errors import conflict, missing
from emulator.http.fields import Fields
from emulator.http.messages import JsonObject, Request, Response, answer
from emulator.http.routing import Operations
from emulator.platform.contact_fields import read_contact, read_identifier, write_contact
from emulator.state.contacts import Contact, Identifier
from emulator.state.organisation import Organisation

operation = Operations("/api/v2/externalcontacts/contacts")

ACTIONS = ("Merge", "Upsert", "Update", "Insert")
_ACTION_RULES = ("AlwaysUseProvided", "PreferExisting", "PreferProvided")
_ARRAY_RULES = ("Replace", "Extend", "Fill")
_FIELDS = ("id", "division", "matchingIdentifiers", "action", "contact", "fieldRules", "options")
_DIVISION_FIELDS = ("id", "name", "selfUri")


@operation("contacts.enrich", "POST", "/enrich", "externalContacts:contact:enrich")
def enrich(org: Organisation, request: Request) -> Response:
    """201 for a new contact, 200 for one that was found."""
    status, contact = apply(org, request.fields(), dry_run=request.flag_query("dryRun"))
    return answer(contact, status)


def apply(org: Organisation, body: Fields, *, dry_run: bool) -> tuple[int, JsonObject]:
    """One enrich request: its status and the contact; raises ApiError 400, 404, 409 or 422."""
    body.allow(_FIELDS)
    body.part("division").allow(_DIVISION_FIELDS)
    body.text("id")
    entries = body.parts("matchingIdentifiers", fewest=1, most=25)
    keys = [read_identifier(org, entry) for entry in entries]
    action = body.choice("action", ACTIONS)
    contact = body.part("contact", required=True)
    given = read_contact(org, contact)
    emptied = [name for name, value in contact.values.items() if value is None]
    rules = FieldRules(body.part("fieldRules"), emptied)
    promote = body.part("options").flag("promote")
    matches = _matches(org, keys)
    if action == "Insert" and matches:
        raise conflict("A contact with one of the matching identifiers exists")
    if action == "Update" and not matches:
        raise missing("contact", "contact.not.found")
    if dry_run:
        return _rehearse(org, matches, given, rules)
    if not matches:
        return 201, write_contact(org, _insert(org, given, keys), "identifiers")
    return 200, write_contact(
        org, _update(org, matches, given, rules, action, promote=promote), "identifiers"
    )


def _matches(org: Organisation, keys: list[Identifier]) -> list[Contact]:
    """The contacts behind the identifiers, in their order, each once."""
    owners = {owner.genesys_id: owner for key in keys if (owner := org.contacts.owner(key)) is not None}
    return list(owners.values())


def _insert(org: Organisation, given: JsonObject, keys: list[Identifier]) -> Contact:
    contact = org.contacts.add(given, org.now(), given.get("type", "Curated"))
    for key in keys:
        org.contacts.claim_free(contact, key, org.now())
    return contact


def _update(
    org: Organisation,
    matches: list[Contact],
    given: JsonObject,
    rules: FieldRules,
    action: str,
    *,
    promote: bool,
) -> Contact:
    """The first match with the given fields; with Merge, all matches become one contact first."""
    contact = matches[0]
    if action == "Merge" and len(matches) > 1:
        contact = org.contacts.merge(matches, merged_fields(matches), org.now())
    org.contacts.change(contact, rules.combine(contact.fields, given), org.now())
    if promote:
        contact.kind = "Curated"
    return contact


def merged_fields(contacts: list[Contact]) -> JsonObject:
    """The fields of a merged contact: the first that has one wins."""
    fields: JsonObject = {}
    for contact in contacts:
        for name, value in contact.fields.items():
            if name == "externalIds":
                held = fields.setdefault(name, [])
                held.extend(entry for entry in value if entry not in held and len(held) < 10)
            else:
                fields.setdefault(name, value)
    return fields


def _rehearse(
    org: Organisation, matches: list[Contact], given: JsonObject, rules: FieldRules
) -> tuple[int, JsonObject]:
    """What would come out, without a change."""
    if not matches:
        now = org.now()
        return 201, write_contact(org, Contact("", given, now, now, "Curated"))
    contact = copy.copy(matches[0])
    contact.fields = rules.combine(contact.fields, given)
    return 200, write_contact(org, contact, "identifiers")


class FieldRules:
    """How given fields and stored fields become one; raises ApiError 400 for unknown rules.

    `emptied` are the fields that were given as null, which only AlwaysUseProvided takes.
    """

    def __init__(self, rules: Fields, emptied: list[str]) -> None:
        self._emptied = emptied
        rules.allow(("defaultAction", "defaultArrayAction", "rules"))
        self._default = rules.choice("defaultAction", _ACTION_RULES, "PreferProvided")
        self._array = rules.choice("defaultArrayAction", _ARRAY_RULES, "Fill")
        self._single = {
            rule.text("field", required=True).removeprefix("$."): rule.choice(
                "action", _ACTION_RULES + _ARRAY_RULES
            )
            for rule in rules.parts("rules")
        }

    def combine(self, stored: JsonObject, given: JsonObject) -> JsonObject:
        """The fields after the enrichment."""
        fields = dict(stored)
        for name in self._emptied:
            if self._single.get(name, self._default) == "AlwaysUseProvided":
                fields.pop(name, None)
        for name, value in given.items():
            if isinstance(value, list):
                fields[name] = self._list(name, stored.get(name) or [], value)
            elif self._takes(name, held=bool(stored.get(name))):
                fields[name] = value
        return fields

    def _takes(self, name: str, *, held: bool) -> bool:
        return self._single.get(name, self._default) != "PreferExisting" or not held

    def _list(self, name: str, stored: list[object], given: list[object]) -> list[object]:
        rule = self._single.get(name, self._array)
        if rule in ("Replace", "AlwaysUseProvided"):
            return given
        if rule in ("Extend", "Fill"):
            return [*stored, *(entry for entry in given if entry not in stored)][:10]
        return stored or given
