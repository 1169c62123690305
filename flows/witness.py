"""Prefect as a witness of the ledger's age: one variable for each ledger, for all machines of one server.

It holds the number and the hash of one audit record, and nobody's data.
"""

import logging
from typing import ClassVar

from prefect.variables import Variable

from outreach.ledger.shared_mark import as_variable, from_variable, variable_of
from outreach.ledger.witness import Mark

log = logging.getLogger("outreach.witness")


class PrefectWitness:
    """`outreach.ledger.witness.Witness` over the server's variables. One that is away knows nothing."""

    is_shared: ClassVar[bool] = True

    def recall(self, identity: str) -> Mark | None:
        """The mark, None where the server has none that can be read."""
        try:
            return from_variable(Variable.get(variable_of(identity)))
        except Exception as error:  # noqa: BLE001 - the server may be away in many ways
            log.warning("Prefect cannot be asked how far the ledger had come (%s)", type(error).__name__)
            return None

    def remember(self, identity: str, mark: Mark) -> None:
        """Keep it for all machines."""
        try:
            Variable.set(variable_of(identity), as_variable(mark), overwrite=True)
        except Exception as error:  # noqa: BLE001 - the run's own verdict counts more
            log.warning("Prefect could not be told how far the ledger is (%s)", type(error).__name__)
