"""Two rows of one person that cannot both hold: another address on one channel, or a no that only one has.

Of two addresses one may be somebody else's, and a list that says yes and no says nothing. What one row leaves
out contradicts nothing; nor does a name, since the same address is reached.
"""

from outreach.channels import Channel
from outreach.contacts import Contact
from outreach.sameness import same_form

_BITS = 14
"""Of an address in a sketch: four channels and their refusals fit a database's whole number. Of 16,000
contradictions in an address a dry run takes one for a duplicate."""
_MASK = (1 << _BITS) - 1


def find_contradictions(one: Contact, other: Contact) -> str:
    """In what they contradict each other, in words; "" where they do not."""
    first, second = one.channels.addresses(), other.channels.addresses()
    moved = [c.value for c in first if c in second and same_form(first[c]) != same_form(second[c])]
    refused = [f"consent.{c}" for c in Channel if refuses(one, c) is not refuses(other, c)]
    return ", ".join(moved + refused)


def refuses(contact: Contact, channel: Channel) -> bool:
    """Whether the row says that the person is not to be contacted on a channel."""
    return channel in contact.consent and not contact.consent[channel].given


def sketch(contact: Contact) -> int:
    """What must agree, as a number above 0 that tells nobody anything: of this process alone."""
    addresses, found = contact.channels.addresses(), 1
    for channel in Channel:
        address = addresses.get(channel)
        found = found << _BITS | (hash(same_form(address)) % _MASK + 1 if address else 0)
        found = found << 1 | (bool(contact.consent) and refuses(contact, channel))
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
