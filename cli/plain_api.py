"""Asking Prefect's API without importing Prefect, which takes two seconds of processor time.

Only where its settings are plain: an address, and a key or a password. Where another one is set, and where
anything but an answer comes back, Prefect itself is asked: it knows every setting, and says what is wrong.
"""

from __future__ import annotations

import base64
import contextlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from urllib.request import OpenerDirector

URL, KEY, PASSWORD = "PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_API_AUTH_STRING"
_FOR_OTHERS = (
    "PREFECT_CLIENT_MAX_RETRIES",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED",
    "PREFECT_FLOWS_",
    "PREFECT_HOME",
    "PREFECT_INTERNAL_LOGGING_",
    "PREFECT_LOGGING_",
    "PREFECT_RESULTS_",
    "PREFECT_RUNNER_",
    "PREFECT_SERVER_",
    "PREFECT_TASKS_",
    "PREFECT_UI_",
    "PREFECT_WORKER_",
)
"""Settings that change nothing of one request."""

_FILES = {"prefect.toml": "", "pyproject.toml": "tool.prefect", ".env": "prefect_"}
"""Where Prefect looks for settings in the folder of today, and what stands there if it finds some."""

SECONDS = 5.0
"""So long one answer is waited for: Prefect waits itself, afterwards."""


@dataclass(frozen=True)
class PlainApi:
    """The API at an address, with the headers that it wants."""

    url: str
    headers: Mapping[str, str]

    def read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What stands at a path."""
        return self._ask(path, None)

    def post(self, path: str, asked: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """What it answers to a document: a filter, or something to keep."""
        return self._ask(path, orjson.dumps(asked))

    def _ask(self, path: str, body: bytes | None) -> Any:  # noqa: ANN401 - JSON
        """What it answers, read as JSON; None where that is a refusal, or there is none."""
        from http.client import HTTPException
        from urllib.request import Request

        headers = {**self.headers, "Content-Type": "application/json"}
        try:
            request = Request(f"{self.url}{path}", body, headers)  # noqa: S310 - `_open` knows HTTP alone
            with _make_opener(is_safe=self.url.startswith("https")).open(request, timeout=SECONDS) as answer:
                return orjson.loads(answer.read())
        except (OSError, HTTPException, ValueError):
            return None


def _make_opener(*, is_safe: bool) -> OpenerDirector:
    """Asks over HTTP alone, through the environment's proxy, and follows no redirect: it may lead elsewhere.

    Not httpx: to import it takes 0.12 s, of 0.7 s that `outreach proof` takes in all.
    """
    from urllib import request

    opener = request.OpenerDirector()
    handlers: list[type[request.BaseHandler]] = [
        request.ProxyHandler,
        request.UnknownHandler,
        request.HTTPHandler,
        request.HTTPDefaultErrorHandler,
        request.HTTPErrorProcessor,
        *([request.HTTPSHandler] if is_safe else []),  # else authorities would be read for nothing
    ]
    for handler in handlers:
        opener.add_handler(handler())
    return opener


def find_plain_api() -> PlainApi | None:
    """The configured API; None where none is, or where only Prefect can tell."""
    settings = read_plain_settings() or {}
    if not (url := settings.get(URL)):
        return None
    headers = {}
    if password := settings.get(PASSWORD):
        headers["Authorization"] = f"Basic {base64.b64encode(password.encode()).decode()}"
    elif key := settings.get(KEY):
        headers["Authorization"] = f"Bearer {key}"
    return PlainApi(url.rstrip("/"), headers)


def read_plain_settings() -> dict[str, str] | None:
    """Prefect's settings by environment and profile; None where one is not plain: Prefect knows it."""
    if "prefect.settings" in sys.modules or any(map(_holds_settings, _FILES)):
        return None
    profile = _read_profile()
    if profile is None:
        return None
    named = {name: value for name, value in os.environ.items() if name.upper().startswith("PREFECT_")}
    found = {**profile, **named}
    return found if all(_is_plain(name, value) for name, value in found.items()) else None


def _is_plain(name: str, value: object) -> bool:
    return name.startswith(_FOR_OTHERS) or (name in (URL, KEY, PASSWORD) and value not in (None, ""))


def _holds_settings(file: str) -> bool:
    try:
        return _FILES[file] in Path(file).read_text().lower()
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True


def _read_profile() -> Mapping[str, str] | None:
    """The active profile; none is active where the file is missing, as Prefect has it."""
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    try:
        text = (home / "profiles.toml").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    if sys.version_info >= (3, 11):  # which reads TOML itself
        import tomllib

        with contextlib.suppress(ValueError, KeyError, TypeError):
            every = tomllib.loads(text)
            return dict(every["profiles"][every["active"]])
    return None
