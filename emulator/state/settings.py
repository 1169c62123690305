"""What can be set while it runs (`POST /_emulator/config`): names, defaults, meaning and check of each.

None switches a limit off. A change is merged key by key; `faults` and lists are replaced as a whole.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, ValidationError, model_validator

from emulator.state import defaults
from emulator.state.faults import Fault
from emulator.state.outbound_switches import OutboundSwitches
from emulator.state.values import Document, Positive, Seconds, Share, Status, Texts, Whole

Limit = Annotated[Positive | None, BeforeValidator(lambda value: None if value in (False, 0) else value)]
"""Requests in a window; `null`, `false` and 0 all say that there is none."""


class WrongSetting(Exception):  # noqa: N818  it names what is wrong
    """A setting that doesn't exist, or has a value that it can't have."""


class Verdict(Document):
    """What the guide's validation says of the contacts that match `contact` (a pattern) and `metadata`."""

    contact: str = "*"
    metadata: dict[str, str] = Field(default_factory=dict)
    status: str = "passed"
    reason: str | None = None
    unavailable: dict[str, str] = Field(default_factory=dict)
    pending_seconds: Seconds = 0.0


class WebhookAnswer(Document, frozen=False):
    """What the receiver answers, to which endpoint, and how often: once, or always by a probability."""

    status: Status = 204
    retry_after: int | str | None = None
    delay_seconds: Seconds = 0.0
    hang: bool = False
    times: Whole | None = 1
    probability: Share = 1.0
    endpoint: str | None = None
    location: str | None = None
    body: str = ""
    packed: bool = False

    @model_validator(mode="before")
    @classmethod
    def _always_by_chance(cls, entry: object) -> object:
        return {"times": None} | entry if isinstance(entry, dict) and "probability" in entry else entry


class Settings(Document):
    """Everything that `POST /_emulator/config` takes. Seconds are the organisation's, unless said."""

    seed: Whole = 1
    # limits, on the real clock
    requests_per_minute: Limit = 300
    creations_per_minute: Limit = 100
    client_requests_per_minute: Limit = None
    organisation_requests_per_minute: Limit = None
    headers_of: Literal["token", "fullest"] = "token"
    senders_per_minute: dict[str, Positive] = Field(default_factory=dict)
    token_requests_per_minute: Limit = 300
    tokens_alive: Limit = None
    window: Literal["fixed", "sliding"] = "fixed"
    window_seconds: Annotated[Seconds, Field(ge=0.05)] = 60.0
    # faults
    latency_ms: Seconds = 0.0
    clock_skew_seconds: Annotated[float, Field(ge=-1e9, le=1e10)] = 0.0
    faults: Annotated[tuple[Fault, ...], Strict(strict=False)] = ()
    # who it is
    organisation_id: Annotated[str, Field(min_length=1)] = defaults.ORGANISATION_ID
    country: str = "US"
    # clients and rights
    token_lifetime_seconds: Positive = 86400
    guide_token_lifetime_seconds: Positive = 3600
    clients: dict[str, dict[str, str]] = Field(default_factory=dict)
    permissions_denied: dict[str, Texts] = Field(default_factory=dict)
    # senders, by their id or address
    sms_numbers: dict[str, str] = defaults.SMS_NUMBERS
    integrations: dict[str, str] = defaults.INTEGRATIONS
    email_domains: dict[str, str] = defaults.EMAIL_DOMAINS
    queues: dict[str, str] = defaults.QUEUES
    # how conversations go
    alerting_seconds: Seconds = 1.0
    message_seconds: Seconds = 30.0
    email_seconds: Seconds = 20.0
    callback_wait_seconds: Seconds = 5.0
    callback_seconds: Seconds = 60.0
    never_end: bool = False
    disconnect_types: dict[str, str] = Field(default_factory=dict)
    sent_seconds: Seconds = 0.5
    delivered_seconds: Seconds = 2.0
    opted_out: Texts = ()
    undeliverable: dict[str, str] = Field(default_factory=dict)
    index_delay_seconds: Seconds = 5.0
    attribute_index_delay_seconds: Seconds = 5.0
    association_seconds: Seconds = 0.0
    reply_seconds: Seconds = 0.0
    replies_begin_conversations: bool = False
    # where the published documents are silent
    duplicate_external_id: Literal["silent", "conflict"] = "silent"
    bulk_most: Annotated[Positive, Field(le=1000)] = 50
    unknown_fields: Literal["reject", "ignore"] = "reject"
    email_matches_contact: bool = False
    dnc_export_seconds: Seconds = 0.0
    dnc_export: Literal["file", "empty", "page", "half", "stale"] = "file"
    dnc_listing: Literal["page", "object", "array"] = "page"
    dnc_separator: str = ","
    dnc_download_url: str = ""
    outbound: OutboundSwitches = OutboundSwitches()
    # the guide's verdicts and the webhook receiver
    verdicts: Annotated[tuple[Verdict, ...], Strict(strict=False)] = ()
    webhook_secrets: Texts = ()
    webhook_answers: Annotated[tuple[WebhookAnswer, ...], Strict(strict=False)] = ()

    def merged(self, changes: object) -> Settings:
        """These settings with changes; raises WrongSetting with a sentence that names the key."""
        if not isinstance(changes, dict):
            raise WrongSetting("The settings must be a JSON object")
        if unknown := changes.keys() - type(self).model_fields:
            known = ", ".join(type(self).model_fields)
            raise WrongSetting(f"There is no setting {min(unknown)}. The settings are: {known}")
        try:
            checked = Settings.model_validate(changes)
        except ValidationError as error:
            raise WrongSetting(_sentence(error)) from error
        return self.model_copy(update={name: getattr(checked, name) for name in changes})

    def document(self) -> dict[str, Any]:
        """As JSON, in the form that `merged` takes; entries of lists without what was left at its default."""
        return self.model_dump(mode="json") | self.model_dump(mode="json", exclude_defaults=True)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name, *inside = first["loc"]
    place = f" ({'.'.join(map(str, inside))})" if inside else ""
    message = first["msg"].removeprefix("Value error, ").replace("tuple", "list")
    return f"The setting {name} is wrong{place}: {message}"
