"""Why a contact is not contacted: stable codes, and the sentence that people read."""

import re

REASONS = {
    "campaign_ended": "The campaign has ended.",
    "no_window_before_end": "The campaign ends before this person may be contacted again.",
    "validation_failed": "Genesys Cloud says that this contact failed its validation.",
    "validation_unknown": "Genesys Cloud does not say whether this contact passed its validation.",
    "no_address": "The contact has no address on this channel.",
    "not_in_order": "The campaign does not use this channel.",
    "not_needed": "A channel earlier in the campaign's order was chosen.",
    "consent_refused": "The person refused contact on this channel.",
    "consent_missing": "The campaign requires consent, and none is recorded for this channel.",
    "suppressed": "The address is suppressed: opted out, or on a do-not-contact list.",
    "text_too_long": "The message is too long for this channel (765 characters by SMS, 2000 elsewhere).",
    "zone_invalid": "The contact's time zone is not an IANA name such as Europe/Paris.",
    "zone_unknown": "Nothing tells which time zone the person is in.",
    "no_common_hours": "There is no time that is within calling hours wherever the person may be.",
    "outside_hours": "It is outside the calling hours where the person is.",
    "frequency_cap": "The person was contacted as often as the frequency cap allows.",
}

_PREFIXES = {
    "sender_": "Our own sender on this channel is not ready",
    "channel_": "Genesys Cloud says that this channel cannot be used",
}
_NOT_CODE = re.compile(r"[^a-z0-9]+")


def sentence(code: str) -> str:
    """The sentence of a reason code; codes that Genesys coined are shown with the side they speak of."""
    if code in REASONS:
        return REASONS[code]
    for prefix, start in _PREFIXES.items():
        if code.startswith(prefix):
            return f"{start}: {code.removeprefix(prefix).replace('_', ' ')}."
    return f"{code.replace('_', ' ').capitalize()}."


def coin(prefix: str, code: str) -> str:
    """A reason code from one of Genesys' own, in snake case, at most 64 characters, the prefix once."""
    # Whatever the far end sends becomes a code that reports can count and columns can hold.
    name = _NOT_CODE.sub("_", code.casefold()).strip("_") or "unavailable"
    return f"{prefix}_{name.removeprefix(f'{prefix}_')}"[:64]
