"""What comes of asking Prefect's API without Prefect: its answer, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.plain_api import PlainApi
from tests.support.byte_server import answer, serve_bytes


def test_an_answer_is_read_and_the_key_sent() -> None:
    with serve_bytes(answer(201, {"id": 1})) as server:
        api = PlainApi(f"{server.url}/api", {"Authorization": "Bearer pnu_1"})
        assert api.post("/flows/", {"name": "one"}) == {"id": 1}

    (seen,) = server.seen
    assert (seen.method, seen.path, seen.json()) == ("POST", "/api/flows/", {"name": "one"})
    assert {name.lower(): value for name, value in seen.headers.items()}["authorization"] == "Bearer pnu_1"


@pytest.mark.parametrize("status", [302, 307, 401, 404, 500])
def test_a_refusal_is_no_answer_and_a_redirect_is_not_followed(status: int) -> None:
    with serve_bytes(answer(status, {"id": 1}, {"Location": "/api/elsewhere"})) as server:
        assert PlainApi(f"{server.url}/api", {}).read("/flows/") is None

    assert len(server.seen) == 1


def test_a_file_is_no_api(tmp_path: Path) -> None:
    (tmp_path / "health").write_text("{}")
    assert PlainApi(f"file://{tmp_path}", {}).read("/health") is None
