"""The emulator for others: a fixture in a foreign project, and a state that outlives its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from emulator.client import EmulatorServer
from emulator.state.organisation import Organisation
from emulator.state.saving import Unreadable, load, save
from emulator.state.settings import Settings

PROJECT = {
    "conftest.py": 'pytest_plugins = ["emulator.fixtures"]\n',
    "test_mine.py": """
import urllib.request

def test_nobody_was_reached(genesys):
    form = b"grant_type=client_credentials"
    who = {"Authorization": "Basic ZGVtbzpkZW1v"}
    login = urllib.request.Request(genesys.url + "/oauth/token", form, who)
    assert b"access_token" in urllib.request.urlopen(login).read()
    assert genesys.truth()["count"] == 0
""",
}


def test_a_foreign_project_of_ten_lines_uses_the_fixture(tmp_path: Path) -> None:
    for name, text in PROJECT.items():
        (tmp_path / name).write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        str(tmp_path),
    ]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def log_in(url: str) -> dict[str, str]:
    form = {"grant_type": "client_credentials"}
    answer = httpx.post(f"{url}/oauth/token", data=form, auth=("demo", "demo"), trust_env=False)
    return {"Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}


def test_a_saved_state_goes_on_in_another_process(tmp_path: Path) -> None:
    file = tmp_path / "org.state"
    contact = {"firstName": "Ada", "workEmail": "ada@example.com"}
    with EmulatorServer({"seed": 7}, state=file) as first:
        token = log_in(first.url)
        url = f"{first.url}/api/v2/externalcontacts/contacts"
        made = httpx.post(url, json=contact, headers=token, trust_env=False).raise_for_status().json()
        first.advance(3600)
        before = first.state()

    with EmulatorServer(state=file) as second:
        found = httpx.get(
            f"{second.url}/api/v2/externalcontacts/contacts/{made['id']}",
            headers=log_in(second.url),
            trust_env=False,
        )
        after = second.state()

    assert found.json()["workEmail"] == "ada@example.com"
    assert after["contacts"] == before["contacts"] == {"platform": 1, "guide": 0}
    assert after["now"] >= before["now"]


def test_a_file_that_is_no_state_is_refused_in_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "org.state"
    file.write_text("hello")

    with pytest.raises(Unreadable, match="holds no state of this version"):
        load(file)


def test_what_was_saved_is_what_is_read(tmp_path: Path) -> None:
    org = Organisation(Settings().merged({"seed": 3}))
    save(org, tmp_path / "org.state")

    assert load(tmp_path / "org.state").new_id() == org.new_id()
