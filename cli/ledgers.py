"""Finding the ledger that a command speaks of: by URL, by block, or where the last one was made."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from outreach.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger

DEFAULT_FILE = Path("out/ledger.db")
DEMO_FILE = Path("out/demo/ledger.db")


def open_named(name: str | None, verb: str) -> contextlib.AbstractContextManager[Ledger]:
    """The ledger, open for the length of the block.

    Raises:
        SettingsError: there is none.
        UsageError: its password stands on the command line.
        LedgerError: it cannot be opened.
    """
    from outreach.ledger.opening import open_ledger

    _refuse_password(name)
    actor = f"outreach {verb} ({os.environ.get('USER') or os.environ.get('LOGNAME') or 'somebody'})"
    name = name or os.environ.get("OUTREACH_LEDGER")
    if "://" not in (name or "") and (name or os.environ.get("PREFECT_API_URL")):
        from blocks import ContactLedger
        from blocks.stored import load_block

        return load_block(ContactLedger, name or "default").open(actor)
    return open_ledger(name or f"sqlite:///{_existing()}", actor=actor)


def _refuse_password(name: str | None) -> None:
    """Everybody on the machine can read a command line in the process list."""
    if name and "://" in name and urlsplit(name).password:
        raise UsageError(
            "A password on the command line can be read by everybody on this machine.",
            "Put the URL into the ledger block or into OUTREACH_LEDGER, or the password into PGPASSWORD.",
        )


def _existing() -> Path:
    for file in (DEFAULT_FILE, DEMO_FILE):
        if file.exists():
            return file
    raise SettingsError(
        "There is no ledger here yet.",
        "Name one with --ledger sqlite:///path/to/ledger.db, or run `outreach demo`.",
    )
