"""Finding everything that the ledger holds about one person: by external contact id, or by address.

    an id ───────────────> its contacts in all campaigns ──> their addresses ──> rejected rows of both
    an address ──> whoever has it ──┘

Addresses stand only inside payloads, sealed with a fresh nonce each, so a search opens every payload. That
is the price of keeping no index of addresses; it is paid on request only.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, Select, select

from outreach.contacts import EXTERNAL_CONTACT_ID, Contact
from outreach.errors import UsageError
from outreach.ledger.database.pages import read_rows
from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.rejects import RejectedRow, read_rejects
from outreach.renumbering import known_as
from outreach.sameness import E164, same_form
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell

SHORTEST_NATIONAL = 8
"""Digits from which the end of a number is taken for the number without its country."""

_MEANT_AS_NUMBER = re.compile(r"[+0-9][0-9 ().-]*\Z")
_NO_DIGIT = re.compile(r"[^0-9]+")


@dataclass(frozen=True)
class Person:
    """Everything that a person is known by; addresses as they are compared: see outreach/sameness.py."""

    ids: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    def stands_in(self, cells: Iterable[str]) -> bool:
        """Whether a row, as it was read, speaks of this person."""
        numbers = [form[1:] for a in self.addresses if E164.match(a) for form in known_as(a)]
        words = [address for address in self.addresses if not E164.match(address)]
        ids = {name.casefold() for name in self.ids}
        return any(_names(cell.strip().casefold(), ids, words, numbers) for cell in cells)


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
    people: list[Known] = field(default_factory=list)
    rows: list[RejectedRow] = field(default_factory=list)
    sharing: int = 0


def find_person(ledger: Ledger, who: str) -> Findings:
    """Everything about one person, in all campaigns; nobody, when nobody is known by that name.

    Args:
        ledger: where to look.
        who: an external contact id, an e-mail address, or a number in any international spelling.

    Raises:
        UsageError: a number that is cut off, which would find, and suppress, nobody.
    """
    address = _as_address(who.strip())
    if address and "@" not in address and not E164.match(address) and _MEANT_AS_NUMBER.match(address):
        raise UsageError(
            "That is no whole number, and no external contact id.", "Write it in E.164, like +15551234567."
        )
    named = scan(ledger, {address}) if address else ()
    ids = {known.external_contact_id for known in named} if address else {who.strip()}
    people = list(_by_ids(ledger, ids)) if ids else []
    own = [addresses_of(known.contact) for known in people if known.contact]
    person = Person(frozenset(ids), frozenset({address} if address else ()).union(*own))
    others = scan(ledger, person.addresses) if person.addresses else ()
    sharing = sum(known.external_contact_id not in ids for known in others)
    return Findings(person, people, list(_rejected(ledger, person)), sharing)


def scan(ledger: Ledger, addresses: Collection[str]) -> Iterator[Known]:
    """The contacts that lead to one of the addresses."""
    for row in read_rows(ledger.db, _EVERYBODY):
        # As plain JSON: a contact made of each is 2.5 times the work, and hardly anybody is the one.
        written = orjson.loads(ledger.vault.open(row.payload)).get("channels", {}).values()
        if any(same_form(address) in addresses for address in written if address):
            yield _known(ledger, row)


def read_everybody(ledger: Ledger) -> Iterator[Known]:
    """All contacts of all campaigns that were not erased, opened one by one."""
    return _read(ledger, _EVERYBODY)


def addresses_of(contact: Contact) -> frozenset[str]:
    """All addresses of a contact, as they are compared."""
    return frozenset(map(same_form, contact.channels.addresses().values()))


_CONTACTS = select(contacts.c.id, contacts.c.campaign_id, contacts.c.external_contact_id, contacts.c.payload)
_EVERYBODY = _CONTACTS.where(contacts.c.payload.is_not(None))


def _as_address(who: str) -> str:
    """An address as it is compared, or "" for an external contact id."""
    if "@" not in who and EXTERNAL_CONTACT_ID.match(who):
        return ""
    try:
        return same_form(normalise_phone(who))
    except BadCell:
        return same_form(who)


def _by_ids(ledger: Ledger, ids: Collection[str]) -> Iterator[Known]:
    return _read(ledger, _CONTACTS.where(contacts.c.external_contact_id.in_(ids)))


def _read(ledger: Ledger, query: Select[Any]) -> Iterator[Known]:
    return (_known(ledger, row) for row in read_rows(ledger.db, query))


def _known(ledger: Ledger, row: Row[Any]) -> Known:
    plain = ledger.vault.open(row.payload) if row.payload is not None else None
    contact = Contact.model_validate_json(plain) if plain is not None else None
    return Known(row.id, row.campaign_id, row.external_contact_id, contact)


def _rejected(ledger: Ledger, person: Person) -> Iterator[RejectedRow]:
    return (row for row in read_rejects(ledger) if person.stands_in(row.raw.values()))


def _names(cell: str, ids: Collection[str], words: Sequence[str], numbers: Sequence[str]) -> bool:
    if cell in ids or any(word in cell for word in words):
        return True
    digits = _NO_DIGIT.sub("", cell) if numbers else ""
    return any(_same_number(digits, number) for number in numbers)


def _same_number(digits: str, number: str) -> bool:
    if len(digits) < SHORTEST_NATIONAL:
        return False
    return number in digits or number.endswith(digits.lstrip("0"))  # E.164 drops the trunk 0
