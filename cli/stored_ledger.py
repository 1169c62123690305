"""A ledger block as Prefect's server has it, read by one request; what is not as expected, Prefect reads."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, ValidationError

from cli.plain_api import find_plain_api
from outreach.errors import OutreachError
from outreach.ledger.ledger import Ledger
from outreach.ledger.opening import open_ledger
from outreach.ledger.place import read_url
from outreach.ledger.root_key import find_keys
from outreach.ledger.vault import check_roots


class StoredLedger(BaseModel):
    """The fields of `blocks.ContactLedger`; a test holds them together."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    url: str
    key: str | None = None
    previous_keys: list[str] = []
    encrypted: bool = False

    def open(self, actor: str, *, existing: bool) -> contextlib.AbstractContextManager[Ledger]:
        """As the block opens it."""
        keys = find_keys(self.url, self.key, self.previous_keys)
        return open_ledger(self.url, keys=keys, encrypted=self.encrypted, actor=actor, existing=existing)


def read_stored_ledger(name: str) -> StoredLedger | None:
    """The block of that name; None where Prefect has to be asked, for whatever reason."""
    api = find_plain_api()
    place = f"/block_types/slug/genesys-outreach-ledger/block_documents/name/{quote(name, safe='')}"
    document = api and api.read(f"{place}?include_secrets=true")
    if not isinstance(document, dict) or document.get("block_document_references"):
        return None
    try:
        found = StoredLedger.model_validate(document.get("data"))
        found.url = read_url(found.url)
        found.key = found.key and found.key.strip()
        if found.key is not None:
            check_roots([found.key])
    except (ValidationError, OutreachError):
        return None
    return found
