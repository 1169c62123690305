"""`outreach test`: one filled sample to oneself, by e-mail or SMS; nobody of the list gets any.

It is no contact of a campaign: no intent, no audit record of a person; sent once and never repeated. Whoever
has opted out, or stands in the list, gets nothing.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outreach.channels import AddressKind, preferred
from outreach.contacts import Channel, Channels, Contact, bare_address
from outreach.errors import Ambiguous, GenesysError, UsageError
from outreach.genesys.interface import Attempt, Engagement, Genesys, Letter
from outreach.ledger.ledger import Ledger
from outreach.ledger.suppressions import find_suppressed
from outreach.messages.wording import Said, Wording
from outreach.settings import CampaignSettings
from outreach.sources.emails import normalise_email
from outreach.sources.phones import normalise_phone
from outreach.sources.rows import BadCell
from outreach.sources.source import Source

_MOST = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """What came of one: `problem` is "" where it was sent."""

    number: int
    channel: Channel
    conversation_id: str = ""
    problem: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether Genesys said that it took it."""
        return not self.problem

    def sentence(self) -> str:
        """For the person who asked; the address is theirs to know."""
        if self.is_sent:
            return f"Address {self.number} ({self.channel}): sent, conversation {self.conversation_id}."
        return f"Address {self.number} ({self.channel}): {self.problem}"

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "number": self.number,
            "channel": self.channel.value,
            "conversation_id": self.conversation_id or None,
            "problem": self.problem or None,
        }


def send_samples(
    genesys: Genesys, ledger: Ledger, source: Source, settings: CampaignSettings, to: Sequence[str]
) -> list[Sample]:
    """One sample to each address, filled with the first person of the list who has a text on its channel.

    Raises:
        UsageError: an address is none, has opted out, or is somebody's of the list; nothing was sent.
        SourceError: the list cannot be read.
        SettingsError: a text is wrong.
    """
    addresses = [_read_address(number, cell) for number, cell in enumerate(to, 1)]
    if not 0 < len(addresses) <= _MOST:
        raise UsageError(f"A test goes to one address, or up to {_MOST}.", "Like --to me@example.com.")
    off = find_suppressed(ledger, [address for _, address in addresses])
    if any(address in off for _, address in addresses):
        raise UsageError(
            "One of these addresses has opted out.", "Name another, or lift it: outreach suppress --lift."
        )
    found = _find_texts(source, Wording(settings, greets=False), addresses)
    return [
        _send(genesys, ledger, number, channel, address, found[channel], settings)
        for number, (channel, address) in enumerate(addresses, 1)
    ]


def _read_address(number: int, cell: str) -> tuple[Channel, str]:
    try:
        if "@" in cell:
            return preferred(AddressKind.EMAIL), normalise_email(cell.strip())
        return preferred(AddressKind.PHONE), normalise_phone(cell.strip())
    except BadCell as error:
        raise UsageError(
            f"Address {number} of --to {error.reason}.", "Like me@example.com,+13175550101."
        ) from None


def _find_texts(
    source: Source, wording: Wording, addresses: Sequence[tuple[Channel, str]]
) -> dict[Channel, tuple[Contact, Said]]:
    """A person and their text for each channel; the whole list is read, to know who stands in it."""
    ours = {bare_address(address) for _, address in addresses}
    missing = {channel for channel, _ in addresses}
    found: dict[Channel, tuple[Contact, Said]] = {}
    for row in source.rows():
        if row.contact is None:
            continue
        if any(bare_address(address) in ours for address in row.contact.channels.addresses().values()):
            raise UsageError(
                "One of these addresses is somebody's of the list.", "A test goes to yourself alone."
            )
        for channel in sorted(missing):
            said = wording.compose(row.contact, channel)
            if isinstance(said, Said):
                found[channel] = row.contact, said
                missing.discard(channel)
    if missing:
        named = ", ".join(sorted(missing))
        raise UsageError(
            f"Nobody of the list has a text for {named}.", "`outreach preview` shows what they lack."
        )
    return found


def _send(
    genesys: Genesys,
    ledger: Ledger,
    number: int,
    channel: Channel,
    address: str,
    sample: tuple[Contact, Said],
    settings: CampaignSettings,
) -> Sample:
    person, said = sample
    # To oneself: none of the person's addresses goes along, and no contact of theirs is linked.
    oneself = Contact(
        external_contact_id=person.external_contact_id,
        name="Test",
        channels=Channels.model_validate({channel.value: address}),
    )
    attempt = Attempt(secrets.token_hex(8), "test", "", channel, address, ledger.clock.now())
    reply_to, sender_name = settings.reply_to or "", settings.sender_name or ""
    letter = Letter(said.subject, said.html, reply_to, sender_name, carries_reference=False)
    try:
        started = genesys.wait_for_turn(Engagement(attempt, oneself, said.text, letter)).send()
    except Ambiguous as error:
        return Sample(number, channel, problem=f"It may have been sent, and is not repeated. {error}")
    except GenesysError as error:
        return Sample(number, channel, problem=str(error))
    return Sample(number, channel, started.conversation_id)
