"""Files that a verb writes for people: never in place of what this program did not make, and no folders."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from outreach.errors import UsageError

OUT = Path("out")
"""The one folder that a verb makes, where it names its files itself."""

Force = Annotated[
    bool, Parameter(negative="", help="Replace the file, whatever it holds and whoever made it.")
]


def place(to: Path | None, default: str, *, force: bool, ours: Callable[[Path], bool]) -> Path:
    """Where to write: `to`, or `out/` and the default name; the folder is there afterwards.

    Args:
        to: what the person named.
        default: the file's name otherwise.
        force: replace what is there.
        ours: whether the file is one that this program made and nobody changed.

    Raises:
        UsageError: it would replace something else, or there is no such folder.
    """
    path = to if to is not None else OUT / default
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file in it with --to.")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file.", "Name another one with --to.")
    if path.exists() and not force and not ours(path):
        raise UsageError(
            f"{path} is there already, and not as this program left it.",
            "Name another file with --to, or replace it with --force.",
        )
    if to is None:
        _make_out()
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}.", "Make it, or name another file with --to.")
    return path


def _make_out() -> None:
    try:
        OUT.mkdir(exist_ok=True)
    except OSError as error:
        raise UsageError(f"{OUT} cannot be made: {error.strerror}.", "Name a file with --to.") from None


def write_private(path: Path, lines: Iterable[bytes]) -> int:
    """Write a file that only its owner can read; how many lines."""
    from outreach.sources import private_file

    try:
        return private_file.write_private(path, lines)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", "Choose another place.") from None
