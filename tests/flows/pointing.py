"""Which Prefect server this process speaks to, where flows that went before in it have another one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from prefect.context import SyncClientContext
from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings


@contextlib.contextmanager
def pointing_to(api: str, *, is_up: bool = True) -> Iterator[None]:
    """To this one, for the length of the block: the other's client and settings stay around it.

    One that is not up yet is asked by clients that are made when they are needed.
    """
    own = {PREFECT_API_URL: api, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    # Hidden: else Prefect gives the client that is there, whatever its server.
    hidden = SyncClientContext.__var__.set(None)  # type: ignore[arg-type]  # as before any was entered
    try:
        with temporary_settings(own), SyncClientContext() if is_up else contextlib.nullcontext():
            yield
    finally:
        SyncClientContext.__var__.reset(hidden)
