"""What a database's failure means, in our words: never with anybody's data, and with what to do."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from outreach.errors import LedgerError, WrongLedger
from outreach.ledger.database.connecting import name_of


@contextlib.contextmanager
def translated(url: URL) -> Iterator[None]:
    """Keep the driver's words out of tracebacks: PostgreSQL quotes the failing row in them."""
    try:
        yield
    except DBAPIError as error:
        if wrong := _named_wrongly(error, url):
            raise wrong from None
        code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None) or ""
        problem = f"The ledger does not answer ({type(error.orig).__name__} {code})."
        raise LedgerError(problem, _advise(error)) from None
    except NoConnectionFree:
        problem = "The ledger does not answer (no connection became free)."
        raise LedgerError(problem, "Run the campaign again: it resumes by itself.") from None


_WRONG_NAMES = {
    "not a database": "is no SQLite database. Check the path.",
    "failed to resolve host": "has a host that nobody knows. Check the host in the URL, and the network.",
    "password authentication failed": "refused the user or the password. Check them.",
    "no password supplied": "asks for a password. Put it into the ledger block, or into PGPASSWORD.",
    "does not exist": "does not exist there, or its user does not. Check both names in the URL.",
}


def _named_wrongly(error: DBAPIError, url: URL) -> WrongLedger | None:
    """What is wrong with the name of the database itself, so that no later try would help; else None."""
    if getattr(error.orig, "sqlstate", None):  # from a statement: the database was reached
        return None
    words = str(error.orig).lower()
    why = next((why for said, why in _WRONG_NAMES.items() if said in words), None)
    return WrongLedger(f"The ledger {name_of(url)} {why}") if why else None


_RESUMES = "run the campaign again: it resumes by itself."
_ADVICE = {
    ("full", "no space left"): f"Free disk space and {_RESUMES}",
    ("disk i/o error",): f"See that its disk works and has room (ulimit -f); {_RESUMES}",  # or a quota's
    ("unable to open", "readonly"): "See that its folder is there and writable (and ulimit -n).",
    ("already exists",): "Other tables have its names: give it a database or schema of its own.",
    ("permission denied", "must be owner", "read-only", "no schema"): (
        "See that it takes writes, its schema is there, and its user owns its tables and may make more."
    ),
    ("locked",): f"Another program holds the file; {_RESUMES}",
}


def _advise(error: DBAPIError) -> str:
    words = str(error.orig).lower().partition("\n")[0]  # the next line may quote a row
    found = (advice for said, advice in _ADVICE.items() if any(each in words for each in said))
    return next(found, f"Bring the database back and {_RESUMES}")
