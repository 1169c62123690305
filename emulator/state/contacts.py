"""External contacts and who owns which identifier (platform fact sheet 3.1, 3.5).

An identifier (phone, e-mail, external id, ...) belongs to one contact at a time. A new contact claims what is
free; what another owns stays there, and the new one is a silent duplicate. Merging makes a new contact, to
which the ids of its ancestors lead from then on.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

PHONES = ("workPhone", "cellPhone", "homePhone", "otherPhone")
EMAILS = ("workEmail", "personalEmail", "otherEmail")
IDENTIFIER_TYPES = (
    "SocialLine",
    "SocialFacebook",
    "SocialTwitter",
    "SocialWhatsapp",
    "SocialInstagram",
    "SocialWhatsappBsuid",
    "SocialInstagramHandle",
    "AppleOpaqueId",
    "Email",
    "Phone",
    "Cookie",
    "ExternalId",
)
_PHONE_NOISE = re.compile(r"[\s().\-]")
_E164 = re.compile(r"\+[1-9]\d{6,14}")

Identifier = tuple[str, str, str]
"""Type, external source's id ("" for all other types), normalised value."""


def e164_of(display: str) -> str | None:
    """The number in E.164 when it can be read as one: it must carry its country code."""
    number = _PHONE_NOISE.sub("", display)
    return number if _E164.fullmatch(number) else None


def identifier(kind: str, value: str, source_id: str = "") -> Identifier:
    """An identifier in the form in which it is compared."""
    if kind in ("Phone", "SocialWhatsapp"):
        value = e164_of(value if value.startswith("+") else f"+{value}") or value
    elif kind == "Email":
        value = value.strip().lower()
    return kind, source_id if kind == "ExternalId" else "", value


def identifiers_of(fields: dict[str, Any]) -> Iterator[Identifier]:
    """The identifiers that a contact's fields carry."""
    for name in PHONES:
        if number := (fields.get(name) or {}).get("display"):
            yield identifier("Phone", number)
    for name in EMAILS:
        if address := fields.get(name):
            yield identifier("Email", address)
    for entry in fields.get("externalIds") or ():
        yield identifier("ExternalId", entry["value"], entry["externalSource"]["id"])
    if number := ((fields.get("whatsAppId") or {}).get("phoneNumber") or {}).get("display"):
        yield identifier("SocialWhatsapp", number)
    if handle := (fields.get("twitterId") or {}).get("id"):
        yield identifier("SocialTwitter", handle)


@dataclass(slots=True)
class Contact:
    """One external contact. `fields` are those of the request, checked."""

    genesys_id: str
    fields: dict[str, Any]
    created: float
    modified: float
    kind: str
    owned: dict[Identifier, float] = field(default_factory=dict)
    merged_into: str | None = None
    merged_from: list[str] = field(default_factory=list)


class ContactStore:
    """All contacts of the organisation, by id and by identifier."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self.by_id: dict[str, Contact] = {}
        self._owners: dict[Identifier, str] = {}

    def __len__(self) -> int:
        return len(self.by_id)

    def add(self, fields: dict[str, Any], now: float, kind: str = "Curated") -> Contact:
        """A new contact, which claims the identifiers that are free."""
        contact = Contact(self._new_id(), fields, now, now, kind)
        self.by_id[contact.genesys_id] = contact
        self._claim_all(contact, now)
        return contact

    def change(self, contact: Contact, fields: dict[str, Any], now: float) -> None:
        """Give a contact other fields; what it no longer has is free again, what is new is claimed."""
        before = set(identifiers_of(contact.fields))
        contact.fields = fields
        contact.modified = now
        for key in before - set(identifiers_of(fields)):
            self.release(contact, key)
        self._claim_all(contact, now)

    def remove(self, contact: Contact) -> None:
        """Forget a contact and free its identifiers."""
        for key in list(contact.owned):
            self.release(contact, key)
        del self.by_id[contact.genesys_id]

    def owner(self, key: Identifier) -> Contact | None:
        """The contact that owns an identifier."""
        genesys_id = self._owners.get(key)
        return None if genesys_id is None else self.by_id.get(genesys_id)

    def claim(self, contact: Contact, key: Identifier, now: float) -> None:
        """Take an identifier over, from whoever owns it."""
        if (owner := self.owner(key)) is not None:
            self.release(owner, key)
        self._owners[key] = contact.genesys_id
        contact.owned[key] = now

    def claim_free(self, contact: Contact, key: Identifier, now: float) -> None:
        """Take an identifier if nobody owns it."""
        if key not in self._owners:
            self._owners[key] = contact.genesys_id
            contact.owned[key] = now

    def release(self, contact: Contact, key: Identifier) -> bool:
        """Give an identifier back; whether the contact owned it."""
        if contact.owned.pop(key, None) is None:
            return False
        del self._owners[key]
        return True

    def canonical(self, genesys_id: str) -> Contact | None:
        """The contact to which this id leads today."""
        contact = self.by_id.get(genesys_id)
        while contact is not None and contact.merged_into is not None:
            contact = self.by_id.get(contact.merged_into)
        return contact

    def merge(self, contacts: list[Contact], fields: dict[str, Any], now: float) -> Contact:
        """A new contact in place of these, with all their identifiers."""
        merged = self.add(fields, now)
        for ancestor in contacts:
            for key in list(ancestor.owned):
                self.claim(merged, key, now)
            ancestor.merged_into = merged.genesys_id
            ancestor.modified = now
            merged.merged_from.append(ancestor.genesys_id)
        return merged

    def merge_set(self, contact: Contact) -> list[str]:
        """The ids of everybody who was merged into this contact, itself first."""
        found = [contact.genesys_id]
        for genesys_id in found:
            if (ancestor := self.by_id.get(genesys_id)) is not None:
                found.extend(ancestor.merged_from)
        return found

    def people(self) -> Iterator[Contact]:
        """Every contact that was not merged into another, oldest first."""
        return (contact for contact in self.by_id.values() if contact.merged_into is None)

    def _claim_all(self, contact: Contact, now: float) -> None:
        for key in identifiers_of(contact.fields):
            self.claim_free(contact, key, now)
