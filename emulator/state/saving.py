"""An organisation kept in a file, and read again: all that it remembers; its time stands still meanwhile.

The file is Python's own form of objects, which can run what it likes: read only files that you saved.
"""

import pickle
import tempfile
from pathlib import Path

from emulator.state.organisation import Organisation


class Unreadable(ValueError):  # noqa: N818 - as WrongSetting
    """The file is no state that was saved by this version."""


def save(org: Organisation, path: Path) -> None:
    """Write it, all at once."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        pickle.dump(org, file)
    Path(file.name).replace(path)


def load(path: Path) -> Organisation:
    """The organisation of a file.

    Raises:
        Unreadable: it is none.
    """
    try:
        org = pickle.loads(path.read_bytes())  # noqa: S301 - see above
    except (pickle.UnpicklingError, ValueError, EOFError, LookupError, AttributeError, ImportError) as error:
        raise Unreadable(f"{path} holds no state of this version ({type(error).__name__})") from error
    if not isinstance(org, Organisation):
        raise Unreadable(f"{path} holds no organisation")
    return org
