"""Where a ledger is: what its URL may say, before anything is opened.

No error repeats the URL: it may hold a password.
"""

import os
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from outreach.errors import LedgerError

ADVICE = "Use sqlite:////home/you/.genesys-outreach/ledger.db or postgresql://user@host/name."


def read_url(text: str) -> str:
    """The URL with a home's ~ written out, so that it means the same wherever one stands.

    Raises:
        LedgerError: it is not the URL of a ledger: asterisks of a form, for example.
    """
    text = text.strip()
    url = _parse(text)
    if _is_masked(url.password) or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise _nonsense()
    if url.get_backend_name() == "sqlite" and (url.database or "").startswith("~"):
        home = os.path.expanduser(url.database or "")  # noqa: PTH111 - a name may follow the ~
        return url.set(database=home).render_as_string(hide_password=False)
    return text  # letter by letter: a key file may be named after it


def refuse_relative(text: str) -> None:
    """Stop a SQLite path that is another file in every folder: whom one knows, the other contacts again.

    Raises:
        LedgerError: it is one.
    """
    url = _parse(text)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_absolute():
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
    url = _parse(text)
    is_file = url.get_backend_name() == "sqlite"
    if is_file and "KUBERNETES_SERVICE_HOST" in os.environ and not Path(url.database or "").exists():
        raise LedgerError(
            "The ledger is a file that is not there; one that a cluster's run makes may go with its pod.",
            "Give a PostgreSQL database in the ledger block, or bring a ledger to a volume that stays.",
        )


def _parse(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        raise _nonsense() from None


def _is_masked(password: object) -> bool:
    """Whether a form's asterisks stand where a password was."""
    return bool(password) and not str(password).strip("*")


def _nonsense() -> LedgerError:
    return LedgerError("The ledger's URL is not one that can be opened.", ADVICE)
