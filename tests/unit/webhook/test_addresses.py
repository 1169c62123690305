"""The address guard: the cases of Svix and Hook0, odd spellings, URLs that two parsers read differently."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.errors import WebhookError
from outreach.webhook.addresses import PRIVATE, refusal, vet
from outreach.webhook.target import parse_target

SVIX = """
10.254.0.0 192.168.10.65 172.16.10.65 0.1.2.3 0.0.0.0 127.0.0.1 169.254.45.1 255.255.255.255 192.0.2.255
198.51.100.65 203.0.113.6 100.100.0.0 192.0.0.0 192.0.0.255 250.10.20.30 198.18.0.0 192.88.99.1 224.0.0.1
::1 :: ::ffff:127.0.0.1 ::ffff:0.0.0.1 fe80::1 fc00::1 2001:db8::1 3fff::1 100::1 2002::1 64:ff9b::1
64:ff9b:1::1 5f00::1 ff02::1
"""

HOOK0 = """
0.0.0.0 127.0.0.1 10.0.0.1 172.16.5.4 192.168.1.1 100.64.0.1 169.254.1.1 169.254.169.254 192.88.99.1 224.0.0.1
239.255.255.250 255.255.255.255 ::1 :: 1::1 0:0:0:1::1 ff:ffff::1 fc00::1 fe80::1 ::ffff:127.0.0.1
::ffff:169.254.169.254 ::7f00:1 ::ffff:0:7f00:1 ::5efe:7f00:1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1
2002:7f00:1::1 2002:a9fe:a9fe::1 100::1 fec0::1 5f00::1 ff02::1 ff0e::1 2001::1 2001:1ff::1 2001:db8::1
3fff::1 3fff:fff::1
"""

METADATA = """
169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254
::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1
"""

OURS = """
2001:0:4136:e378:8000:63bf:3fff:fdd2 2606:4700::5efe:7f00:1 2606:4700::200:5efe:7f00:1 4000::1 a000::1
192.31.196.1 192.175.48.1 2620:4f:8000::1 ::ffff:8.8.8.8 64:ff9b::808:808 127.255.255.255 172.31.255.255
100.127.255.255
"""

PUBLIC = """
1.1.1.1 8.8.8.8 93.184.216.34 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 192.0.1.0 223.255.255.255
2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450:4001:81b::200e
"""


@pytest.mark.parametrize("text", [*SVIX.split(), *HOOK0.split(), *METADATA.split(), *OURS.split()])
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert refusal(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_a_public_address_is_accepted(text: str) -> None:
    assert vet([text]) == [text]


@pytest.mark.parametrize("text", ["127.0.0.1", "10.1.2.3", "192.168.1.1", "100.64.0.1", "::1", "fd12::1"])
def test_allow_private_admits_our_own_network(text: str) -> None:
    assert vet([text], allow_private=True) == [text]


@pytest.mark.parametrize(
    "text", [*METADATA.split(), "224.0.0.1", "0.0.0.0", "fe80::1", "192.0.2.1", "::ffff:10.0.0.1"]
)
def test_allow_private_does_not_admit_the_rest(text: str) -> None:
    with pytest.raises(WebhookError) as refused:
        vet([text], allow_private=True)
    assert refused.value.code == "E_INVALID_TARGET"


@pytest.mark.parametrize("others", [["10.0.0.1"], ["fe80::1"], ["64:ff9b::7f00:1"], ["::1", "1.1.1.1"]])
def test_one_private_address_spoils_the_whole_answer(others: list[str]) -> None:
    with pytest.raises(WebhookError, match="not a public address"):
        vet(["1.1.1.1", "2606:4700:4700::1111", *others])


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(WebhookError, match="no address"):
        vet([])


@given(st.ip_addresses(v=4).filter(lambda address: int(address) > 1))  # ::1 is loopback's own spelling
def test_no_ipv6_spelling_of_an_ipv4_address_is_accepted(address: IPv4Address) -> None:
    bits = int(address)
    for spelling in (
        bits,  # compatible
        0xFFFF << 32 | bits,  # mapped
        0xFFFF << 48 | bits,  # translated
        0x64FF9B << 96 | bits,  # NAT64
        0x64FF9B0001 << 80 | bits,  # NAT64, local use
        0x2002 << 112 | bits << 80 | 1,  # 6to4
        0x20010000 << 96 | bits ^ 0xFFFFFFFF,  # Teredo
        0x26064700 << 96 | 0x5EFE << 32 | bits,  # ISATAP
    ):
        assert refusal(IPv6Address(spelling), allow_private=True) not in {"", *PRIVATE - {"loopback"}}


GOOD = "https://crm.example.com/hooks?token=1"


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        (GOOD, "crm.example.com", 443, "/hooks?token=1"),
        ("https://CRM.Example.com.", "crm.example.com", 443, "/"),
        ("HTTPS://crm.example.com:8443?x=/y", "crm.example.com", 8443, "/?x=/y"),
        ("https://xn--mller-kva.example/", "xn--mller-kva.example", 443, "/"),
        ("https://1.1.1.1/", "1.1.1.1", 443, "/"),
        ("https://[2606:4700:4700:0::1111]/", "2606:4700:4700::1111", 443, "/"),
        ("https://a_b.example.com/%2e%2e/", "a_b.example.com", 443, "/%2e%2e/"),
    ],
)
def test_an_acceptable_url_is_read(url: str, host: str, port: int, path: str) -> None:
    target = parse_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_the_label_leaves_out_what_may_be_a_token() -> None:
    assert parse_target("https://crm.example.com:8443/secret?token=1").label == "https://crm.example.com:8443"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://crm.example.com/", "allow_private"),
        ("ftp://crm.example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("gopher://127.0.0.1:25/x", "https://"),
        ("//crm.example.com/", "not a URL"),
        ("crm.example.com", "not a URL"),
        ("https:crm.example.com", "not a URL"),
        ("", "not a URL"),
        ("https://", "not a valid name"),
        ("https:///path", "not a valid name"),
        ("https://crm.example.com/#part", "fragment"),
        ("https://user@crm.example.com/", "user name"),
        ("https://user:pass@crm.example.com/", "user name"),
        ("https://1.1.1.1@127.0.0.1/", "user name"),
        ("https://1.1.1.1:80@127.0.0.1:443/", "user name"),
        ("https://1.1.1.1\\@127.0.0.1/", "backslash"),
        ("https://1.1.1.1 @127.0.0.1/", "space"),
        ("https://crm.example.com/a b", "space"),
        ("https://crm.example.com/\r\nHost: x", "space"),
        ("\thttps://crm.example.com/", "space"),
        ("https://crm.exa\x00mple.com/", "control"),
        ("https://münchen.example/", "xn--"),
        ("https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "xn--"),
        ("https://127。0。0。1/", "xn--"),
        ("https://ⓔxample.com/", "xn--"),
        ("https://%31%32%37.0.0.1/", "four decimal"),
        ("https://crm%2eexample.com/", "not a valid name"),
        ("https://[fe80::1%25eth0]/", "zone id"),
        ("https://[fe80::1%eth0]/", "zone id"),
        ("https://[::1", "cannot be read"),
        ("https://[v1.x]/", "IPv6"),
        ("https://[127.0.0.1]/", "IPv6"),
        ("https://::1/", "cannot be read"),
        ("https://crm..example.com/", "not a valid name"),
        ("https://-crm.example.com/", "not a valid name"),
        ("https://" + "a" * 64 + ".com/", "not a valid name"),
        ("https://" + "a." * 130 + "com/", "not a valid name"),
        ("https://crm.example.com:/", "cannot be read"),
        ("https://crm.example.com:443:443/", "cannot be read"),
        ("https://crm.example.com:+443/", "cannot be read"),
        ("https://crm.example.com:0/", "port 0"),
        ("https://crm.example.com:22/", "port 22"),
        ("https://crm.example.com:99999/", "port 99999"),
        ("https://crm.example.com/" + "x" * 2048, "longer"),
        ("https://0177.0.0.1/", "four decimal"),
        ("https://0x7f.0.0.1/", "four decimal"),
        ("https://2130706433/", "four decimal"),
        ("https://0x7f000001/", "four decimal"),
        ("https://127.1/", "four decimal"),
        ("https://127.0.0.1./", "loopback"),
        ("https://127.000.000.001/", "four decimal"),
        ("https://1.1.1.256/", "four decimal"),
        ("https://1.1.1.1.1/", "four decimal"),
        ("https://crm.example.0x/", "four decimal"),
        ("https://127.0.0.1/", "loopback"),
        ("https://[::1]/", "loopback"),
        ("https://[::ffff:127.0.0.1]/", "IPv4-mapped"),
        ("https://[0:0:0:0:0:ffff:7f00:1]/", "IPv4-mapped"),
        ("https://[::127.0.0.1]/", "IPv4-compatible"),
        ("https://[64:ff9b::127.0.0.1]/", "NAT64"),
        ("https://169.254.169.254/latest/meta-data/", "metadata"),
    ],
)
def test_a_url_that_is_not_acceptable_is_refused_in_a_sentence(url: str, problem: str) -> None:
    with pytest.raises(WebhookError, match=problem) as refused:
        parse_target(url)
    assert refused.value.code == "E_INVALID_TARGET"
    assert str(refused.value).endswith(".")
    assert "pass@" not in str(refused.value)


def test_allow_private_admits_http_any_port_and_private_addresses() -> None:
    target = parse_target("http://192.168.1.5:81/hooks", allow_private=True)
    assert (target.scheme, target.host, target.port) == ("http", "192.168.1.5", 81)
