"""Finding the ledger that a command speaks of: by URL, by block, or where the last one was made."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from rich.text import Text

from cli.console import err
from cli.prefect_api import api_url, prefect_api
from outreach.errors import SettingsError, UsageError

if TYPE_CHECKING:
    from outreach.ledger.ledger import Ledger

DEFAULT_FILE = Path("out/ledger.db")
DEMO_FILE = Path("out/demo/ledger.db")

Purpose = Literal["read", "write", "make"]
"""What a verb does with its ledger: only `make` begins one that is not there yet."""

WITHOUT_SERVER = "With --ledger and the ledger's URL this works without the server."


@contextlib.contextmanager
def open_named(name: str | None, verb: str, purpose: Purpose = "read") -> Iterator[Ledger]:
    """The ledger, open for the length of the block; at its end, standard error says which it was.

    Raises:
        SettingsError: there is none, or Prefect does not answer where it is named by a block.
        UsageError: its password stands on the command line.
        LedgerError: it cannot be opened.
    """
    with _opened(name, verb, purpose) as ledger:
        yield ledger
        said = f"Ledger: {ledger.name}"
    err.print(Text(said, "dim"), soft_wrap=True)


def _opened(name: str | None, verb: str, purpose: Purpose) -> contextlib.AbstractContextManager[Ledger]:
    from outreach.ledger.opening import open_ledger

    _refuse_password(name)
    actor = f"outreach {verb} ({os.environ.get('USER') or os.environ.get('LOGNAME') or 'somebody'})"
    name = os.environ.get("OUTREACH_LEDGER") if name is None else name
    existing = purpose != "make"
    if name is not None and "://" in name:
        return open_ledger(name, actor=actor, existing=existing)
    if name == "":
        raise SettingsError("The ledger's name is empty.", "Give a URL, or the name of a ledger block.")
    if name or api_url():
        return _of_block(name or "default", actor, existing=existing)
    return open_ledger(f"sqlite:///{_lying_here(purpose)}", actor=actor, existing=existing)


def _of_block(name: str, actor: str, *, existing: bool) -> contextlib.AbstractContextManager[Ledger]:
    from cli.stored_ledger import read_stored_ledger

    if stored := read_stored_ledger(name):
        return stored.open(actor, existing=existing)
    with prefect_api(WITHOUT_SERVER):
        from blocks import ContactLedger
        from blocks.stored import load_block

        return load_block(ContactLedger, name).open(actor, existing=existing)


def url_of(name: str) -> str:
    """The URL itself, or that of the block of this name.

    Raises:
        SettingsError: there is no such block.
        UsageError: its password stands on the command line.
    """
    _refuse_password(name)
    if "://" in name:
        return name
    from cli.stored_ledger import read_stored_ledger

    if stored := read_stored_ledger(name):
        return stored.url
    with prefect_api("Give the URL itself: it works without the server."):
        from blocks import ContactLedger
        from blocks.stored import load_block

        return load_block(ContactLedger, name).url.get_secret_value()


def _refuse_password(name: str | None) -> None:
    """Everybody on the machine can read a command line in the process list."""
    if name and "://" in name and _password_of(name):
        raise UsageError(
            "A password on the command line can be read by everybody on this machine.",
            "Put the URL into the ledger block or into OUTREACH_LEDGER, or the password into PGPASSWORD.",
        )


def _password_of(url: str) -> str | None:
    try:
        return urlsplit(url).password
    except ValueError:  # opening it says what is wrong
        return None


def _lying_here(purpose: Purpose) -> Path:
    if DEFAULT_FILE.exists():
        return DEFAULT_FILE
    if purpose == "make":
        return DEFAULT_FILE
    if not DEMO_FILE.exists():
        raise SettingsError(
            "There is no ledger here yet, and PREFECT_API_URL names no server that has its block.",
            "Name one with --ledger sqlite:///path/to/ledger.db, start a server, or run `outreach demo`.",
        )
    if purpose != "read":
        raise SettingsError(
            "There is no ledger here but the demo's.",
            f"Name your own with --ledger; if you mean the demo's: --ledger sqlite:///{DEMO_FILE}.",
        )
    return DEMO_FILE
