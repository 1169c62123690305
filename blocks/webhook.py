"""The CRM's webhook: where events go, and what signs them."""

from functools import partial

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self

from blocks.checks import PreviousSecret, Secret, SigningSecret, refusing
from blocks.stored import SavedAtOnce
from outreach.webhook.endpoint import Endpoint
from outreach.webhook.target import parse_target


class CrmWebhook(SavedAtOnce):
    """Stores the address of the CRM's webhook and the secret that signs what is sent there.

    Example:
        ```python
        from blocks import CrmWebhook

        webhook = CrmWebhook.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "CRM webhook"
    _block_type_slug = "genesys-outreach-webhook"
    _documentation_url = "https://www.standardwebhooks.com"  # type: ignore[assignment]  # Prefect takes text
    _description = "Where the CRM is told of interactions, signed by Standard Webhooks."

    model_config = ConfigDict(hide_input_in_errors=True)

    url: Secret = Field(title="URL", description="Address of the receiver; https unless private.")
    signing_secret: SigningSecret = Field(
        title="Signing secret", description="Standard Webhooks secret, whsec_ and 24 to 64 bytes in base64."
    )
    previous_secret: PreviousSecret = Field(
        default=None,
        title="Previous secret",
        description="Signs as well while receivers change over to the new one.",
    )
    allow_private: bool = Field(
        default=False,
        title="Allow private",
        description="Allow http and private addresses, for a receiver in your own network.",
    )

    @model_validator(mode="after")
    def _may_be_told(self) -> Self:
        refusing(partial(parse_target, allow_private=self.allow_private))(self.url.get_secret_value())
        return self

    def open(self) -> Endpoint:
        """The endpoint; close it, or use it in a `with` block."""
        secrets = [self.signing_secret, *([self.previous_secret] if self.previous_secret else [])]
        return Endpoint(
            self.url.get_secret_value(),
            [secret.get_secret_value() for secret in secrets],
            allow_private=self.allow_private,
        )
