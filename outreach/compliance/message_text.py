"""How long a message may be, and how many SMS segments it costs."""

from outreach.contacts import Channel, Contact
from outreach.settings import CampaignSettings

MESSAGE_WHEN_NONE = "Hello"
"""What is said when neither contact nor campaign brings a message (guide sheet, "Contact payload")."""

MOST_SEGMENTS = 5
"""Genesys sends an SMS in at most five parts (its help, "Agentless SMS")."""

_GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = frozenset("\f^{}\\[~]|€")
_GSM = _GSM_BASIC | _GSM_EXTENDED


def choose_message(contact: Contact, settings: CampaignSettings) -> str:
    """What will be said: the contact's own message, else the campaign's."""
    return contact.initial_message or settings.message or MESSAGE_WHEN_NONE


def fits(text: str, channel: Channel) -> bool:
    """Whether a channel takes a text of this length: of an SMS, its parts count, not its characters."""
    if len(text) > channel.traits.longest_text:
        return False
    # Even of emoji, a part takes 33: most texts need no count, which takes as long as half a decision.
    return (
        len(text) <= 33 * MOST_SEGMENTS or not channel.traits.has_segments or segments(text) <= MOST_SEGMENTS
    )


def segments(text: str) -> int:
    """SMS segments: GSM-7 in 160 or parts of 153, else UCS-2 in 70 or parts of 67 (3GPP TS 23.038).

    A character that takes two places (GSM's extension table, UTF-16 surrogates) is never cut in two.
    """
    # One sign outside GSM-7 makes the whole message UCS-2, with 70 characters in place of 160.
    if _GSM.issuperset(text):
        return _pack([2 if character in _GSM_EXTENDED else 1 for character in text], 160, 153)
    return _pack([2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67)


def _pack(widths: list[int], alone: int, part: int) -> int:
    if sum(widths) <= alone:
        return 1
    count, used = 1, 0
    for width in widths:
        if used + width > part:
            count, used = count + 1, 0
        used += width
    return count
