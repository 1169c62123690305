"""Finding everything that the ledger holds about one person: by external contact id, or by address.

    an id ───────────────> its contacts in all campaigns ──> their addresses ──> rejected rows of both
    an address ──> whoever has it ──┘

Addresses stand only inside payloads, sealed with a fresh nonce each, so a search opens every payload. That
is the price of keeping no index of addresses; it is paid on request only.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, Select, select

from outreach.channels import EXTERNAL_CONTACT_ID
from outreach.contacts import Contact
from outreach.errors import UsageError
from outreach.ledger.database.engine import LARGE_PAGE
from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.rejects import RejectedRow, read_rejects
from outreach.ledger.suppressions import find_suppressed
from outreach.sameness import E164, same_form
from outreach.sources.person import Person
from outreach.sources.rows import BadCell
from outreach.sources.spellings import normalise_address

_MEANT_AS_NUMBER = re.compile(r"[+0-9][0-9 ().-]*\Z")


class Known(NamedTuple):
    """A row of `contacts`; `contact` is None once it was erased."""

    id: int
    campaign_id: int
    external_contact_id: str
    contact: Contact | None


@dataclass
class Findings:
    """What the ledger holds about a person: contacts, rejected rows, and how many others
    lead to one of the person's addresses by an id of their own.
    """

    person: Person
    people: list[Known]
    rows: list[RejectedRow]
    sharing: int


def find_person(ledger: Ledger, who: str, more: Collection[str] = ()) -> Findings:
    """Everything about one person, in all campaigns; nobody, when nobody is known by that name.

    `who` is an external contact id, an e-mail address, or a number in any international spelling; `more` are
    addresses of theirs that no contact tells.

    Raises:
        UsageError: nobody is named, which every empty cell would fit; or a number that is cut off, which
            would find, and suppress, nobody.
    """
    if not any(map(str.isalnum, who)):
        raise UsageError("Nobody is named.", "Give an external contact id or an address.")
    address, is_read = _as_address(who.strip())
    if address and "@" not in address and not E164.match(address) and _MEANT_AS_NUMBER.match(address):
        raise UsageError(
            "That is no whole number, and no external contact id.", "Write it in E.164, like +15551234567."
        )
    named = scan(ledger, {address}) if address else ()
    ids = {known.external_contact_id for known in named} if address else {who.strip()}
    people = list(read_known(ledger, _CONTACTS.where(contacts.c.external_contact_id.in_(ids)))) if ids else []
    own = [known.contact.channels.addresses().values() for known in people if known.contact]
    addresses = {same_form(each) for each in chain(*own, more)} | ({address} if address else set())
    person = Person(addresses, ids)
    others = scan(ledger, person.addresses) if person.addresses else ()
    sharing = sum(known.external_contact_id not in ids for known in others)
    rows = [row for row in read_rejects(ledger) if person.stands_in(row.raw.values())]
    if not (is_read or people or rows or find_suppressed(ledger, [address])):
        raise UsageError(
            "That is no address that can be read, and nobody's in this ledger.",
            "Write a number in E.164, like +15551234567, and of an e-mail the address alone.",
        )
    return Findings(person, people, rows, sharing)


def scan(ledger: Ledger, addresses: Iterable[str]) -> Iterator[Known]:
    """The contacts that lead to one of the addresses."""
    person = Person(addresses)
    for page in ledger.db.pages(_EVERYBODY, LARGE_PAGE):
        opened = [ledger.vault.open(row.payload) for row in page]
        # Without the name before them: folding the case of an umlaut takes ten times as long.
        told = (plain.partition('"channels":')[2] or plain for plain in opened)
        if person.may_stand_in("\n".join(told).casefold()):  # two thirds of the time of asking for each
            for row, plain in zip(page, opened, strict=True):
                written = orjson.loads(plain).get("channels", {}).values()
                if any(same_form(address) in person.addresses for address in written if address):
                    yield _known(ledger, row)


_CONTACTS = select(contacts.c.id, contacts.c.campaign_id, contacts.c.external_contact_id, contacts.c.payload)
_EVERYBODY = _CONTACTS.where(contacts.c.payload.is_not(None))


def read_known(ledger: Ledger, query: Select[Any] = _EVERYBODY) -> Iterator[Known]:
    """The contacts that a query finds, opened one by one: of all campaigns, but for whom was erased."""
    return (_known(ledger, row) for row in ledger.db.one_by_one(query))


def _as_address(who: str) -> tuple[str, bool]:
    """An address as it is compared, or "" for an external contact id; and whether it could be read."""
    if "@" not in who and EXTERNAL_CONTACT_ID.match(who):
        return "", True
    try:
        return same_form(normalise_address(who)), True
    except BadCell:
        return same_form(who), False


def _known(ledger: Ledger, row: Row[Any]) -> Known:
    plain = ledger.vault.open(row.payload) if row.payload is not None else None
    contact = Contact.model_validate_json(plain) if plain is not None else None
    return Known(row.id, row.campaign_id, row.external_contact_id, contact)
