from __future__ import annotations

from pathlib import Path

import pytest

from outreach.errors import LedgerError
from outreach.ledger.place import read_url, refuse_passing, refuse_relative


@pytest.mark.parametrize(
    "url",
    [
        "**********",
        "postgresql://me:**********@host/name",
        "outreach.db",
        "",
        "mysql://host/name",
        "https://host/ledger.db",
    ],
)
def test_what_cannot_be_a_ledgers_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(LedgerError, match=r"not one that can be opened.*sqlite:////") as refused:
        read_url(url)

    assert not url or url not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////var/lib/outreach/ledger.db",
        "postgresql://me:p%40ss@host/name",
        "postgresql+psycopg:///name?host=/run/here",
    ],
)
def test_a_ledgers_url_is_taken_as_it_is(url: str) -> None:
    assert read_url(f" {url}\n") == url


def test_a_path_below_the_users_home_is_written_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert read_url("sqlite:///~/ledger.db") == f"sqlite:///{tmp_path}/ledger.db"


@pytest.mark.parametrize(
    "url", ["sqlite:///outreach.db", "sqlite:///./out/ledger.db", "sqlite+pysqlite:///a.db"]
)
def test_a_path_that_is_another_file_in_every_folder_is_refused(url: str) -> None:
    with pytest.raises(LedgerError, match=r"relative.*four slashes"):
        refuse_relative(url)


def test_an_absolute_path_and_a_server_are_one_ledger_everywhere() -> None:
    refuse_relative("sqlite:////var/lib/outreach/ledger.db")
    refuse_relative("postgresql://me@host/name")


def test_a_run_in_a_cluster_begins_no_ledger_that_may_go_with_its_pod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    refuse_passing(url)

    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    refuse_passing("postgresql://me@host/name")
    with pytest.raises(LedgerError, match="go with its pod"):
        refuse_passing(url)

    (tmp_path / "ledger.db").touch()  # on a volume that stays
    refuse_passing(url)
