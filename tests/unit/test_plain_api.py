"""Prefect's settings are read without Prefect only where they say nothing that Prefect alone understands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.plain_api import find_plain_api, read_plain_settings

HERE = "http://127.0.0.1:4200/api"


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Prefect is not loaded, and nothing is set."""
    monkeypatch.delitem(sys.modules, "prefect.settings", raising=False)
    for name in [name for name in os.environ if name.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def write_profile(folder: Path, *lines: str) -> None:
    home = folder / "home"
    home.mkdir()
    (home / "profiles.toml").write_text("\n".join(['active = "mine"', "[profiles.mine]", *lines]))


def test_nothing_set_is_no_api() -> None:
    assert (read_plain_settings() or {}).get("PREFECT_API_URL", "none") == "none"
    assert find_plain_api() is None


def test_the_environment_names_the_api_and_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", f"{HERE}/")
    monkeypatch.setenv("PREFECT_API_KEY", "pnu_1")
    api = find_plain_api()
    assert api is not None
    assert (api.url, api.headers) == (HERE, {"Authorization": "Bearer pnu_1"})


def test_a_password_goes_before_a_key_as_with_prefect(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"URL": HERE, "KEY": "pnu_1", "AUTH_STRING": "me:you"}.items():
        monkeypatch.setenv(f"PREFECT_API_{name}", value)
    api = find_plain_api()
    assert api is not None
    assert api.headers == {"Authorization": "Basic bWU6eW91"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Prefect reads profiles there")
def test_the_environment_goes_before_the_active_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_profile(tmp_path, 'PREFECT_API_URL = "http://elsewhere/api"', 'PREFECT_API_KEY = "pnu_2"')
    monkeypatch.setenv("PREFECT_API_URL", HERE)
    api = find_plain_api()
    assert api is not None
    assert (api.url, api.headers) == (HERE, {"Authorization": "Bearer pnu_2"})


@pytest.mark.parametrize(
    "name",
    [
        "PREFECT_API_SSL_CERT_FILE",
        "PREFECT_API_TLS_INSECURE_SKIP_VERIFY",
        "PREFECT_CLIENT_CUSTOM_HEADERS",
        "PREFECT_PROFILE",
        "PREFECT_PROFILES_PATH",
        "prefect_api_url",
        "PREFECT_OF_TOMORROW",
    ],
)
def test_a_setting_that_may_change_a_request_is_left_to_prefect(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", HERE)
    monkeypatch.setenv(name, "1")
    assert read_plain_settings() is None
    assert find_plain_api() is None


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("prefect.toml", ""),
        ("pyproject.toml", "[tool.prefect.api]"),
        (".env", "PREFECT_API_URL=http://elsewhere/api"),
        ("home/profiles.toml", "active = ["),
        ("home/profiles.toml", 'active = "mine"'),
        ("home/profiles.toml", 'active = "mine"\n[profiles.mine]\nPREFECT_CLIENT_CUSTOM_HEADERS = "{}"'),
    ],
)
def test_a_file_with_settings_is_left_to_prefect(
    file: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", HERE)
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert read_plain_settings() is None


def test_a_project_file_without_settings_of_prefect_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('dependencies = ["prefect>=3"]')
    assert read_plain_settings() is not None


def test_where_prefect_is_loaded_it_is_asked_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prefect.settings", sys)
    assert read_plain_settings() is None


def test_an_address_that_answers_nothing_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://127.0.0.1:9/api", "no address", "ftp://127.0.0.1/api"):
        monkeypatch.setenv("PREFECT_API_URL", url)
        api = find_plain_api()
        assert api is not None
        assert api.read("/health") is None


def test_what_the_command_sets_for_prefect_leaves_the_api_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", HERE)
    code = "import cli.main as m, cli.plain_api as p; m._start(['--version']); print(p.find_plain_api().url)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    # Else each `proof` loads Prefect: 1.2 seconds in place of 0.4.
    assert run.stdout.split()[-1] == HERE, run.stderr
