"""One place per user for what has no place of its own: `OUTREACH_HOME`, by default `~/.genesys-outreach`."""

import os
from pathlib import Path

from outreach.errors import SettingsError

VARIABLE = "OUTREACH_HOME"


def find_home() -> Path:
    """The folder; absolute, and not always there yet.

    Raises:
        SettingsError: the variable names another folder wherever one stands.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return Path.home() / ".genesys-outreach"
    home = Path(named).expanduser()
    # A deployment's run stands in this folder: a relative one would begin there anew.
    if not home.is_absolute():
        raise SettingsError(f"{VARIABLE} is not an absolute path.", "Begin it with a slash, or with ~.")
    return home


def make_home() -> Path:
    """The folder, made for its owner alone where it is missing.

    Raises:
        SettingsError: it cannot be made.
    """
    home = find_home()
    try:
        # The mode is the last folder's alone: its parents are made as the umask says.
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"The folder {home} cannot be made: {error.strerror}.", f"Name another one in {VARIABLE}."
        ) from None
    return home
