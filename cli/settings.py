"""Campaign settings from a file and from the command line, refused with one sentence."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
from pydantic import ValidationError

from outreach.errors import SettingsError
from outreach.settings import CampaignSettings

_NOTHING: Mapping[str, object] = MappingProxyType({})


def read_settings(
    file: Path | None,
    *,
    rules: str | None = None,
    channels: str | None = None,
    columns: str | None = None,
    country: str | None = None,
    another_campaign: bool = False,
    reading: Mapping[str, object] = _NOTHING,
) -> CampaignSettings:
    """The settings of a JSON file, with those of the command line over them.

    `reading` are settings by their names, where they say something.

    Raises:
        SettingsError: naming the first setting that is wrong.
    """
    values = _read(file) if file else {}
    if rules is not None:
        values["rules"] = _list(rules)
    if channels is not None:
        values["channel_order"] = _list(channels)
    if columns is not None:
        values["columns"] = dict(_pair(item) for item in _list(columns))
    if country is not None:
        values["country"] = country
    _refuse_repeats(values.get("channel_order"))
    values |= {name: value for name, value in reading.items() if value}
    if another_campaign:
        values["another_campaign"] = True
    try:
        return CampaignSettings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "settings"
        place = f" in {file}" if file else ""
        raise SettingsError(f"The setting {where}{place} is wrong: {first['msg']}.") from None


def _refuse_repeats(channels: Any) -> None:  # noqa: ANN401 - whatever the file holds
    named = channels if isinstance(channels, list) else []
    repeated = {str(name) for name in named if named.count(name) > 1}
    if repeated:
        raise SettingsError(
            f"channel_order names {', '.join(sorted(repeated))} twice.", "Name each channel once."
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        values = orjson.loads(file.read_bytes())
    except OSError as error:
        raise SettingsError(f"{file} cannot be read ({error.strerror}).", "Name a JSON file.") from None
    except orjson.JSONDecodeError as error:
        raise SettingsError(f"{file} is not JSON: line {error.lineno}.") from None
    if not isinstance(values, dict):
        raise SettingsError(f"{file} must hold one JSON object.", 'For example {"rules": ["us-federal"]}.')
    return values


def _list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _pair(text: str) -> tuple[str, str]:
    name, equals, target = text.partition("=")
    if not equals:
        raise SettingsError(f"--columns does not understand {text!r}.", "Write your header, =, our column.")
    return name.strip(), target.strip()
