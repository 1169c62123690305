"""How often Prefect's server is asked again when it does not answer."""

import contextlib
import os
import ssl
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.context import SettingsContext, get_settings_context
from prefect.settings import (
    PREFECT_API_ENABLE_HTTP2,
    PREFECT_API_SSL_CERT_FILE,
    PREFECT_API_TLS_INSECURE_SKIP_VERIFY,
)
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_exponential

from outreach.connections import trusted

Answer = TypeVar("Answer")

LIMITED = 429
"""Prefect Cloud's answer over its limit; its client has slept as long as that says before one hears of it."""


@contextlib.contextmanager
def asking_again(times: int = 0) -> Iterator[None]:
    """Have Prefect's clients in this context ask again so often, instead of for a minute each.

    As `temporary_settings` would, which reads and checks every setting anew: 0.3 ms for 76.
    """
    known = get_settings_context()
    client = known.settings.client.model_copy(update={"max_retries": times})
    settings = known.settings.model_copy(update={"client": client})
    with SettingsContext(profile=known.profile, settings=settings):
        yield


def ask_soon(ask: Callable[[SyncPrefectClient], Answer]) -> Answer:
    """Ask for a minute as Prefect's clients do, but again after 0.05 s where these sleep for 2, then 4.

    A server on SQLite answers 503 at once to whoever writes beside another: of four runs for one person three
    ended 1.7 to 1.9 s later for that. The hook comes first, as a client sleeps even after its last attempt.
    """
    return _ask(ask, _SOON)


def ask_while_busy(ask: Callable[[SyncPrefectClient], Answer]) -> Answer:
    """The same of a server that is there: one that is away is not waited for."""
    return _ask(ask, _WHILE_BUSY)


def sleepless() -> dict[str, Any]:
    """For `httpx_settings`: a client that raises at once what Prefect's would sleep over, and then raise."""
    return {"event_hooks": {"response": [_raise_if_refused]}, **known_trust()}


def _ask(ask: Callable[[SyncPrefectClient], Answer], patience: Retrying) -> Answer:
    settings = {"event_hooks": {"response": [_raise_if_busy]}, **known_trust()}
    with asking_again(), get_client(httpx_settings=settings, sync_client=True) as client:
        return patience(ask, client)


def known_trust() -> dict[str, Any]:
    """Whom Prefect's settings trust, for `httpx_settings`; nothing where they trust everybody.

    Each client reads the authorities anew, which takes 0.03 s; a run of one person asked by four.
    """
    if PREFECT_API_TLS_INSECURE_SKIP_VERIFY:
        return {}
    return {"verify": _trusted(PREFECT_API_SSL_CERT_FILE.value())}


@cache
def _trusted(authorities: str | None) -> ssl.SSLContext:
    of_all = os.environ.get("SSL_CERT_FILE") or None
    is_common = authorities == of_all and (of_all or not os.environ.get("SSL_CERT_DIR"))
    if is_common and not PREFECT_API_ENABLE_HTTP2:  # else it would be offered to Genesys as well
        return trusted()
    if authorities:
        return ssl.create_default_context(cafile=authorities)
    return httpx.create_ssl_context(trust_env=False)


def _raise_if_busy(response: httpx.Response) -> None:
    if response.status_code == 503:
        raise httpx.HTTPStatusError("The server is busy.", request=response.request, response=response)


def _raise_if_refused(response: httpx.Response) -> None:
    if _is_refusal(response.status_code):
        raise httpx.HTTPStatusError("The server refuses.", request=response.request, response=response)


def _is_busy(error: BaseException) -> bool:
    return isinstance(error, httpx.HTTPStatusError) and _is_refusal(error.response.status_code)


def _is_refusal(status: int) -> bool:
    return status == LIMITED or status >= 500


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in (LIMITED, 503)
    return isinstance(error, httpx.TransportError)


_SOON = Retrying(
    retry=retry_if_exception(_may_pass),
    stop=stop_after_delay(60),
    wait=wait_exponential(0.05, max=4),
    reraise=True,
)
_WHILE_BUSY = _SOON.copy(retry=retry_if_exception(_is_busy), stop=stop_after_delay(10))
