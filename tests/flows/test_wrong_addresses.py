"""An address where nobody is, and a client that is refused: said soon, to whoever started the run by hand."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from pydantic import SecretStr

from blocks import GenesysCredentials
from blocks.stored import load_block
from outreach.errors import NotSent
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
