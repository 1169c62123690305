"""What really happened at the far end: one row for every contact with a person, answered or not.

Who it was: `matched_by` is "request" when the call (or a later association) named the contact, "address" when
only the address tells. Contacts by address alone don't count against the person, since people share phones.
"""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from emulator.state.clock import iso

Key = TypeVar("Key")


class Person(NamedTuple):
    """Who was contacted: the CRM's id and Genesys' id, None when unknown, and how it is known."""

    external_contact_id: str | None = None
    genesys_id: str | None = None
    matched_by: str | None = None


@dataclass(slots=True)
class Reached:
    """One contact with one person. `address` is where it went."""

    seq: int
    at: float
    api: str
    channel: str
    address: str
    sender: str
    person: Person
    conversation_id: str
    content: dict[str, Any]
    delivered: bool

    def document(self) -> dict[str, Any]:
        """As JSON; `to` and `from` are the two addresses."""
        return {
            "seq": self.seq,
            "at": iso(self.at),
            "api": self.api,
            "channel": self.channel,
            "to": self.address,
            "from": self.sender,
            **self.person._asdict(),
            "conversation_id": self.conversation_id,
            "content": self.content,
            "delivered": self.delivered,
        }


class Truth:
    """The log, and running counts so that asking is cheap at any length."""

    def __init__(self) -> None:
        self.rows: list[Reached] = []
        self.by_channel: Counter[str] = Counter()
        self.by_api: Counter[str] = Counter()
        self._addresses: Counter[tuple[str, str]] = Counter()
        self._people: Counter[str] = Counter()
        self._addresses_again: dict[tuple[str, str], int] = {}
        self._people_again: dict[str, int] = {}
        self._by_conversation: dict[str, Reached] = {}

    def record(
        self,
        at: float,
        api: str,
        channel: str,
        addresses: tuple[str, str],
        person: Person,
        conversation_id: str,
        content: dict[str, Any],
        *,
        delivered: bool = True,
    ) -> None:
        """Write one contact down. `addresses` are to and from."""
        number = len(self.rows) + 1
        row = Reached(number, at, api, channel, *addresses, person, conversation_id, content, delivered)
        self.rows.append(row)
        self._by_conversation[conversation_id] = row
        self.by_channel[channel] += 1
        self.by_api[api] += 1
        _count((channel, row.address), self._addresses, self._addresses_again)
        self._count_person(person)

    def associate(self, conversation_id: str, person: Person) -> None:
        """Say afterwards who the person of a conversation is."""
        row = self._by_conversation.get(conversation_id)
        if row is not None and row.person.matched_by != "request":
            row.person = person
            self._count_person(person)

    def _count_person(self, person: Person) -> None:
        if person.external_contact_id is not None and person.matched_by == "request":
            _count(person.external_contact_id, self._people, self._people_again)

    def page(self, since: int, limit: int) -> list[dict[str, Any]]:
        """Rows with a number above `since`, oldest first."""
        return [row.document() for row in islice(self.rows, since, since + limit)]

    def summary(self, most: int = 1000) -> dict[str, Any]:
        """Counts, and who was contacted more than once: by channel and address, and by the CRM's id."""
        addresses = islice(self._addresses_again.items(), most)
        people = islice(self._people_again.items(), most)
        return {
            "count": len(self.rows),
            "by_channel": dict(self.by_channel),
            "by_api": dict(self.by_api),
            "addresses": len(self._addresses),
            "people": len(self._people),
            "contacted_twice_count": max(len(self._addresses_again), len(self._people_again)),
            "contacted_twice": [
                *({"channel": key[0], "to": key[1], "times": times} for key, times in addresses),
                *({"external_contact_id": person, "times": times} for person, times in people),
            ],
        }


def _count(key: Key, counts: Counter[Key], again: dict[Key, int]) -> None:
    """Count a key; `again` has those that came more than once."""
    counts[key] += 1
    if counts[key] > 1:
        again[key] = counts[key]
