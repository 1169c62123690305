"""Why a contact is not contacted: stable codes, whose reason it is, and the sentence that people read.

the person's   what they said, or what is known of them and their address: it stands until that changes
the moment's   later it is another one: the contact is deferred
ours           a sender, a setting, the text, the campaign's end: never a verdict on the person, so each run
               decides again, and one in which nobody could be contacted for such a reason is red
"""

import re
from enum import Enum
from typing import NamedTuple


class Owner(Enum):
    """Whose reason it is."""

    PERSON = "person"
    MOMENT = "moment"
    US = "us"


class Reason(NamedTuple):
    """What a code means: its sentence, its owner, and what mends it where it is ours."""

    sentence: str
    owner: Owner
    advice: str = ""


_EXTEND = "Move 'Ends at' in the settings, or stop its schedule."

TOO_LATE = "opted_out_too_late"
"""Whoever opted out between the start of a hand-over and its end."""

ROW_UNREADABLE = "row_unreadable"
"""Whoever was loaded, waits, and has a row in the latest list that was rejected."""

ROWS_CONTRADICT = "rows_contradict"
"""Whoever has two rows in one list that contradict each other; the later row's code, too."""

ADDRESS_REFUSED = "address_refused"
"""Whoever has an address for which another row of the campaign says no."""

EARLIER_ATTEMPT_UNSURE = "earlier_attempt_unsure"
"""Whoever waits since an attempt was given up, while Genesys cannot say what became of it."""

REASONS = {
    "campaign_ended": Reason("The campaign has ended.", Owner.US, _EXTEND),
    "no_window_before_end": Reason(
        "The campaign ends before this person may be contacted again.", Owner.US, _EXTEND
    ),
    "validation_failed": Reason("Genesys Cloud says that this contact failed its validation.", Owner.PERSON),
    "validation_unknown": Reason(
        "Genesys Cloud does not say whether this contact passed its validation.",
        Owner.US,
        "Each run asks again; `outreach preflight` shows whether Genesys Cloud answers as it should.",
    ),
    "no_address": Reason("The contact has no address on this channel.", Owner.PERSON),
    "not_in_order": Reason(
        "The campaign does not use this channel.", Owner.US, "Add the channel to 'Channel order'."
    ),
    "not_needed": Reason("A channel earlier in the campaign's order was chosen.", Owner.PERSON),
    "consent_refused": Reason("The person refused contact on this channel.", Owner.PERSON),
    # Ours, though it speaks of the person: the source may have left the column out.
    "consent_missing": Reason(
        "The campaign requires consent, and none is recorded for this channel.",
        Owner.US,
        "Bring consent columns with the source, or change 'Consent'.",
    ),
    "suppressed": Reason("The address is suppressed: opted out, or on a do-not-contact list.", Owner.PERSON),
    TOO_LATE: Reason(
        "The person opted out after Genesys' engine had their list: withdrawn there, yet a message may reach "
        "them all the same.",
        Owner.PERSON,
    ),
    ROW_UNREADABLE: Reason(
        "The person's row of today could not be read, and an earlier one may no longer hold: mend it in the "
        "list, or release the contact with `outreach resolve`.",
        Owner.PERSON,
    ),
    ROWS_CONTRADICT: Reason(
        "Rows of one list contradict each other about the person: leave the right one in the list, or "
        "release the contact with `outreach resolve`.",
        Owner.PERSON,
    ),
    ADDRESS_REFUSED: Reason(
        "Another row of the campaign has an address of this person and says no: correct that row if it is "
        "wrong, or, always where it has no id, release the contact with `outreach resolve`.",
        Owner.PERSON,
    ),
    # Ours, since a setting asks for it: without it the next run goes on.
    "undelivered": Reason(
        "The last message to this address did not arrive, for good.",
        Owner.US,
        "Correct the address, or switch off 'Leave out undelivered'.",
    ),
    "same_address": Reason(
        "Another contact of this campaign has this address and is contacted instead.", Owner.PERSON
    ),
    "text_too_long": Reason(
        "The message is too long for this channel (five parts by SMS: 765 characters, or 335 once a sign is "
        "outside GSM-7, such as an emoji or a curly quote; 2000 characters elsewhere).",
        Owner.US,
        "Shorten the message, or write it without such signs.",
    ),
    "no_message": Reason(
        "The campaign has no message for this channel, and the contact brings none.",
        Owner.US,
        "Set `message` in the settings.",
    ),
    "field_missing": Reason(
        "The message needs a field that this contact lacks, or that cannot be read.",
        Owner.US,
        'Fill the column, or give the text a default: {{ first_name|default("there") }}.',
    ),
    "placeholder_left": Reason(
        "The contact's own message holds what looks like a placeholder: it would be sent as it stands.",
        Owner.US,
        "Fill it in the list, or leave the column out and write the campaign's message with fields.",
    ),
    "zone_invalid": Reason("The contact's time zone is not an IANA name such as Europe/Paris.", Owner.PERSON),
    "zone_unknown": Reason("Nothing tells which time zone the person is in.", Owner.PERSON),
    "no_common_hours": Reason(
        "There is no time that is within calling hours wherever the person may be.", Owner.PERSON
    ),
    "outside_hours": Reason("It is outside the calling hours where the person is.", Owner.MOMENT),
    "frequency_cap": Reason("The person was contacted as often as the frequency cap allows.", Owner.MOMENT),
}

_PREFIXES = {
    "sender_": Reason(
        "Our own sender on this channel is not ready",
        Owner.US,
        "`outreach preflight` names the sender: mend it in its block or in Genesys Cloud.",
    ),
    "channel_": Reason("Genesys Cloud says that this channel cannot be used", Owner.PERSON),
}

ASKED_AGAIN = "validation_unknown"
"""Ours, and known to nobody here: only Genesys can tell whether it has passed."""

MAY_PASS = frozenset({"suppressed", "same_address", ADDRESS_REFUSED})
"""The person's, but it may go: a suppression is lifted, the other row did not take the address, or says no no
more.
"""

CHOSEN = frozenset({"consent_missing", "not_in_order", "sender_no_sender", "undelivered"})
"""Ours, but perhaps on purpose: where the campaign reaches people otherwise, these ask for no mending."""

_NOT_CODE = re.compile(r"[^a-z0-9]+")


def sentence(code: str) -> str:
    """The sentence of a reason code; codes that Genesys coined are shown with the side they speak of."""
    if code in REASONS:
        return REASONS[code].sentence
    if prefix := _prefix(code):
        return f"{_PREFIXES[prefix].sentence}: {code.removeprefix(prefix).replace('_', ' ')}."
    return f"{code.replace('_', ' ').capitalize()}."


def owner_of(code: str) -> Owner:
    """Whose reason a code is; one that nobody knows is the person's, so that it stands."""
    return _find(code).owner


def advice_on(code: str) -> str:
    """What mends a reason of ours; "" for one of anybody else's."""
    return _find(code).advice


def is_ours(code: str) -> bool:
    """Whether each run decides again on whoever is kept back for it."""
    return owner_of(code) is Owner.US


def coin(prefix: str, code: str) -> str:
    """A reason code from one of Genesys' own, in snake case, at most 64 characters, the prefix once."""
    # Whatever the far end sends becomes a code that reports can count and columns can hold.
    name = _NOT_CODE.sub("_", code.casefold()).strip("_") or "unavailable"
    return f"{prefix}_{name.removeprefix(f'{prefix}_')}"[:64]


def _find(code: str) -> Reason:
    known = REASONS.get(code) or _PREFIXES.get(_prefix(code))
    return known or Reason("", Owner.PERSON)


def _prefix(code: str) -> str:
    return next((prefix for prefix in _PREFIXES if code.startswith(prefix)), "")
