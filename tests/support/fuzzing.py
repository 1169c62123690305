"""How long the fuzz tests try: as long as fits into a test run, or FUZZ=20000 times each."""

from __future__ import annotations

import os


def tries(usual: int) -> int:
    """So many times, unless the environment's FUZZ says how many."""
    return int(os.environ.get("FUZZ", usual))
