"""The only Prefect harness: one real server and one emulator for all of it, an office for each test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.context import SyncClientContext
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from cli.processes import prefect_server
from tests.flows.office import Office
from tests.support.emulation import UNLIMITED, emulator
from tests.support.emulator_server import EmulatorServer


@pytest.fixture(scope="session")
def prefect_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        prefect_server(tmp_path_factory.mktemp("prefect")) as api,
        # A flow waits up to a second for its heart to stop; a client takes as long to make as to ask twice.
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        SyncClientContext.get_or_create(),
    ):
        yield api


@pytest.fixture(scope="session")
def organisation() -> Iterator[EmulatorServer]:
    with emulator() as server:
        yield server


@pytest.fixture
def genesys(organisation: EmulatorServer) -> EmulatorServer:
    organisation.reset()
    organisation.configure(**UNLIMITED)
    return organisation


@pytest.fixture
def office(
    prefect_api: str, genesys: EmulatorServer, tmp_path: Path, request: pytest.FixtureRequest
) -> Office:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-60:].strip("-")
    made = Office(name, prefect_api, genesys, tmp_path)
    made.save_blocks()
    return made
