"""Who contacts people: our numbers, addresses, queue and integration."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from typing_extensions import Self, assert_never

from blocks.checks import Email, Id, Number, a_minute
from blocks.stored import SavedAtOnce
from outreach.contacts import Channel
from outreach.genesys import senders as core
from outreach.genesys.senders import Sender, language_of
from outreach.setting_types import CountryName


def _rate(what: str, sender: str) -> Any:  # noqa: ANN401  pydantic's
    return a_minute(what, 0, f"The {sender}'s own limit; 0: none but the budget's.")


class MoreSender(BaseModel):
    """One more sender of a channel, and for whom it is."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel = Field(title="Channel", description="The channel that it serves.")
    sender: str = Field(
        min_length=1, title="Sender", description="Number, address, or id of the queue or integration."
    )
    per_minute: int = a_minute("Contacts", 0, "Its own limit; 0: none but the budget's.")
    countries: list[CountryName] = Field(
        default_factory=list,
        title="Countries",
        description="People reached there: by their number, else by metadata.country. None: everybody.",
    )
    languages: list[str] = Field(
        default_factory=list,
        title="Languages",
        description="People with this in metadata.language, like de. None: everybody.",
    )
    metadata: dict[str, str] = Field(
        default_factory=dict, title="Metadata", description="Only people with these values in their metadata."
    )

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        _FORMS[self.channel].validate_python(self.sender)
        return self

    def as_sender(self) -> Sender:
        """As the client takes it."""
        return Sender(
            self.channel,
            _FORMS[self.channel].validate_python(self.sender),
            self.per_minute,
            tuple(self.countries),
            tuple(map(language_of, self.languages)),
            self.metadata,
        )


def _form_of(channel: Channel) -> TypeAdapter[str]:
    match channel:
        case Channel.SMS:
            return TypeAdapter(Number)
        case Channel.EMAIL:
            return TypeAdapter(Email)
        case Channel.VOICE | Channel.CHAT:
            return TypeAdapter(Id)
        case _:
            assert_never(channel)


_FORMS = {channel: _form_of(channel) for channel in Channel}


class Senders(SavedAtOnce):
    """Stores from which number, address, queue and integration people are contacted.

    Example:
        ```python
        from blocks import Senders

        senders = Senders.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Genesys Cloud senders"
    _block_type_slug = "genesys-outreach-senders"
    _documentation_url = "https://developer.genesys.cloud/commdigital/digital/"  # type: ignore[assignment]  # Prefect takes text
    _description = "The numbers, addresses, queue and integration that contact people."

    sms_from: Number | None = Field(
        default=None,
        title="SMS from",
        description="Provisioned SMS number in E.164, like +13175550100, or a short code.",
    )
    email_from: Email | None = Field(
        default=None, title="E-mail from", description="Address on a verified outbound domain."
    )
    email_subject: str = Field(
        default="A message for you", max_length=300, title="E-mail subject", description="Subject of e-mails."
    )
    email_template_id: Id | None = Field(
        default=None,
        title="E-mail template",
        description="Id of the campaign template that takes the columns subject, text, text_2, text_3 and "
        "text_4: with it Genesys' own engine sends e-mail, where a campaign's route says so.",
    )
    voice_queue_id: Id | None = Field(
        default=None, title="Voice queue", description="Id of the queue whose agents make the callbacks."
    )
    chat_from: Id | None = Field(
        default=None, title="Chat from", description="Id of the messaging integration or deployment."
    )
    chat_type: Literal["whatsapp", "open", "webmessaging"] = Field(
        default="open", title="Chat type", description="Messenger of the chat channel."
    )

    chat_template_id: Id | None = Field(
        default=None,
        title="Chat template",
        description="Id of the canned response that WhatsApp demands as a template.",
    )
    chat_template_parameter: str | None = Field(
        default=None,
        title="Chat template parameter",
        description="Id of the template's parameter that takes the message.",
    )

    voice_per_minute: int = _rate("Callbacks", "queue")
    sms_per_minute: int = _rate("Messages", "number")
    email_per_minute: int = _rate("E-mails", "address")
    chat_per_minute: int = _rate("Messages", "integration")

    more: list[MoreSender] = Field(
        default_factory=list,
        title="More senders",
        description="Further numbers, addresses, queues and integrations, each for whom it says. Who may "
        "hear from several always hears from the same one.",
    )
    voice_script_id: Id | None = Field(
        default=None, title="Voice script", description="Id of the script that the agent of a callback sees."
    )
    voice_skill_ids: list[Id] = Field(
        default_factory=list, title="Voice skills", description="Ids of skills that its agent must have."
    )
    voice_priority: int = Field(
        default=0, ge=0, le=1_000_000, title="Voice priority", description="Of a callback in its queue."
    )
    voice_country: CountryName | None = Field(
        default=None, title="Voice country", description="ISO 3166-1, like DE: where the numbers are read."
    )
    voice_validate_numbers: bool = Field(
        default=False, title="Validate numbers", description="Genesys refuses numbers that it cannot read."
    )
    voice_metadata: list[str] = Field(
        default_factory=list,
        title="Metadata for the agent",
        description="Names of the columns of metadata that go with a callback.",
    )

    def as_senders(self) -> core.Senders:
        """As the client takes them."""
        told: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        told["more"] = [each.as_sender() for each in self.more]
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return core.Senders(**{**told, **lists})
