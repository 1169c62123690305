"""A contact list and a campaign in an emulator, made over plain HTTP: what a stranger's tool would do."""

from __future__ import annotations

from typing import Any

import httpx

from emulator.state import defaults
from tests.support.emulation import EmulatorThread

PATH = "/api/v2/outbound"
SENDER = "+4915100000000"
"""Of the kind that may send ten messages a second."""
FLAGS = {"doNotQueue": "true", "clearSystemData": "false"}
CODES = [f"OUTBOUND-MESSAGE-{word}" for word in ("SENT", "AMBIGUOUS", "FAILED", "THROTTLED")]


class Stage:
    """One list of people and one campaign that sends to it, both named `spring`."""

    def __init__(
        self, http: httpx.Client, genesys: EmulatorThread, *, belts: bool = False, **campaign: Any
    ) -> None:
        self.http, self.genesys = http, genesys
        numbers = {SENDER: "ACTIVE", **defaults.SMS_NUMBERS}
        genesys.configure(sms_numbers=numbers, index_delay_seconds=0, message_seconds=1)
        listed: dict[str, Any] = {
            "name": "spring",
            "columnNames": ["cell", "zone", "text"],
            "phoneColumns": [{"columnName": "cell", "type": "cell", "callableTimeColumnName": "zone"}],
        }
        if belts:
            listed["attemptLimits"] = {"id": self.post("/attemptlimits", limits())["id"]}
            campaign["ruleSets"] = [{"id": self.post("/digitalrulesets", rules())["id"]}]
        self.list_id = self.post("/contactlists", listed)["id"]
        self.list_path = f"{PATH}/contactlists/{self.list_id}"
        body = {
            "name": "spring",
            "contactList": {"id": self.list_id},
            "messagesPerMinute": 600,
            "smsConfig": {
                "phoneColumn": "cell",
                "messageColumn": "text",
                "senderSmsPhoneNumber": {"phoneNumber": SENDER},
            },
        }
        self.campaign_body = {**body, **campaign}
        self.campaign_id = self.post("/messagingcampaigns", self.campaign_body)["id"]
        self.path = f"{PATH}/messagingcampaigns/{self.campaign_id}"

    def post(self, path: str, body: Any) -> Any:
        """What a creating call answers; raises when it is refused."""
        return self.http.post(f"{PATH}{path}", json=body).raise_for_status().json()

    def add(self, people: range, **flags: str) -> httpx.Response:
        """Add people by their numbers."""
        rows = [person(each) for each in people]
        return self.http.post(f"{self.list_path}/contacts", json=rows, params=flags)

    def start(self) -> int:
        """Start; the answer's status."""
        return self.http.post(f"{self.path}/start").status_code

    def stop(self) -> int:
        """Stop; the answer's status."""
        return self.http.post(f"{self.path}/stop").status_code

    def recycle(self) -> int:
        """Recycle, as a stranger would."""
        return self.http.delete(f"{self.path}/progress").status_code

    def run(self, seconds: float = 30) -> None:
        """Let time pass, and the engine work."""
        self.genesys.advance(seconds)
        self.genesys.truth()

    @property
    def status(self) -> str:
        """Of the campaign."""
        return str(self.http.get(self.path).json()["campaignStatus"])

    @property
    def progress(self) -> dict[str, Any]:
        """Of the campaign."""
        found: dict[str, Any] = self.http.get(f"{self.path}/progress").json()
        return found

    @property
    def reached(self) -> list[str]:
        """Addresses in the order in which they were really reached."""
        return [row["to"] for row in self.genesys.truth()["contacts"]]


def limits() -> dict[str, Any]:
    """The first belt: one attempt for a contact and for a number, ever."""
    once = {"maxAttemptsPerContact": 1, "maxAttemptsPerNumber": 1}
    return {"name": "once", **once, "resetPeriod": "NEVER"}


def rules() -> dict[str, Any]:
    """The second belt: whoever has a result is not contacted again."""
    return {
        "name": "once",
        "rules": [
            {
                "name": "once",
                "order": 0,
                "category": "PostContact",
                "conditions": [{"lastResultOverallConditionSettings": {"smsWrapupCodes": CODES}}],
                "actions": [{"markContactUncontactableActionSettings": {"mediaTypes": ["Sms"]}}],
            }
        ],
    }


def person(number: int) -> dict[str, Any]:
    """One row of a list."""
    data = {"cell": address(number), "zone": "Europe/Paris", "text": "Hello"}
    return {"id": f"00000000-0000-4000-8000-{number:012d}", "data": data}


def address(number: int) -> str:
    """Where a person is reached."""
    return f"+31610{number:06d}"
