"""A contact as text that only the ledger's key opens, so that it can travel through Prefect's API."""

from collections.abc import Mapping
from typing import Any

import orjson

from outreach.errors import SourceError, WrongKey
from outreach.ledger.ledger import Ledger
from outreach.ledger.vault import SEALED


def seal_contact(ledger: Ledger, contact: Mapping[str, Any]) -> str:
    """The contact, encrypted under the ledger's newest key."""
    return ledger.vault.lock(orjson.dumps(dict(contact)).decode())


def unseal_contact(ledger: Ledger, sealed: str) -> dict[str, Any]:
    """The contact again.

    Raises:
        SourceError: it is not sealed, or with another ledger's key.
    """
    if not sealed.startswith(SEALED):
        raise SourceError(
            "The contact is neither an object nor sealed.", "Seal it: outreach seal-contact < contact.json"
        )
    try:
        contact = orjson.loads(ledger.vault.open(sealed))
    except WrongKey:
        raise SourceError(
            "The contact was sealed with another ledger's key.", "Seal it with the ledger that the run uses."
        ) from None
    if not isinstance(contact, dict):
        raise SourceError("What was sealed is no contact.", "Seal a JSON object.")
    return contact
