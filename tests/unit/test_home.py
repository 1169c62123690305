from __future__ import annotations

import stat
from pathlib import Path

import pytest

from outreach.errors import SettingsError
from outreach.home import find_home, make_home


def test_home_is_one_place_of_the_user_wherever_one_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OUTREACH_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    assert find_home() == tmp_path / ".genesys-outreach"


def test_home_is_where_the_environment_says_and_for_its_owner_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("OUTREACH_HOME", "~/of/outreach")

    assert make_home() == tmp_path / "of" / "outreach"
    assert stat.S_IMODE(make_home().stat().st_mode) == 0o700


def test_a_home_that_depends_on_the_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_HOME", "here")

    with pytest.raises(SettingsError, match="not an absolute path"):
        find_home()


def test_a_home_that_cannot_be_made_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OUTREACH_HOME", str(tmp_path / "file" / "home"))

    with pytest.raises(SettingsError, match="cannot be made"):
        make_home()
