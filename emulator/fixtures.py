"""Fixtures for the tests of any project: `pytest_plugins = ["emulator.fixtures"]` in its conftest.py.

def test_mine(genesys: EmulatorThread) -> None:
    mine(api_url=genesys.url, login_url=genesys.url, client_id="demo", client_secret="demo")
    assert genesys.truth()["count"] == 1
"""

from collections.abc import Iterator

import pytest

from emulator.client import EmulatorThread

_UNLIMITED = {"requests_per_minute": None, "creations_per_minute": None, "token_requests_per_minute": None}


@pytest.fixture
def genesys() -> Iterator[EmulatorThread]:
    """A Genesys Cloud of the test's own, without limits until `configure` sets them."""
    with EmulatorThread(_UNLIMITED) as running:
        yield running
