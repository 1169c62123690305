"""Hosts by region, and addresses that no secret is sent to."""

from __future__ import annotations

import pytest

from outreach.errors import SettingsError
from outreach.genesys.http.hosts import check_url, guide_hosts, platform_hosts
from outreach.genesys.opening import Account


@pytest.mark.parametrize("region", ["us-east-1", "us_east_1", " US-East-1 "])
def test_both_spellings_name_one_region(region: str) -> None:
    assert platform_hosts(region).api == "https://api.mypurecloud.com"


def test_an_unknown_region_names_the_choices() -> None:
    with pytest.raises(SettingsError, match="eu-central-1"):
        platform_hosts("moon-base-1")


@pytest.mark.parametrize("org_id", [None, "", "acme.evil", "a/b", "-acme", "a" * 64, "acme\n"])
def test_an_organisation_that_is_no_host_name_is_refused(org_id: str | None) -> None:
    with pytest.raises(SettingsError, match="org_id"):
        guide_hosts(org_id)


def test_the_guide_has_one_host_per_organisation() -> None:
    assert guide_hosts("acme").login == guide_hosts("acme").api == "https://acme.mypurecloud.com"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com",
        "ftp://api.example.com",
        "api.example.com",
        "https://user:secret@api.example.com",
        "https://api.example.com?token=x",
        "https://api.example.com#x",
        "http://localhost.example.com",
        "",
    ],
)
def test_an_address_that_would_show_the_secret_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        check_url(url)


@pytest.mark.parametrize(
    "url", ["https://api.example.com/", "http://127.0.0.1:8780", "http://localhost:8780", "http://[::1]:8780"]
)
def test_https_and_this_machine_are_fine(url: str) -> None:
    assert check_url(url) == url.rstrip("/")


def test_one_url_serves_for_login_and_api() -> None:
    account = Account(client_id="id", client_secret="secret", api_url="http://127.0.0.1:1")

    assert account.hosts().login == "http://127.0.0.1:1"
