"""Who contacts people: our numbers, addresses, queue and integration."""

from typing import Any, Literal

from prefect.blocks.core import Block
from pydantic import Field

from blocks.checks import Email, Id, Number, a_minute
from outreach.genesys import interface


def _rate(what: str, sender: str) -> Any:  # noqa: ANN401  pydantic's
    return a_minute(what, 0, f"The {sender}'s own limit; 0: none but the budget's.")


class Senders(Block):
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
        description="Name of the template's parameter that takes the message.",
    )

    voice_per_minute: int = _rate("Callbacks", "queue")
    sms_per_minute: int = _rate("Messages", "number")
    email_per_minute: int = _rate("E-mails", "address")
    chat_per_minute: int = _rate("Messages", "integration")

    def as_senders(self) -> interface.Senders:
        """As the client takes them."""
        return interface.Senders(**self.model_dump(include=set(type(self).model_fields)))
