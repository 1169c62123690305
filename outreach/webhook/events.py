"""What the CRM is told: the bodies of the ten events, and of the ping before a campaign.

Every body has `event`, `type` (the same, where Standard Webhooks looks for it) and `timestamp` (when it
happened); all but the ping name their `campaign`, and those of a contact its `contact_id`, which is the
external contact id. `contact_interaction_created` is the guide's body, key by key, with ours beside::

    Body ─ Ping
      └ CampaignBody ─ CampaignFinished
          └ ContactBody ─ ContactRegistered, ContactBlocked, ContactDeferred, InteractionCreated,
                          InteractionFailed, InteractionUnknown, InteractionResolved, InteractionEnded,
                          ContactReplied

No body holds an address, a name or a message. Reasons are codes: what does not look like one is sent as
`unspecified`, since free text from another system may say anything.
"""

import re
from datetime import datetime, timezone
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    computed_field,
)

from outreach.contacts import Channel
from outreach.settings import Event

UNSPECIFIED = "unspecified"
"""Sent in place of a reason that is not a code."""

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,63}\Z")
# Six digits in a row may be somebody's number.
_LONG_NUMBER = re.compile(r"[0-9]{6}")


def _as_code(text: str) -> str:
    fits = not text or (_CODE.match(text) and not _LONG_NUMBER.search(text))
    return text if fits else UNSPECIFIED


def _iso(instant: datetime) -> str:
    # With an offset rather than "Z", which Python 3.10's fromisoformat cannot read.
    return instant.astimezone(timezone.utc).isoformat(timespec="milliseconds")


Instant = Annotated[
    AwareDatetime,
    PlainSerializer(_iso, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""Aware; ISO-8601 UTC with milliseconds in the body."""

Code = Annotated[str, AfterValidator(_as_code)]
"""A reason for machines; empty when there is none."""


class Body(BaseModel):
    """What every event says."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_enum_values=True,
        validate_default=True,  # else use_enum_values leaves a default as it is
        json_schema_serialization_defaults_required=True,
    )

    event: str
    timestamp: Instant = Field(description="When it happened, ISO-8601 UTC.")

    @computed_field(description="The same as `event`, where Standard Webhooks looks for it.")  # type: ignore[prop-decorator]  # pydantic's documented order
    @property
    def type(self) -> str:
        """The same as `event`, where Standard Webhooks looks for it."""
        return self.event


class Ping(Body):
    """Nothing happened: the sender checks the way to the receiver before a campaign."""

    event: Literal["ping"] = "ping"


class CampaignBody(Body):
    """What every event of a campaign says."""

    campaign: str = Field(description="The campaign's name.")


class CampaignFinished(CampaignBody):
    """A run has brought the campaign as far as it goes for now."""

    event: Literal[Event.FINISHED] = Event.FINISHED
    success: bool = Field(description="Whether the sums of the proof hold.")
    source_rows: int = Field(ge=0, description="Rows read.")
    contacted: int = Field(ge=0, description="Interactions that exist.")
    states: dict[str, int] = Field(description="How many contacts are in which state.")


class ContactBody(CampaignBody):
    """What every event of a contact says."""

    contact_id: str = Field(description="The external contact id.")


class ContactRegistered(ContactBody):
    """Genesys Cloud knows the contact."""

    event: Literal[Event.REGISTERED] = Event.REGISTERED
    success: Literal[True] = True
    genesys_id: str = Field(description="The contact's id in Genesys Cloud.")
    status: Literal["created", "updated", "exists"] = Field(description="What registering it did.")


class ContactBlocked(ContactBody):
    """The contact may not or cannot be contacted in this campaign."""

    event: Literal[Event.BLOCKED] = Event.BLOCKED
    success: Literal[False] = False
    reason: Code = Field(description="The code of the reason.")


class ContactDeferred(ContactBody):
    """The contact may be contacted, but not yet."""

    event: Literal[Event.DEFERRED] = Event.DEFERRED
    reason: Code = Field(description="The code of the reason.")
    until: Instant | None = Field(default=None, description="The next allowed time; null when not known.")


class AuditLog(BaseModel):
    """What was done, on which channel, and that compliance was checked before."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)

    action: Literal["interaction_initiated"] = "interaction_initiated"
    channel: Channel
    compliance_checked: Literal[True] = True


class InteractionCreated(ContactBody):
    """An interaction was started. The guide's body, with `campaign`, `type` and `reference` beside."""

    event: Literal[Event.CREATED] = Event.CREATED
    conversation_id: str = Field(description="The interaction's id in Genesys Cloud.")
    success: Literal[True] = True
    latency_ms: float = Field(ge=0, description="The measured time of the creating call, in milliseconds.")
    audit_log: AuditLog
    reference: str = Field(default="", description="Our reference of the attempt.")
    opted_out: bool = Field(
        default=False,
        description="Whether the person had opted out by then, too late for Genesys' own engine to heed it.",
    )


class InteractionFailed(ContactBody):
    """No interaction was started, and none will be in this campaign."""

    event: Literal[Event.FAILED] = Event.FAILED
    success: Literal[False] = False
    channel: Channel | None = Field(default=None, description="The channel tried; null when none was.")
    reason: Code = Field(description="The code of the reason.")
    status: int = Field(default=0, description="Genesys Cloud's HTTP status; 0 when there was none.")
    correlation_id: str = Field(default="", description="Genesys Cloud's correlation id.")


class InteractionUnknown(ContactBody):
    """An answer was lost: the interaction may exist. It is looked for, and never sent again blindly."""

    event: Literal[Event.UNKNOWN] = Event.UNKNOWN
    channel: Channel
    reason: Code = Field(description="How the answer was lost.")
    reference: str = Field(default="", description="Our reference of the attempt.")
    correlation_id: str = Field(default="", description="Genesys Cloud's correlation id.")


class InteractionResolved(ContactBody):
    """What an unknown interaction turned out to be."""

    event: Literal[Event.RESOLVED] = Event.RESOLVED
    success: bool = Field(description="Whether the interaction exists.")
    outcome: Literal["started", "released", "held"] = Field(
        description="started: it exists. released: it does not; tried again. held: a person decides."
    )
    conversation_id: str | None = Field(default=None, description="The interaction's id when it exists.")
    reference: str = Field(default="", description="Our reference of the attempt.")


class InteractionEnded(ContactBody):
    """An interaction came to its end; told again when its message's receipt came later."""

    event: Literal[Event.ENDED] = Event.ENDED
    conversation_id: str = Field(description="The interaction's id in Genesys Cloud.")
    channel: Channel
    ended_at: Instant | None = Field(
        description="When it ended, ISO-8601 UTC; null when Genesys Cloud shows it no more (`not_found`)."
    )
    duration_seconds: float | None = Field(default=None, description="How long it lasted; null: not known.")
    disconnect_type: Code = Field(default="", description="Genesys Cloud's disconnect type.")
    delivery: Code = Field(default="", description="The last message's delivery status.")
    opted_out: bool = Field(default=False, description="Whether the person opted out in it.")
    overlong: bool = Field(
        default=False, description="Whether it outlived its time, or its person was erased, and we ended it."
    )


class ContactReplied(ContactBody):
    """The person wrote to us. What they wrote is in Genesys Cloud alone."""

    event: Literal[Event.REPLIED] = Event.REPLIED
    conversation_id: str = Field(description="The conversation in Genesys Cloud that the message is in.")
    channel: Channel
    meaning: Literal["stop", "start", "help", "review", "none"] = Field(
        description="stop: no campaign contacts them again. review, help: a person should read it."
    )


BODIES: dict[str, type[Body]] = {
    Event.REGISTERED.value: ContactRegistered,
    Event.BLOCKED.value: ContactBlocked,
    Event.DEFERRED.value: ContactDeferred,
    Event.CREATED.value: InteractionCreated,
    Event.FAILED.value: InteractionFailed,
    Event.UNKNOWN.value: InteractionUnknown,
    Event.RESOLVED.value: InteractionResolved,
    Event.ENDED.value: InteractionEnded,
    Event.REPLIED.value: ContactReplied,
    Event.FINISHED.value: CampaignFinished,
    "ping": Ping,
}
"""The model of each event's body."""


def to_bytes(body: Body) -> bytes:
    """The JSON that is signed, stored and sent, byte for byte."""
    return body.model_dump_json().encode()
