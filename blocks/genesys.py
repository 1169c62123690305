"""The Genesys Cloud organisation: an OAuth client, where it logs in, and its budget."""

import contextlib
from typing import Literal

from prefect.blocks.abstract import CredentialsBlock
from pydantic import ConfigDict, Field

from blocks.checks import GenesysUrl, Id, Region, Secret, a_minute
from blocks.stored import SavedAtOnce
from outreach.genesys.guide import Guide
from outreach.genesys.http.auth import SealedToken
from outreach.genesys.opening import Account, fetch_token, open_genesys
from outreach.genesys.platform.api import Platform
from outreach.genesys.rate_limit.slots import SlotAllocator
from outreach.genesys.senders import Senders

MOST_TOKENS = 20
"""As many as Genesys' own tools open for one client (platform fact sheet 2.2)."""


class GenesysCredentials(SavedAtOnce, CredentialsBlock):
    """Stores an OAuth client of a Genesys Cloud organisation and opens a client for it.

    Example:
        ```python
        from blocks import GenesysCredentials

        credentials = GenesysCredentials.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Genesys Cloud credentials"
    _block_type_slug = "genesys-outreach-credentials"
    _documentation_url = "https://developer.genesys.cloud/authorization/platform-auth/use-client-credentials"  # type: ignore[assignment]  # Prefect takes text
    _description = "An OAuth client of a Genesys Cloud organisation, and its budget of requests."

    model_config = ConfigDict(hide_input_in_errors=True)

    client_id: Id = Field(title="Client id", description="Id of the OAuth client (client credentials grant).")
    client_secret: Secret = Field(title="Client secret", description="Secret of the OAuth client.")
    region: Region = Field(
        default="us-east-1",
        title="Region",
        description="AWS region of the organisation, like eu-central-1, or its domain, like mypurecloud.de.",
    )
    api: Literal["platform", "guide"] = Field(
        default="platform",
        title="API",
        description="'platform' is the published API v2; 'guide' is the tutorial's simplified one.",
    )
    org_id: str | None = Field(
        default=None, title="Organisation id", description="Host name part of the guide API."
    )
    login_url: GenesysUrl | None = Field(
        default=None, title="Login URL", description="Instead of the region's login host, for gateways."
    )
    api_url: GenesysUrl | None = Field(
        default=None, title="API URL", description="Instead of the region's API host, for gateways."
    )
    allow_private: bool = Field(
        default=False,
        title="Allow private",
        description="Exports may lie at private addresses that answers name, for a gateway's own store.",
    )
    requests_per_minute: int = a_minute("Requests", 300, "Budget of one token; 0 means no limit.")
    creations_per_minute: int = a_minute(
        "Creations",
        100,
        "Budget of contact creations of the organisation on the guide API; 0 means no limit.",
    )
    emails_per_minute: int = a_minute(
        "E-mails", 300, "Budget of agentless e-mails of the organisation; 0 means no limit of their own."
    )
    tokens: int = Field(
        default=1,
        ge=1,
        le=MOST_TOKENS,
        title="Tokens",
        description="So many logins, each with a budget of its own. `outreach preflight` says what they buy.",
    )

    @property
    def whole_budget(self) -> int:
        """Requests a minute of all tokens together; 0 means no limit."""
        return self.requests_per_minute * self.tokens

    def open(
        self,
        senders: Senders | None = None,
        *,
        timetable: SlotAllocator | None = None,
        sealed_token: str | None = None,
    ) -> contextlib.AbstractContextManager[Platform | Guide]:
        """A new client for the organisation, open for the length of a `with` block."""
        return open_genesys(
            self._account(),
            senders=senders,
            requests_per_minute=self.requests_per_minute,
            creations_per_minute=self.creations_per_minute,
            emails_per_minute=self.emails_per_minute,
            tokens=self.tokens,
            timetable=timetable,
            sealed_token=sealed_token,
        )

    def get_client(self) -> contextlib.AbstractContextManager[Platform | Guide]:
        """The same, by the name that Prefect's own blocks use."""
        return self.open()

    def fetch_token(self) -> SealedToken:
        """Log in; the token comes back encrypted, fit for Prefect's cache; of several tokens, all."""
        return fetch_token(self._account(), tokens=self.tokens)

    def _account(self) -> Account:
        return Account(
            api=self.api,
            client_id=self.client_id,
            client_secret=self.client_secret.get_secret_value(),
            region=self.region,
            org_id=self.org_id,
            login_url=self.login_url,
            api_url=self.api_url,
            allow_private=self.allow_private,
        )
