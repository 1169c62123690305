"""An address where nobody is, and a client that is refused: said soon, to whoever started the run by hand."""

from __future__ import annotations

import subprocess
import sys
import time

import httpx
import pytest
from prefect.settings import PREFECT_DEFAULT_RESULT_STORAGE_BLOCK, temporary_settings
from pydantic import SecretStr

from blocks import GenesysCredentials
from blocks.stored import load_block
from cli.prefect_api import reachable
from outreach.errors import NotSent, PrefectAway, SettingsError
from tests.flows.office import Office

SOON_SECONDS = 60.0
NOBODY = "http://127.0.0.1:9"


@pytest.fixture(params=["api_url", "login_url"])
def elsewhere(office: Office, request: pytest.FixtureRequest) -> Office:
    block = load_block(GenesysCredentials, office.name)
    setattr(block, request.param, NOBODY)
    block.save(office.name, overwrite=True)
    return office


def test_an_address_where_nobody_is_ends_the_run_soon(elsewhere: Office) -> None:
    began = time.monotonic()

    with pytest.raises(NotSent, match="check"):
        elsewhere.run(elsewhere.source(2))

    assert time.monotonic() - began < SOON_SECONDS
    assert elsewhere.genesys.truth()["count"] == 0


def test_a_wrong_secret_is_a_mistake_that_can_be_mended(office: Office) -> None:
    block = load_block(GenesysCredentials, office.name)
    block.client_secret = SecretStr("wrong")
    block.save(office.name, overwrite=True)
    names = [part for kind, name in office.names.items() for part in (f"--{kind}", name)]
    command = [sys.executable, "-m", "cli.main", "run", office.source(2), "--campaign", office.name, *names]

    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=office.folder)

    assert done.returncode == 2, done.stderr
    assert "client id or secret" in done.stderr


def test_a_block_for_results_that_there_is_not_is_named(prefect_api: str) -> None:
    wrong = {PREFECT_DEFAULT_RESULT_STORAGE_BLOCK: "local-file-system/nowhere"}
    with (
        temporary_settings(wrong),
        pytest.raises(SettingsError, match="no block local-file-system/nowhere for Prefect's results"),
        reachable(),
    ):
        pytest.fail("a run would have begun")


def test_a_refused_password_of_prefects_is_named(prefect_api: str) -> None:
    request = httpx.Request("GET", prefect_api)
    refused = httpx.Response(401, request=request)
    with pytest.raises(PrefectAway, match="PREFECT_API_AUTH_STRING"), reachable():
        raise httpx.HTTPStatusError("", request=request, response=refused)
