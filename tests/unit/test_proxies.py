"""Which proxy the environment names for an address."""

from __future__ import annotations

import pytest

from outreach.connections import environment_proxy


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("name", "value", "proxy"),
    [
        ("https_proxy", "http://proxy.internal:3128", "http://proxy.internal:3128"),
        ("HTTPS_PROXY", "http://proxy.internal:3128", "http://proxy.internal:3128"),
        ("all_proxy", "http://proxy.internal:3128", "http://proxy.internal:3128"),
        ("https_proxy", "proxy.internal:3128", "http://proxy.internal:3128"),
        ("http_proxy", "http://proxy.internal:3128", None),
    ],
)
def test_it_is_the_one_for_the_scheme(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, proxy: str | None
) -> None:
    monkeypatch.setenv(name, value)
    assert environment_proxy("https://api.mypurecloud.com/api/v2") == proxy


@pytest.mark.parametrize("excepted", ["mypurecloud.com", ".mypurecloud.com", "api.mypurecloud.com:443", "*"])
def test_no_proxy_excepts_hosts(monkeypatch: pytest.MonkeyPatch, excepted: str) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.internal:3128")
    monkeypatch.setenv("no_proxy", excepted)
    assert environment_proxy("https://api.mypurecloud.com:443/") is None
    assert environment_proxy("https://elsewhere.example.com/") == (
        None if excepted == "*" else "http://proxy.internal:3128"
    )
