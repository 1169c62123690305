"""The ledger: the database that remembers what happened to each contact."""

import contextlib
import os
from typing import Any

from prefect.context import FlowRunContext
from pydantic import ConfigDict, Field, SecretStr

from blocks.checks import LedgerKey, LedgerUrl
from blocks.stored import SavedAtOnce
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.place import refuse_passing, refuse_relative
from outreach.ledger.root_key import find_keys


class ContactLedger(SavedAtOnce):
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

    # Without a default: a form shows that of a secret as asterisks, and saves those.
    url: LedgerUrl = Field(
        title="URL",
        description="The whole path, like sqlite:////home/you/.genesys-outreach/ledger.db, "
        "or postgresql://user:password@host/name for several machines.",
    )
    key: LedgerKey = Field(
        default=None,
        title="Key",
        description="16 random characters or more that hash and encrypt. Several machines need it here or in "
        "OUTREACH_LEDGER_KEY; else it is a file on one machine.",
    )
    previous_keys: list[SecretStr] = Field(
        default_factory=list,
        title="Previous keys",
        description="Earlier keys, newest first, while sealed rows change over.",
    )
    encrypted: bool = Field(
        default=False, title="Encrypted", description="Encrypt names, addresses and messages in the database."
    )

    def save(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Prefect's, for both worlds
        """Save it, with a path that is the same file wherever a run works."""
        self.refuse_relative()
        return super().save(*args, **kwargs)

    async def asave(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Prefect's
        """The same, with an event loop."""
        self.refuse_relative()
        return await super().asave(*args, **kwargs)

    def refuse_relative(self) -> None:
        """Raise a LedgerError where the URL is another file in every folder."""
        refuse_relative(self.url.get_secret_value())

    def open(self, actor: str, *, existing: bool = False) -> contextlib.AbstractContextManager[Ledger]:
        """The ledger, open for the length of a `with` block; `actor` stands in its audit.

        With `existing`, one that is not there yet is refused instead of made.

        Raises:
            LedgerError: it cannot be opened, or a deployment's run would look for it in a folder of its own,
                or begin it in a pod's.
        """
        url = self.url.get_secret_value()
        if is_deployed():
            self.refuse_relative()
            refuse_passing(url)
        previous = [key.get_secret_value() for key in self.previous_keys]
        return open_ledger(
            url,
            keys=find_keys(url, self.key.get_secret_value() if self.key else None, previous),
            encrypted=self.encrypted,
            actor=actor,
            existing=existing,
        )


def is_deployed() -> bool:
    """Whether this process works on a deployment's run, for which a worker makes a temporary folder."""
    context = FlowRunContext.get()
    deployed = context and context.flow_run and context.flow_run.deployment_id
    return bool(deployed or os.environ.get("PREFECT__FLOW_RUN_ID"))
