"""A machine's copy of the zone database as it was in 2025, where three provinces of Canada differ."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

AS_IN_2025 = {
    "America/Vancouver": "America/Los_Angeles",
    "America/Edmonton": "America/Denver",
    "America/Winnipeg": "America/Chicago",
}
"""Until November 2026 their clocks were those of their neighbours."""


def write_old_zones(folder: Path) -> Path:
    """Write the copy; the folder is one for PYTHONTZPATH."""
    rules = resources.files("tzdata") / "zoneinfo"
    for zone, neighbour in AS_IN_2025.items():
        path = folder / zone
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rules.joinpath(*neighbour.split("/")).read_bytes())
    return folder
