"""Prefect as a witness of the ledger's age: one variable for each ledger, for all machines of one server.

It holds the number and the hash of one audit record, and nobody's data.
"""

import logging
from typing import Any, ClassVar

import httpx
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import VariableCreate, VariableUpdate

from flows.shared_mark import as_variable, from_variable, variable_of
from outreach.ledger.witness import Mark
from tasks.patience import ask_soon

log = logging.getLogger("outreach.witness")


class PrefectWitness:
    """`outreach.ledger.witness.Witness` over the server's variables. One that is away knows nothing."""

    is_shared: ClassVar[bool] = True

    def recall(self, identity: str) -> Mark | None:
        """The mark, None where the server has none that can be read."""
        try:
            known = ask_soon(lambda client: client.read_variable_by_name(variable_of(identity)))
            return from_variable(known.value) if known else None
        except Exception as error:  # noqa: BLE001 - the server may be away in many ways
            log.warning("Prefect cannot be asked how far the ledger had come (%s)", type(error).__name__)
            return None

    def remember(self, identity: str, mark: Mark) -> None:
        """Keep it for all machines."""
        try:
            ask_soon(lambda client: _keep(client, variable_of(identity), as_variable(mark)))
        except Exception as error:  # noqa: BLE001 - the run's own verdict counts more
            log.warning("Prefect could not be told how far the ledger is (%s)", type(error).__name__)


def _keep(client: SyncPrefectClient, name: str, value: dict[str, Any]) -> None:
    """In one request, but for a ledger's first run."""
    try:
        client.update_variable(VariableUpdate(name=name, value=value))
    except httpx.HTTPStatusError as error:
        if error.response.status_code != 404:
            raise
        client.create_variable(VariableCreate(name=name, value=value))
