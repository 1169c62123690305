"""Two rows of one person that cannot both hold: another address on one channel, or a no that only one has.

Of two addresses one may be somebody else's, and a list that says yes and no says nothing. What one row leaves
out contradicts nothing; nor does a name, since the same address is reached.
"""

from collections.abc import Mapping
from typing import Any

from outreach.channels import Channel
from outreach.contacts import Contact
from outreach.sameness import same_form

_BITS = 14
"""Of an address in a sketch: four channels and their refusals fit a database's whole number. Of 16,000
contradictions in an address a dry run takes one for a duplicate."""
_MASK = (1 << _BITS) - 1


def find_contradictions(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """In what they contradict each other, in words; "" where they do not. Each as the ledger keeps it."""
    first, second = one["channels"], other["channels"]
    both = [name for name, address in first.items() if second.get(name, address) != address]
    moved = [name for name in both if same_form(first[name]) != same_form(second[name])]
    return ", ".join([*moved, *(f"consent.{name}" for name in sorted(_refused(one) ^ _refused(other)))])


def _refused(said: Mapping[str, Any]) -> set[str]:
    return {name for name, consent in said.get("consent", {}).items() if not consent["given"]}


def sketch(contact: Contact) -> int:
    """What must agree, as a number above 0 that tells nobody anything: of this process alone."""
    addresses, found = contact.channels.addresses(), 1
    for channel in Channel:
        address = addresses.get(channel)
        found = found << _BITS | (hash(same_form(address)) % _MASK + 1 if address else 0)
        found = found << 1 | (channel in contact.consent and not contact.consent[channel].given)
    return found


def contradict(one: int, other: int) -> bool:
    """Whether two rows do, by their sketches."""
    for _ in Channel:
        if (one ^ other) & 1:
            return True
        first, second = one >> 1 & _MASK, other >> 1 & _MASK
        if first and second and first != second:
            return True
        one, other = one >> _BITS + 1, other >> _BITS + 1
    return False
