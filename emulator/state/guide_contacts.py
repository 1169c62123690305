"""Contacts of the guide API, by the CRM's own id."""

from dataclasses import dataclass

CHANNELS = ("voice", "sms", "email", "chat")


@dataclass(slots=True)
class GuideContact:
    """One registered contact. `since` is when it was registered, seconds since the epoch."""

    external_contact_id: str
    name: str
    channels: dict[str, str]
    initial_message: str
    interaction_duration_seconds: int
    metadata: dict[str, str]
    since: float
