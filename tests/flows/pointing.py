"""Which Prefect server this process speaks to, where flows that went before in it have another one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from prefect.context import SyncClientContext
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


@contextlib.contextmanager
def pointing_to(api: str) -> Iterator[None]:
    """To this one, for the length of the block: the other's client and settings stay around it."""
    own = {PREFECT_API_URL: api, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    # Settings of its own: without, Prefect gives the client that is there, whatever its server.
    with temporary_settings(own), SyncClientContext(httpx_settings={"trust_env": False}):
        yield
