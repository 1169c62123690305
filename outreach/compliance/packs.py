"""Rule packs: dated, replaceable data that says when and how often people may be contacted, and where.

A pack is a JSON file: `name`, `version`, `as_of`, `about`, `rules`, `golden`. A rule binds whoever may be in
one of its `countries` (and `subdivisions`, if it names any) from `valid_from` to the day before `valid_to`.
`windows` are the hours in the person's own time, per weekday; `24:00` ends a day, and a window whose end is
not after its start crosses midnight. `holidays` replaces them on public holidays. `caps` are rolling.
`golden` are cases with their answers, which a test runs.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from outreach.compliance.holiday_calendars import check_calendar
from outreach.compliance.windows import Week, read_spans, read_week
from outreach.contacts import Channel
from outreach.errors import SettingsError
from outreach.settings import FrequencyCap

DEFAULT = "default"
"""The pack that binds wherever no named pack speaks of hours."""

_SHIPPED = resources.files("outreach.compliance") / "packs"
_FORMAT = "docs/compliance.md shows the format."


def _check_windows(texts: list[str]) -> list[str]:
    read_spans(texts)
    return texts


def _check_week(windows: dict[str, list[str]]) -> dict[str, list[str]]:
    read_week(windows)
    return windows


_Windows = Annotated[list[str], AfterValidator(_check_windows)]
_WeekWindows = Annotated[dict[str, list[str]], AfterValidator(_check_week)]


class _Part(BaseModel):
    # A misspelt key would switch a rule off in silence.
    model_config = ConfigDict(frozen=True, extra="forbid")


class Holidays(_Part):
    """Public holidays of a `calendar` (US, US-AL; "*" is the person's own country), and their windows.

    `also`: days that the law has and the calendar lacks.
    """

    calendar: str
    windows: _Windows = []
    also: list[date] = []


class Golden(_Part):
    """A case with its answer: a contact by SMS with this number, under this pack alone."""

    why: str
    at: datetime
    number: str
    time_zone: str | None = None
    postal_code: str | None = None
    verdict: Literal["allowed", "deferred", "held", "blocked"]
    next_allowed_at: datetime | None = None


class Rule(_Part):
    """One rule of one jurisdiction, with its source."""

    id: str
    countries: list[str]
    subdivisions: list[str] = []
    channels: list[Channel] = list(Channel)
    valid_from: date | None = None
    valid_to: date | None = None
    source: str
    evidence: Literal["verified", "reported", "house"]
    windows: _WeekWindows | None = None
    holidays: Holidays | None = None
    caps: list[FrequencyCap] = []

    def week(self) -> Week | None:
        """The windows by weekday, None when the rule does not speak of hours."""
        return None if self.windows is None else read_week(self.windows)

    def binds(self, country: str | None, states: frozenset[str] | None) -> bool:
        """Whether the rule may bind at a place; states that are unknown, or none at all, are all states."""
        if "*" not in self.countries and country not in self.countries:
            return False
        # Of a person who may be in two states the rules of both bind, which is the stricter of them.
        return not self.subdivisions or not states or not states.isdisjoint(self.subdivisions)


class Pack(_Part):
    """A named set of rules, of one version."""

    name: str
    version: str
    as_of: date
    about: str
    rules: list[Rule] = Field(min_length=1)
    golden: list[Golden] = []


def list_packs() -> list[str]:
    """The names of the packs that are shipped, without the default."""
    names = (file.name.removesuffix(".json") for file in _SHIPPED.iterdir() if file.name.endswith(".json"))
    return sorted(name for name in names if name != DEFAULT)


def open_pack(name: str) -> Pack:
    """A shipped pack by its name, or one's own by a path that ends in .json. Raises SettingsError."""
    if name.endswith(".json"):
        return _read_own(Path(name))
    if name not in {*list_packs(), DEFAULT}:
        choices = ", ".join(list_packs())
        advice = f"Choose from {choices}, or give a path to a .json file."
        raise SettingsError(f"There is no rule pack {name!r}.", advice)
    return _open_shipped(name)


def hash_packs(packs: Sequence[Pack]) -> str:
    """One hash over the content of the packs, in whatever order they were named."""
    # By what they say, not by how their files are laid out.
    content = sorted(pack.model_dump_json() for pack in packs)
    return "sha256:" + hashlib.sha256("\n".join(content).encode()).hexdigest()


@lru_cache
def _open_shipped(name: str) -> Pack:
    file = _SHIPPED / f"{name}.json"
    return _parse(name, file.read_text(encoding="utf-8"))


def _read_own(path: Path) -> Pack:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The rule pack {path.name} cannot be read.", "Check its path.") from error
    return _parse(path.name, text)


def _parse(name: str, text: str) -> Pack:
    try:
        pack = Pack.model_validate(json.loads(text))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"The rule pack {name} is wrong at {where}: {first['msg']}.", _FORMAT) from error
    except ValueError as error:
        raise SettingsError(f"The rule pack {name} is not JSON: {error}.", _FORMAT) from error
    for rule in pack.rules:
        # Found when the pack is opened, not on the first holiday.
        if rule.holidays and rule.holidays.calendar != "*":
            check_calendar(rule.holidays.calendar)
    return pack
