"""The key of a ledger whose block gives none.

SQLite       a file beside it: both lie on one machine, or are copied together
             OUTREACH_LEDGER_KEY for a copy that has none, as of a ledger whose block has the key
PostgreSQL   OUTREACH_LEDGER_KEY, which a secret store puts into the environment of every machine;
             else a file in the home of the one machine that made the ledger, which is said
"""

import contextlib
import hashlib
import logging
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from outreach.errors import WrongKey
from outreach.home import find_home
from outreach.sources.private_file import part_beside, save

log = logging.getLogger("outreach.ledger")

VARIABLE = "OUTREACH_LEDGER_KEY"

ADVICE = f"Give its key in the ledger block or in {VARIABLE}, or restore its key file."
SHARE = f"Put the key that stands in it into the ledger block, or into {VARIABLE} on every machine."


def find_root(url: str, *, is_known: bool) -> tuple[str, Path | None]:
    """The key where nobody gave one, and the file that holds it; made only for a ledger that is not known.

    Raises:
        WrongKey: it is missing.
    """
    if key := environment_key(url):
        return key, None
    path = key_file(url)
    if not path.exists():
        if is_known:  # a new key knows nobody
            if key := environment_key(url, is_copy=True):
                return key, None
            raise _missing_key(url, path)
        if not _sqlite_file(url):
            log.warning("The key of this shared ledger is made on this machine alone: %s. %s", path, SHARE)
    return stored_key(path), path


def environment_key(url: str, *, is_copy: bool = False) -> str | None:
    """The environment's key, for a ledger that machines share, or a copy that has no key file beside it."""
    if _sqlite_file(url) and not is_copy:
        return None
    return os.environ.get(VARIABLE, "").strip() or None


def find_keys(url: str, key: str | None, previous: Sequence[str]) -> list[str]:
    """A stored ledger's keys, newest first: its own or the environment's, then those before; or none."""
    newest = key or environment_key(url)
    return [newest, *previous] if newest else []


def key_file(url: str) -> Path:
    """Where the key of a ledger lies when nobody gave one: beside an SQLite file, else in the home."""
    if path := _sqlite_file(url):
        return Path(path + ".key")
    name = f"{hashlib.sha256(url.rpartition('@')[2].encode()).hexdigest()[:16]}.key"
    before = Path.home() / ".genesys-outreach" / name  # 0.1.0 knew no OUTREACH_HOME
    here = find_home() / name
    return before if before.exists() and not here.exists() else here


def stored_key(path: Path) -> str:
    """Read the key file, or make it, with a random key."""
    try:
        if not path.exists():
            make_key_file(path, secrets.token_urlsafe(32))
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise WrongKey(
            f"The key file {path} cannot be used: {why}.", "Give a key in the ledger block."
        ) from None
    if not key:
        raise WrongKey(f"The key file {path} is empty.", "Restore it from a backup.")
    return key


def _missing_key(url: str, path: Path) -> WrongKey:
    """What to say where a ledger is known, and its key is not here."""
    if _sqlite_file(url):
        return WrongKey(f"The key of this ledger is missing: there is no file {path}.", ADVICE)
    return WrongKey(
        f"The key of this ledger is missing: its block gives none, {VARIABLE} is not set, "
        f"and there is no file {path} on this machine.",
        f"On the machine that made the ledger, the file {path.name} in its OUTREACH_HOME or "
        f"~/.genesys-outreach holds it. {SHARE}",
    )


def _sqlite_file(url: str) -> str:
    """The path in the URL of an SQLite ledger; "" for one that machines share."""
    return url.removeprefix("sqlite:///").split("?", maxsplit=1)[0] if url.startswith("sqlite:///") else ""


def make_key_file(path: Path, key: str) -> None:
    """Keep the key there: private, complete from the moment that it is seen, and one that is there stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with part_beside(path) as (part, file):
        file.write(key.encode())
        save(file)
        with contextlib.suppress(FileExistsError):  # another process was faster: its key counts
            path.hardlink_to(part)  # not renamed: that would replace a key in use
