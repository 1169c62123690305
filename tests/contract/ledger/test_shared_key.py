"""A shared ledger and two machines, each with its home: what one makes the other opens, or is told how to."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks import ContactLedger
from outreach.clock import SystemClock
from outreach.errors import WrongKey
from outreach.genesys.http.auth import SealedToken
from outreach.ledger.opening import open_ledger
from outreach.ledger.suppressions import find_suppressed, suppress
from outreach.operations.preflight import Check, Targets, check_ledger
from tests.support.ledgers import KEY
from tests.support.postgres import Postgres

pytestmark = pytest.mark.postgres

NUMBER = "+13175550001"
VARIABLE = "OUTREACH_LEDGER_KEY"
Machine = Callable[..., None]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    """Steps over to the machine of that name: its own home, and what its environment has."""

    def step_over(name: str, **environment: str) -> None:
        for variable in (VARIABLE, "OUTREACH_HOME"):
            monkeypatch.delenv(variable, raising=False)
        for variable, value in {"HOME": str(tmp_path / name), **environment}.items():
            monkeypatch.setenv(variable, value)

    return step_over


def suppress_at(url: str) -> None:
    with open_ledger(url) as ledger:
        suppress(ledger, [NUMBER], source="test", reason="")


def knows(url: str) -> bool:
    with open_ledger(url) as ledger:
        return find_suppressed(ledger, [NUMBER]) == {NUMBER}


def keys_below(folder: Path) -> list[Path]:
    return list(folder.rglob("*.key"))


def found(url: str, key: str | None = None) -> list[Check]:
    """What preflight says of the ledger."""
    block = ContactLedger(url=url, key=key)

    def nobody() -> SealedToken:
        raise NotImplementedError

    def nothing(token: str) -> contextlib.nullcontext[None]:
        return contextlib.nullcontext()

    means = Targets(lambda: block.open("preflight"), nobody, nothing, None, 0, SystemClock())  # type: ignore[arg-type]  # only the ledger is asked
    return list(check_ledger(means))


def test_a_key_of_the_environment_opens_it_on_every_machine_and_lies_on_none(
    server: Postgres, machine: Machine, tmp_path: Path
) -> None:
    url = server.new_ledger()
    machine("first", **{VARIABLE: f"{KEY}\n"})
    suppress_at(url)

    machine("second", **{VARIABLE: KEY})

    assert knows(url)
    assert [each.level.value for each in found(url) if each.name != "time zones"] == ["OK"]
    assert keys_below(tmp_path) == []


def test_a_key_of_the_block_counts_before_that_of_the_environment(server: Postgres, machine: Machine) -> None:
    url = server.new_ledger()
    machine("first", **{VARIABLE: "the key of quite another ledger"})
    with ContactLedger(url=url, key=KEY).open("test") as ledger:
        suppress(ledger, [NUMBER], source="test", reason="")

    machine("second", **{VARIABLE: KEY})

    assert knows(url)


def test_while_a_key_of_the_environment_changes_the_block_keeps_the_earlier(
    server: Postgres, machine: Machine
) -> None:
    url, earlier = server.new_ledger(), "the earlier key of the ledger"
    with open_ledger(url, keys=[earlier]) as ledger:
        suppress(ledger, [NUMBER], source="test", reason="")

    machine("first", **{VARIABLE: KEY})

    with ContactLedger(url=url, previous_keys=[earlier]).open("test") as ledger:
        assert find_suppressed(ledger, [NUMBER]) == {NUMBER}


def test_a_key_that_is_made_on_one_machine_is_said_when_it_is_made_and_by_preflight(
    server: Postgres, machine: Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = server.new_ledger()
    machine("first")
    with caplog.at_level(logging.WARNING, "outreach.ledger"):
        suppress_at(url)

    [file] = keys_below(tmp_path / "first")
    assert str(file) in caplog.text
    assert VARIABLE in caplog.text
    assert file.read_text().strip() not in caplog.text
    [key] = [check for check in found(url) if check.name == "ledger key"]
    assert (key.name, key.level.value) == ("ledger key", "WARN")
    assert str(file) in key.what
    assert VARIABLE in key.advice


def test_a_second_machine_without_the_key_is_told_where_it_lies_and_where_to_put_it(
    server: Postgres, machine: Machine, tmp_path: Path
) -> None:
    url = server.new_ledger()
    machine("first")
    suppress_at(url)
    [file] = keys_below(tmp_path / "first")

    machine("second")
    with pytest.raises(WrongKey) as raised, open_ledger(url):
        pass

    assert VARIABLE in str(raised.value)
    assert file.name in str(raised.value)
    assert "on the machine that made" in str(raised.value).lower()
    assert keys_below(tmp_path / "second") == []
    machine("second", **{VARIABLE: file.read_text()})
    assert knows(url)


def test_the_file_of_a_shared_ledgers_key_lies_in_outreach_home_and_the_earlier_place_still_counts(
    server: Postgres, machine: Machine, tmp_path: Path
) -> None:
    url, volume = server.new_ledger(), tmp_path / "volume"
    machine("first", OUTREACH_HOME=str(volume))
    suppress_at(url)
    [file] = keys_below(volume)

    earlier = tmp_path / "second" / ".genesys-outreach" / file.name
    earlier.parent.mkdir(parents=True)
    file.rename(earlier)
    machine("second", OUTREACH_HOME=str(volume))

    assert knows(url)
    assert keys_below(volume) == []


def test_the_environments_key_is_not_that_of_a_ledger_which_is_a_file(
    machine: Machine, tmp_path: Path
) -> None:
    machine("first", **{VARIABLE: "the key of quite another ledger"})
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    suppress_at(url)

    machine("first")

    assert knows(url)
