"""Which spellings of an address lead to one person: what every "same address" of the product rests on.

A chat handle may be a phone number (WhatsApp's always is), written with or without its plus, with 00, with
spaces: that number is what is sent, so that number is compared. An opaque handle is compared as it is.
"""

import re

from outreach.renumbering import first_form, is_renumbered, known_as, renew

FORMS = "1"
"""By these rules a ledger was begun, which keeps this word: another word with every rule that is added."""

E164 = re.compile(r"\+[1-9][0-9]{6,14}\Z")  # no \d: it takes the digits of every script
"""A plus, a country code, at most 15 digits. A format, not a promise that the number is assigned."""
_NUMBER = re.compile(r"(?:\+|00)?[\s().-]*[1-9](?:[\s().-]*[0-9]){6,14}\Z")
_NO_DIGIT = re.compile(r"[^0-9]+")


def number_in(handle: str) -> str | None:
    """The E.164 number that a handle is, in its form of today; None when it is none.

    Without a plus its digits begin with the country's code, as in WhatsApp's own ids.
    """
    if E164.match(handle):  # nearly every address that comes here
        return renew(handle)
    if not _NUMBER.match(handle):
        return None
    digits = _NO_DIGIT.sub("", handle).removeprefix("00")
    return renew(f"+{digits}")


def forms_of(address: str) -> tuple[str, ...]:
    """Every form by which a ledger may know an address; one person's share the first."""
    plain = address.strip().casefold()
    number = number_in(plain)
    if number is None:
        return (plain,)
    known = known_as(number)
    return tuple(dict.fromkeys((*known, plain, *(form[1:] for form in known))))


def same_form(address: str) -> str:
    """The form on which sameness is computed."""
    if E164.match(address):  # nearly every address of a phone: half the time of what follows
        return first_form(renew(address)) if is_renumbered(address) else address
    plain = address.strip().casefold()
    number = number_in(plain)
    return plain if number is None else first_form(number)
