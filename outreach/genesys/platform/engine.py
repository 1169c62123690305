"""Genesys' own engine: for which of our senders it sends, and how its objects speak of their channels.

What an e-mail or a WhatsApp message says stands in a content template of the organisation's, which takes our
columns: it is named in the senders. Nothing here makes one (outbound fact sheet, 11.6).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from typing_extensions import assert_never

from outreach.contacts import Channel
from outreach.errors import SettingsError
from outreach.genesys.campaign_route import Pace
from outreach.genesys.senders import Senders
from outreach.sameness import number_in

LONGEST_VALUE = 512
"""A column's value is cut off there (outbound fact sheet, 0.7)."""

EMAILS_PER_MINUTE = 1200
"""Of an organisation, over all its campaigns (section 2)."""

SUBJECT = "subject"
_SET = "the setting"
_TOLL_FREE = ("+1800", "+1833", "+1844", "+1855", "+1866", "+1877", "+1888")


@dataclass(frozen=True, slots=True)
class EngineMedium:
    """How lists, rules, exports and schedules speak of a channel (sections 1.1, 1.3, 1.4, 1.6)."""

    name: str
    address: str
    """The column of the address."""
    columns: str
    """Under what a list says so."""
    zone: str
    """Under what it says where the address' time zone stands."""
    schedules: str
    texts: tuple[str, ...] = ("text",)
    """The columns of the text, one after the other."""
    has_subject: bool = False


_SMS = EngineMedium("Sms", "cell", "phoneColumns", "callableTimeColumnName", "messagingcampaigns")
_EMAIL = EngineMedium(
    "Email",
    "email",
    "emailColumns",
    "contactableTimeColumnName",
    "emailcampaigns",
    texts=("text", "text_2", "text_3", "text_4"),
    has_subject=True,
)
_WHATSAPP = EngineMedium(
    "WhatsApp", "whatsapp", "whatsAppColumns", "contactableTimeColumnName", "whatsappcampaigns"
)


@dataclass(frozen=True, slots=True)
class EngineSender:
    """One of our senders, as campaigns have it: its medium, its pace, and its part of a campaign's body."""

    medium: EngineMedium
    pace: Pace
    config: Mapping[str, Any]
    subject: str = ""

    def write_address(self, address: str) -> str:
        """WhatsApp's address is the number without its plus (section 1.4)."""
        return (number_in(address) or address).lstrip("+") if self.medium is _WHATSAPP else address


def can_send(senders: Senders, channel: Channel) -> bool:
    """Whether campaigns can send for our senders of a channel."""
    ours = senders.all_of(channel)
    match channel:
        case Channel.SMS:
            return bool(ours)
        case Channel.EMAIL:
            return bool(ours and senders.email_template_id)
        case Channel.CHAT:  # what WhatsApp takes in a minute, nobody says: it has to be set
            is_whatsapp = senders.chat_type == "whatsapp" and senders.chat_template_id
            return bool(ours and is_whatsapp and all(each.per_minute for each in ours))
        case Channel.VOICE:
            return False
        case _:
            assert_never(channel)


def describe_sender(senders: Senders, channel: Channel, name: str) -> EngineSender:
    """A sender as campaigns have it; one that is set no more can still be stopped and read."""
    own = next((each.per_minute for each in senders.all_of(channel) if each.name == name), 0)
    template = {"contentTemplate": {"id": senders.email_template_id or ""}}
    match channel:
        case Channel.SMS:
            medium, most = _SMS, Pace(_carriers_rate(name), "the number's kind")
            part: dict[str, Any] = {"phoneColumn": medium.address, "messageColumn": medium.texts[0]}
            config = {"smsConfig": {**part, "senderSmsPhoneNumber": {"phoneNumber": name}}}
        case Channel.EMAIL:
            share = max(1, EMAILS_PER_MINUTE // max(1, len(senders.all_of(channel))))
            medium, most = _EMAIL, Pace(share, "the organisation's e-mail limit")
            local, _, domain = name.rpartition("@")
            sender = {"domain": {"id": domain}, "localPart": local}
            part = {"emailColumns": [medium.address], "fromAddress": sender, **template}
            config = {"emailConfig": part}
        case Channel.CHAT:
            medium, most = _WHATSAPP, Pace(own or 60, _SET)
            part = {"whatsAppColumns": [medium.address], "whatsAppIntegration": {"id": name}}
            config = {"whatsAppConfig": {**part, "contentTemplate": {"id": senders.chat_template_id or ""}}}
        case Channel.VOICE:
            raise SettingsError("Genesys' own engine places no calls of ours.", "Set route to agentless.")
        case _:
            assert_never(channel)
    pace = Pace(own, _SET) if 0 < own < most.per_minute else most
    return EngineSender(medium, pace, config, senders.email_subject)


def _carriers_rate(number: str) -> int:
    """What a number's carrier lets it send in a minute, by its kind."""
    return 180 if number.startswith(_TOLL_FREE) else 60 if number.startswith("+1") else 600
