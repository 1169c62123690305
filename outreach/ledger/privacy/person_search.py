"""Finding everything that the ledger holds about one person: by external contact id, or by address.

    an id ───────────────> its contacts in all campaigns ──> their addresses ──> rejected rows of both
    an address ──> whoever has it ──┘

Addresses stand only inside payloads, sealed with a fresh nonce each, so a search opens every payload. That
is the price of keeping no index of addresses; it is paid on request only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, Select, select

from outreach.channels import EXTERNAL_CONTACT_ID
from outreach.contacts import Contact
from outreach.errors import UsageError
from outreach.ledger.database.pages import LARGE_PAGE, read_pages, read_rows
from outreach.ledger.database.schema import contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.rejects import RejectedRow, read_rejects
from outreach.renumbering import known_as
from outreach.sameness import E164, same_form
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell

SHORTEST_NATIONAL = 8
"""Digits from which the end of a number is taken for the number without its country."""

_END = 7
"""The last digits of a number, which all its spellings have: E.164 has no shorter one."""

_MEANT_AS_NUMBER = re.compile(r"[+0-9][0-9 ().-]*\Z")
_IN_JSON = re.compile(r'["\\\x00-\x1f]')
"""What JSON spells in its own way."""
_NO_DIGIT = re.compile(r"[^0-9]+")


@dataclass(frozen=True)
class Person:
    """Everything that a person is known by; addresses as they are compared: see outreach/sameness.py."""

    ids: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()

    def stands_in(self, cells: Iterable[str]) -> bool:
        """Whether a row, as it was read, speaks of this person."""
        row = [cell.strip().casefold() for cell in cells]
        names = self._names
        return names.may_stand_in("\n".join(row)) and any(names.are(cell) for cell in row)

    @cached_property
    def _names(self) -> _Names:
        return _Names(self.addresses, self.ids)


class _Names:
    """What a person is known by, as text that has its case folded may have it."""

    def __init__(self, addresses: Iterable[str], ids: Iterable[str] = ()) -> None:
        plain = [address for address in addresses if not E164.match(address)]
        self._ids = {name.casefold() for name in ids}
        self._words = [address.casefold() for address in plain]
        self._numbers = [form[1:] for a in addresses if E164.match(a) for form in known_as(a)]
        ends = (r"[^0-9]*".join(end) for end in {number[-_END:] for number in self._numbers})
        odd = ("",) if any(map(_IN_JSON.search, self._words)) else ()
        looked_for = (*map(re.escape, (*self._words, *self._ids)), *ends, *odd)
        self._looks = [re.compile(each).search for each in looked_for]

    def may_stand_in(self, text: str) -> bool:
        """False only where none of the names can be: a quarter of the time of looking closely."""
        for look in self._looks:  # noqa: SIM110 - half the time of `any`
            if look(text):
                return True
        return False

    def are(self, cell: str) -> bool:
        """Whether a cell names the person."""
        if cell in self._ids or any(word in cell for word in self._words):
            return True
        digits = _NO_DIGIT.sub("", cell) if self._numbers else ""
        return any(_same_number(digits, number) for number in self._numbers)


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
    names = _Names(addresses)
    for page in read_pages(ledger.db, _EVERYBODY, LARGE_PAGE):
        opened = [ledger.vault.open(row.payload) for row in page]
        # Without the name before them: folding the case of an umlaut takes ten times as long.
        told = (plain.partition('"channels":')[2] or plain for plain in opened)
        if names.may_stand_in("\n".join(told).casefold()):  # two thirds of the time of asking for each
            for row, plain in zip(page, opened, strict=True):
                written = orjson.loads(plain).get("channels", {}).values()
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


def _same_number(digits: str, number: str) -> bool:
    if len(digits) < SHORTEST_NATIONAL:
        return False
    bare = digits.lstrip("0")  # E.164 drops the trunk 0
    return number in digits or (len(bare) >= _END and number.endswith(bare))
