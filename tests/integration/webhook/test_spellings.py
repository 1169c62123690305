"""A thousand odd spellings of internal addresses, and a thousand URLs as other parsers read them."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, ip_address
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.errors import WebhookError
from outreach.webhook.addresses import refusal
from outreach.webhook.target import parse_target


def _dotted(template: str) -> Callable[[int], str]:
    return lambda bits: ".".join(format(bits >> shift & 255, template) for shift in (24, 16, 8, 0))


SPELLINGS: tuple[Callable[[int], str], ...] = (
    _dotted("d"),
    _dotted("04o"),
    _dotted("#x"),
    _dotted("#X"),
    _dotted("03d"),
    str,
    lambda bits: f"{bits:#x}",
    lambda bits: f"0{bits:o}",
    lambda bits: f"{bits >> 24}.{bits & 0xFFFFFF}",
    lambda bits: f"{bits >> 24}.{bits >> 16 & 255}.{bits & 0xFFFF}",
    lambda bits: f"{_dotted('d')(bits)}.",
    lambda bits: "".join(f"%{ord(character):02x}" for character in _dotted("d")(bits)),
    lambda bits: _dotted("d")(bits).translate({ord(str(n)): 0xFF10 + n for n in range(10)}),
    lambda bits: f"1.1.1.1@{_dotted('d')(bits)}",
    lambda bits: f"crm.example.com:443@{_dotted('d')(bits)}",
    lambda bits: f"{_dotted('d')(bits)}\\@crm.example.com",
    lambda bits: f"{_dotted('d')(bits)}\t",
    lambda bits: f"[::ffff:{_dotted('d')(bits)}]",
    lambda bits: f"[::{_dotted('d')(bits)}]",
    lambda bits: f"[64:ff9b::{_dotted('d')(bits)}]",
    lambda bits: f"[::ffff:0:{_dotted('d')(bits)}]",
    lambda bits: f"[::FFFF:{bits >> 16:X}:{bits & 0xFFFF:04X}]",
    lambda bits: f"[0:0:0:0:0:ffff:{bits >> 16:x}:{bits & 0xFFFF:x}]",
    lambda bits: f"[2002:{bits >> 16:x}:{bits & 0xFFFF:x}::1]",
    lambda bits: f"[fe80::5efe:{_dotted('d')(bits)}]",
    lambda bits: f"[2606:4700::5efe:{_dotted('d')(bits)}]",
    lambda bits: f"[fe80::{bits:x}%25eth0]" if bits < 0x10000 else f"[fe80::{bits >> 16:x}%eth0]",
)

INTERNAL = st.sampled_from(
    [
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "100.64.0.0/10",
        "0.0.0.0/8",
    ]
).flatmap(lambda network: st.ip_addresses(v=4, network=network))


@settings(max_examples=1000, deadline=None)
@given(
    INTERNAL, st.sampled_from(SPELLINGS), st.sampled_from(["", ":443", ":8443"]), st.sampled_from(["", "/x"])
)
def test_no_spelling_of_an_internal_address_is_accepted(
    address: IPv4Address, spell: Callable[[int], str], port: str, path: str
) -> None:
    with pytest.raises(WebhookError):
        parse_target(f"https://{spell(int(address))}{port}{path}")


TRICKY = st.text(alphabet="ab1270.:/\\@#?%[]-_xX e\u3002\uff0e\u0131", max_size=24)


@settings(max_examples=1000, deadline=None)
@given(TRICKY)
def test_what_is_accepted_reads_the_same_to_other_parsers(rest: str) -> None:
    url = f"https://{rest}"
    try:
        target = parse_target(url)
    except WebhookError:
        return
    for host in (httpx.URL(url).host, urlsplit(url).hostname or ""):
        assert host.removesuffix(".") in {target.host, target.host.lower()} or (
            target.is_address and ip_address(host.removesuffix(".")) == ip_address(target.host)
        )
    if target.is_address:
        assert not refusal(ip_address(target.host))
