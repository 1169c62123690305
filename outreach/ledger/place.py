"""Where a ledger is: what its URL may say, before anything is opened.

No error repeats the URL: it may hold a password.
"""

import contextlib
import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from outreach.errors import LedgerError, WrongLedger

_NONSENSE = (
    "The ledger's URL is not one that can be opened.",
    "Use sqlite:////home/you/.genesys-outreach/ledger.db or postgresql://user@host/name.",
)


def check_url(url: str) -> URL:
    """The URL of a database that can hold a ledger. Raises WrongLedger; nothing is opened, nothing made."""
    with contextlib.suppress(ArgumentError, NoSuchModuleError, ModuleNotFoundError, ValueError):
        parsed = make_url(url)
        if parsed.get_backend_name() in ("sqlite", "postgresql"):
            parsed.get_dialect()
            if _is_file(parsed) and parsed.database in (None, "", ":memory:"):
                raise WrongLedger(
                    "A ledger in memory would forget whom it contacted.", "Name a file: sqlite:///ledger.db"
                )
            return parsed
    raise WrongLedger(*_NONSENSE)


def read_url(text: str) -> str:
    """The URL with a home's ~ written out, so that it means the same wherever one stands.

    Raises:
        WrongLedger: it can be no ledger's: asterisks of a form, for example. Nothing is opened, nothing made.
    """
    text = text.strip()
    url = check_url(text)
    if url.password and not str(url.password).strip("*"):
        raise WrongLedger(*_NONSENSE)
    if _is_file(url) and (url.database or "").startswith("~"):
        home = os.path.expanduser(url.database or "")  # noqa: PTH111 - a name may follow the ~
        return url.set(database=home).render_as_string(hide_password=False)
    return text  # letter by letter: a key file may be named after it


def refuse_relative(text: str) -> None:
    """Stop a SQLite path that is another file in every folder: whom one knows, the other contacts again.

    Raises:
        LedgerError: it is one.
    """
    url = check_url(text)
    if _is_file(url) and not Path(url.database or "").is_absolute():
        raise LedgerError(
            "The ledger's path is relative: each folder has another ledger, and contacts people again.",
            "Give the whole path in the ledger block, with four slashes: "
            "sqlite:////home/you/.genesys-outreach/ledger.db.",
        )


def refuse_passing(text: str) -> None:
    """Stop a cluster's run from beginning a SQLite ledger: it may go with its pod, and the next run, with
    another one, would contact everybody again.

    Raises:
        LedgerError: it would.
    """
    url = check_url(text)
    if _is_file(url) and "KUBERNETES_SERVICE_HOST" in os.environ and not Path(url.database or "").exists():
        raise LedgerError(
            "The ledger is a file that is not there; one that a cluster's run makes may go with its pod.",
            "Give a PostgreSQL database in the ledger block, or bring a ledger to a volume that stays.",
        )


def _is_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"
