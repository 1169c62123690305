"""Folders that are gone when the tests are."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path


def make_passing_folder(name: str) -> Path:
    """A new one in the system's place for such things, until this process ends."""
    folder = tempfile.mkdtemp(prefix=f"outreach-{name}-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
