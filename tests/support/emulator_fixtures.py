"""The official SDK, logged in to an emulator in this process."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import PureCloudPlatformClientV2 as sdk  # noqa: N813  its own name is a mouthful
import pytest

from tests.support.emulation import EmulatorThread, emulator_thread
from tests.support.emulator_clients import logged_in, open_client


@pytest.fixture(scope="module")
def genesys() -> Iterator[EmulatorThread]:
    """One emulator for a file, without limits; analytics shows everything at once."""
    with emulator_thread(index_delay_seconds=0, attribute_index_delay_seconds=0) as running:
        yield running


@pytest.fixture
def client(genesys: EmulatorThread) -> sdk.ApiClient:
    """The SDK's client, logged in with its own log-in."""
    return sdk.ApiClient(host=genesys.url).get_client_credentials_token("demo", "demo")


@pytest.fixture
def fresh() -> Iterator[EmulatorThread]:
    """An emulator of its own for a test, without limits."""
    with emulator_thread() as running:
        yield running


@pytest.fixture
def anybody(fresh: EmulatorThread) -> Iterator[httpx.Client]:
    """Not logged in."""
    with open_client(fresh.url) as client:
        yield client


@pytest.fixture
def platform(fresh: EmulatorThread) -> Iterator[httpx.Client]:
    """Logged in to the platform API."""
    with logged_in(fresh.url) as client:
        yield client


@pytest.fixture
def guide(fresh: EmulatorThread) -> Iterator[httpx.Client]:
    """Logged in to the guide's API."""
    with logged_in(fresh.url, "guide") as client:
        yield client
