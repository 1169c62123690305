"""What Outbound keeps: contact lists, messaging campaigns, and what stands beside them.

               start              stop                 stop_seconds
campaign: off ------> on ------------------> stopping --------------> off
                      `-- nobody left ------> complete   (unless alwaysRunning holds)
"""

from __future__ import annotations

import math
import random
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from emulator.http.messages import JsonObject
from emulator.state.defaults import CALLING_HOURS_ID

NEVER = math.inf
KINDS = {"smsConfig": "sms", "emailConfig": "email", "whatsAppConfig": "whatsapp"}
"""The part of a campaign's body to the channel that it speaks of."""


@dataclass(slots=True)
class Result:
    """The last result of one address column; seen from `visible` on."""

    code: str
    at: float
    visible: float
    address: str
    campaign_id: str


@dataclass(slots=True)
class ListContact:
    """One contact of a list: our columns, and what the engine wrote beside them."""

    contact_id: str
    data: dict[str, str]
    created: float
    callable: bool = True
    attempts: int = 0
    results: dict[str, Result] = field(default_factory=dict)
    uncontactable: set[str] = field(default_factory=set)
    """Kinds of media, in small letters."""
    closed_columns: set[str] = field(default_factory=set)


@dataclass(slots=True)
class ContactList:
    """One list. `body` is what it was made from."""

    list_id: str
    body: JsonObject
    created: float
    version: int = 1
    contacts: dict[str, ListContact] = field(default_factory=dict)
    number_attempts: Counter[str] = field(default_factory=Counter)
    exported_at: float | None = None
    exported: str = ""

    def address_columns(self) -> Iterator[tuple[str, JsonObject]]:
        """Kind and description of each column that holds an address."""
        for name, kind in (
            ("phoneColumns", "sms"),
            ("emailColumns", "email"),
            ("whatsAppColumns", "whatsapp"),
        ):
            for column in self.body.get(name) or ():
                yield kind, column


@dataclass(slots=True)
class Campaign:
    """One messaging campaign. Times are the organisation's; `queue` is None before the first start."""

    campaign_id: str
    body: JsonObject
    kind: str
    created: float
    version: int = 1
    status: str = "off"
    starts_at: float = NEVER
    stops_at: float = NEVER
    over_at: float = NEVER
    """The end of its schedule."""
    next_at: float = 0.0
    queue: OrderedDict[str, None] | None = None
    waiting: dict[str, None] = field(default_factory=dict)
    """Skipped for the hour, to be tried again."""
    in_flight: deque[tuple[float, str]] = field(default_factory=deque)
    messaged: int = 0
    total: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    recycled_at: float = -NEVER
    rules_fired: set[str] = field(default_factory=set)

    @property
    def list_id(self) -> str:
        """Whom it contacts."""
        return str(self.body["contactList"]["id"])

    @property
    def is_active(self) -> bool:
        """It sends, or is about to, or has not stopped yet."""
        return self.status in ("on", "stopping") or self.starts_at < NEVER

    @property
    def interval(self) -> float:
        """Seconds between two of its messages."""
        return 60.0 / float(self.body["messagesPerMinute"])

    @property
    def config(self) -> JsonObject:
        """The part of its body that says how it sends."""
        return next(self.body[name] for name, kind in KINDS.items() if kind == self.kind)

    @property
    def column(self) -> str:
        """The address column that it sends to (the first, where it has several)."""
        config = self.config
        several = config.get("emailColumns") or config.get("whatsAppColumns") or [""]
        return str(config.get("phoneColumn") or several[0])

    @property
    def sender(self) -> str:
        """What it sends from."""
        config = self.config
        if self.kind == "sms":
            return str(config["senderSmsPhoneNumber"]["phoneNumber"])
        if self.kind == "email":
            sender = config["fromAddress"]
            return f"{sender.get('localPart', '')}@{sender['domain']['id']}"
        return str(config["whatsAppIntegration"]["id"])


@dataclass(slots=True)
class Rate:
    """How fast a sender may go: so many a second, and so many at once beyond it."""

    per_second: float
    due: float = -NEVER

    def fits(self, at: float, burst: int) -> bool:
        """Whether one more may leave now; takes its place when it may."""
        if self.due - at > burst / self.per_second + 1e-6:
            return False
        self.due = max(self.due, at) + 1 / self.per_second
        return True


class Outbound:
    """Everything of Outbound in one organisation."""

    def __init__(self, seed: int) -> None:
        self.lists: dict[str, ContactList] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.shelves: dict[str, dict[str, JsonObject]] = {
            "callabletimesets": {CALLING_HOURS_ID: first_hours()}
        }
        """Attempt limits, calling hours, rule sets, campaign rules, schedules: by kind and id."""
        self.rates: dict[str, Rate] = {}
        self.events: list[JsonObject] = []
        self.chance = random.Random(f"outbound/{seed}")

    def campaigns_of(self, list_id: str) -> list[Campaign]:
        """The campaigns that contact a list."""
        return [campaign for campaign in self.campaigns.values() if campaign.list_id == list_id]

    def find(self, shelf: str, key: object) -> JsonObject | None:
        """What stands on a shelf under an id."""
        return self.shelves.get(shelf, {}).get(str(key))

    def rate(self, sender: str, per_second: float) -> Rate:
        """How fast a sender goes."""
        rate = self.rates.setdefault(sender, Rate(per_second))
        rate.per_second = per_second
        return rate


def first_hours() -> JsonObject:
    """The set of calling hours that is there from the start."""
    slots = [{"startTime": "09:00:00", "stopTime": "20:00:00", "day": day} for day in range(1, 6)]
    return {
        "id": CALLING_HOURS_ID,
        "name": "Weekdays",
        "version": 1,
        "callableTimes": [{"timeZoneId": "America/New_York", "timeSlots": slots}],
        "selfUri": f"/api/v2/outbound/callabletimesets/{CALLING_HOURS_ID}",
    }


def id_of(body: JsonObject, name: str) -> Any:  # noqa: ANN401  whatever the body has there
    """The id of a reference in a body, None when there is none."""
    return (body.get(name) or {}).get("id")
