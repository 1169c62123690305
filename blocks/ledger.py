"""The ledger: the database that remembers what happened to each contact."""

import contextlib

from prefect.blocks.core import Block
from pydantic import ConfigDict, Field, SecretStr

from blocks.checks import LedgerKey, LedgerUrl
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger


class ContactLedger(Block):
    """Stores where the ledger is and the keys that protect it.

    Example:
        ```python
        from blocks import ContactLedger

        ledger = ContactLedger.load("BLOCK_NAME")
        ```
    """

    _block_type_name = "Contact ledger"
    _block_type_slug = "genesys-outreach-ledger"
    _documentation_url = "https://docs.sqlalchemy.org/core/engines.html#database-urls"  # type: ignore[assignment]  # Prefect takes text
    _description = "The database that remembers what happened to each contact, and proves it."

    model_config = ConfigDict(hide_input_in_errors=True)

    url: LedgerUrl = Field(
        default=SecretStr("sqlite:///outreach.db"),
        title="URL",
        description="sqlite:///path/to/file.db or postgresql://user:password@host/name.",
    )
    key: LedgerKey | None = Field(
        default=None,
        title="Key",
        description="16 random characters or more that hash and encrypt; without it a key file is used.",
    )
    previous_keys: list[SecretStr] = Field(
        default_factory=list,
        title="Previous keys",
        description="Earlier keys, newest first, while sealed rows change over.",
    )
    encrypted: bool = Field(
        default=False,
        title="Encrypted",
        description="Encrypt names, addresses and messages in the database.",
    )

    def open(self, actor: str, *, existing: bool = False) -> contextlib.AbstractContextManager[Ledger]:
        """The ledger, open for the length of a `with` block; `actor` stands in its audit.

        With `existing`, one that is not there yet is refused instead of made.
        """
        keys = [self.key, *self.previous_keys] if self.key else []
        return open_ledger(
            self.url.get_secret_value(),
            keys=[key.get_secret_value() for key in keys],
            encrypted=self.encrypted,
            actor=actor,
            existing=existing,
        )
