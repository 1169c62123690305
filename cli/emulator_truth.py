"""The far end's own word: whom the emulator saw contacted, held against what the ledger says."""

from collections import Counter
from dataclasses import dataclass

import httpx

from outreach.contacts import Channel, Contact
from outreach.ledger.campaigns import Campaign
from outreach.ledger.conversations import list_contacted
from outreach.ledger.ledger import Ledger

PAGE = 5000


@dataclass(frozen=True, slots=True)
class FarEnd:
    """`people` were really contacted, `twice` of them more than once; `wrong`: what the ledger denies."""

    people: int
    twice: int
    wrong: int

    @property
    def agrees(self) -> bool:
        """Whether the ledger told the truth."""
        return not self.twice and not self.wrong


def compare(url: str, ledger: Ledger, campaign: Campaign) -> FarEnd:
    """Ask the emulator for the truth: one contact per started engagement, right address and channel."""
    truth = _truth(url)
    really = {str(row["conversation_id"]): (row["channel"], row["to"]) for row in truth}
    ours = _ours(ledger, campaign)
    wrong = sum(really.get(conversation) != place for conversation, place in ours.items())
    unknown_to_us = sum(conversation not in ours for conversation in really)
    times = Counter((row["channel"], row["to"]) for row in truth)
    return FarEnd(len(times), sum(count > 1 for count in times.values()), wrong + unknown_to_us)


def _truth(url: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        while True:
            page = client.get("/_emulator/truth", params={"since": len(rows), "limit": PAGE}).json()
            rows += page["contacts"]
            if len(rows) >= page["count"]:
                return rows


def _ours(ledger: Ledger, campaign: Campaign) -> dict[str, tuple[str, str | None]]:
    rows = list_contacted(ledger, campaign.id)
    return {row.conversation_id: (row.channel, _address(ledger, row.payload, row.channel)) for row in rows}


def _address(ledger: Ledger, payload: str, channel: str) -> str | None:
    contact = Contact.model_validate_json(ledger.vault.open(payload))
    return contact.channels.address(Channel(channel))
