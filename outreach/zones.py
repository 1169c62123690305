"""Time zones, always by the rules of the `tzdata` package: the machine's own copy may be years old.

Python looks on the machine first, and a copy of 2025 is an hour off in Vancouver since November 2026.
"""

from datetime import date
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

OLD_AFTER_DAYS = 180
"""Rules older than this have probably missed a change: there are several a year."""

_NEWEST_KNOWN = (2026, 6), date(2026, 10, 31)
# The package does not say when it was made; a test holds this to the version that is pinned.

_PACKAGE = resources.files("tzdata")


@cache
def open_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ZoneInfoNotFoundError when the package has none of that name."""
    if name not in list_names():
        raise ZoneInfoNotFoundError(name)
    with (_PACKAGE / "zoneinfo").joinpath(*name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@cache
def list_names() -> frozenset[str]:
    """Every IANA name."""
    return frozenset(read_table("zones"))


def read_table(name: str) -> list[str]:
    """The lines of one of the package's text files."""
    return (_PACKAGE / name).read_text(encoding="utf-8").splitlines()


@cache
def find_version() -> str:
    """The version of the rules, like 2026.6."""
    from importlib import metadata  # noqa: PLC0415 - a tenth of what it takes to load a reader of lists

    return metadata.version("tzdata")


def made_by(version: str) -> date:
    """The day by which the rules of a version were surely out, as near as can be known."""
    year, _, number = version.partition(".")
    known, day = _NEWEST_KNOWN
    if (int(year), int(number)) <= known:  # an older one is older yet: only that it is not newer is known
        return min(day, date(int(year), 12, 31))
    return max(day, date(int(year), 1, 1))
