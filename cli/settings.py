"""Campaign settings from a file and from the command line, refused with one sentence."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
from pydantic import ValidationError

from cli.console import err
from outreach.errors import SettingsError
from outreach.settings import CampaignSettings
from outreach.sources.shell_words import read_option
from outreach.wrong_setting import wrong_setting

_OF_NO_FILE = ("://", "#", "${")
"""What a link, a query or a name to be filled in has, and the name of a file here has not."""


def read_settings(file: Path | None, source: str = "", **given: str | bool | None) -> CampaignSettings:
    """The settings of a JSON file, with those of the command line over them.

    Args:
        file: the JSON file.
        source: a mapping of its columns may be saved beside it, for when neither says one.
        given: settings by their names, as the command line has them.

    Raises:
        SettingsError: naming the first setting that is wrong.
    """
    values = _read(file) if file else {}
    said: dict[str, Any] = {
        name: _READS.get(name, str)(text) if isinstance(text, str) else text
        for name, text in given.items()
        if text or (text == "" and name in _READS)
    }
    saved = saved_columns(source)
    if saved and saved.is_file() and "columns" not in values.keys() | said.keys():
        values["columns"] = _read(saved).get("columns", {})
        err.print(f"Columns: as saved in {saved}.", soft_wrap=True)
    if "columns" in said:
        said["columns"] = {**values.get("columns", {}), **said["columns"]}
    values |= said
    _refuse_repeats(values.get("channel_order"))
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


_READS: Mapping[str, Callable[[str], object]] = {
    "rules": _list,
    "channel_order": _list,
    "columns": read_option,
    "country": str,
}
"""Settings of which an empty option says something too; any other leaves the file's as it is."""
