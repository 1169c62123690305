"""Which Prefect API is configured, and whether it answers as one: said before anything begins."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from cli.console import err
from cli.plain_api import URL, read_plain_settings
from outreach.errors import PrefectAway, SettingsError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

PATIENCE_SECONDS = 20.0
"""How long one answer of the API is waited for before a verb begins."""


def api_url() -> str | None:
    """The API that Prefect's own settings name: by environment, profile, prefect.toml or .env; else None."""
    if (plain := read_plain_settings()) is not None:
        return plain.get(URL)
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    return str(url) if url else None


@contextlib.contextmanager
def prefect_api(advice: str = "", meanwhile: Callable[[], object] = lambda: None) -> Iterator[None]:
    """A Prefect API for the length of the block: the configured one, else a server of our own.

    `meanwhile` is done while that one starts, or before the configured one is asked.

    Raises:
        PrefectAway: the configured one does not answer, or not as one; `advice` follows the sentence.
    """
    from cli.processes import QUIET, prefect_server

    os.environ.update({name: os.environ.get(name, value) for name, value in QUIET.items()})
    if api_url():
        meanwhile()
        with reachable(advice):
            yield
        return
    from prefect.settings import PREFECT_HOME

    err.print("No Prefect server is configured: starting one for this command.", style="dim")
    with prefect_server(Path(PREFECT_HOME.value()), meanwhile=meanwhile):
        yield


@contextlib.contextmanager
def reachable(advice: str = "") -> Iterator[None]:
    """Ask the configured API who it is; whatever it fails with in the block, too, is said in one sentence.

    Raises:
        PrefectAway: it does not answer, or not as a Prefect API.
    """
    import httpx

    try:
        _ask()
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise say_away(error, advice) from None


def _ask() -> None:
    import httpx
    from prefect.client.base import ServerType
    from prefect.client.orchestration import get_client

    from tasks.patience import asking_again, known_trust

    with asking_again():
        try:
            settings = {"timeout": PATIENCE_SECONDS, **known_trust()}
            with get_client(sync_client=True, httpx_settings=settings) as client:
                if problem := client.api_healthcheck():
                    raise problem
                if client.server_type is not ServerType.CLOUD:
                    client.raise_for_api_version_mismatch()
                _find_storage(client)
        except (httpx.HTTPError, httpx.InvalidURL):
            raise
        except (RuntimeError, ValueError, OSError) as error:  # what the client makes of an answer or a URL
            raise httpx.HTTPError(type(error).__name__) from error


def _find_storage(client: SyncPrefectClient) -> None:
    """Prefect itself says "Unable to find block document" in a traceback, once a flow has begun."""
    from prefect.exceptions import ObjectNotFound
    from prefect.settings import PREFECT_DEFAULT_RESULT_STORAGE_BLOCK

    storage = PREFECT_DEFAULT_RESULT_STORAGE_BLOCK.value() or ""
    slug, _, name = storage.partition("/")
    try:
        if storage:
            client.read_block_document_by_name(name, slug)
    except ObjectNotFound:
        advice = "Save it, or correct PREFECT_DEFAULT_RESULT_STORAGE_BLOCK."
        raise SettingsError(f"There is no block {storage} for Prefect's results.", advice) from None


def say_away(error: Exception, advice: str) -> PrefectAway:
    """What a request to Prefect's API failed with, as one sentence; `advice` follows it."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    why = f"answers {status}" if status else "does not answer as one"
    where = _shown(api_url() or "")
    told = "Check PREFECT_API_URL or the profile (`prefect config view`), and whether the server runs."
    if status in (401, 403):
        told = "Check PREFECT_API_AUTH_STRING, or PREFECT_API_KEY for Prefect Cloud."
    return PrefectAway(f"The Prefect API at {where} {why}.", f"{told} {advice}".rstrip())


def _shown(url: str) -> str:
    """Without a user and password, on one short line."""
    scheme, found, rest = url.partition("://")
    shown = f"{scheme}{found}{rest.rpartition('@')[2]}" if found else url
    return " ".join(shown.split())[:200]
