"""Campaign settings from a file and from the command line, refused with one sentence."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
from pydantic import ValidationError

from cli.console import err
from outreach.errors import SettingsError
from outreach.settings import CampaignSettings
from outreach.sources.shell_words import read_option
from outreach.wrong_setting import wrong_setting

_NOTHING: Mapping[str, object] = MappingProxyType({})

_OF_NO_FILE = ("://", "#", "${")
"""What a link, a query or a name to be filled in has, and the name of a file here has not."""


def read_settings(
    file: Path | None,
    *,
    rules: str | None = None,
    channels: str | None = None,
    columns: str | None = None,
    country: str | None = None,
    another_campaign: bool = False,
    reading: Mapping[str, object] = _NOTHING,
    source: str = "",
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
    saved = saved_columns(source)
    if saved and saved.is_file() and columns is None and "columns" not in values:
        values["columns"] = _read(saved).get("columns", {})
        err.print(f"Columns: as saved in {saved}.", soft_wrap=True)
    if columns is not None:
        values["columns"] = {**values.get("columns", {}), **read_option(columns)}
    if country is not None:
        values["country"] = country
    _refuse_repeats(values.get("channel_order"))
    values |= {name: value for name, value in reading.items() if value}
    if another_campaign:
        values["another_campaign"] = True
    try:
        return CampaignSettings.model_validate(values)
    except ValidationError as error:
        raise wrong_setting(error, f" in {file}" if file else "") from None


def saved_columns(source: str) -> Path | None:
    """Where `outreach columns --save` keeps the mapping of a file; None for what is no file here."""
    is_file = source and not any(sign in source for sign in _OF_NO_FILE)
    return Path(f"{source}.columns.json") if is_file else None


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
