"""Which network addresses a webhook may go to: public ones, checked after the name was resolved.

An address that a stranger may put into a setting must not reach our own network: not under its own name, not
as an IPv6 spelling of an IPv4 address, not through a name that resolves to it. IPv6 is public only inside
`2000::/3`, so every mapped, compatible, translated (NAT64), ISATAP and unallocated form is refused with the
block that it lies in, and 6to4 and Teredo with theirs. One refused address refuses the whole answer: a
name that leads to a public and to a private address is an attack or a mistake.

`allow_private` admits what an on-premise receiver lives in (loopback, private, shared and unique local), and
nothing else of the table: cloud metadata stays out.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from outreach.errors import WebhookError

Address = IPv4Address | IPv6Address

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to addresses, as text. Raises OSError when the name cannot be looked up."""

PRIVATE = frozenset({"loopback", "private", "shared (carrier NAT)", "unique local"})
"""The kinds that `allow_private` admits."""

_KINDS = (
    ("168.63.129.16/32", "cloud metadata"),  # Azure's, in the middle of public space
    ("100.100.100.200/32", "cloud metadata"),  # Alibaba's, in the shared block that may be admitted
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared (carrier NAT)"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local (cloud metadata)"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignment"),
    ("192.0.2.0/24", "documentation"),
    ("192.31.196.0/24", "AS112"),
    ("192.52.193.0/24", "relay"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "AS112"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("fd00:ec2::254/128", "cloud metadata"),  # AWS', among unique local ones, which may be admitted
    ("fd20:ce::254/128", "cloud metadata"),  # Google's, likewise
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("::ffff:0:0:0/96", "IPv4-translated"),
    ("64:ff9b::/32", "NAT64"),
    ("::/8", "IPv4-compatible or unallocated"),
    ("100::/64", "discard"),
    ("2001::/32", "Teredo"),
    ("2001::/23", "protocol assignment"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "AS112"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "unique local"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_TABLE = tuple((ip_network(network), kind) for network, kind in _KINDS)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# In the middle of an address: what follows is an IPv4 address, and may be a private one.
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def refusal(address: Address, *, allow_private: bool = False) -> str:
    """The kind of address that must not be contacted, "" when it may be."""
    kind = _kind(address)
    return "" if allow_private and kind in PRIVATE else kind


def _kind(address: Address) -> str:
    # The first that matches names it, so single hosts stand above the blocks around them.
    for network, kind in _TABLE:
        if address.version == network.version and address in network:
            return kind
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL_UNICAST:
            return "unallocated"
        if (int(address) >> 32) & 0xFFFFFFFF in _ISATAP:
            return "ISATAP"
    return ""


def vet(found: Sequence[str], *, allow_private: bool = False) -> list[str]:
    """The addresses, in their order, all of them fit to connect to; raises WebhookError E_INVALID_TARGET."""
    if not found:
        raise WebhookError("E_INVALID_TARGET", "The webhook's host has no address.")
    for text in found:
        kind = refusal(ip_address(text), allow_private=allow_private)
        if kind:
            raise WebhookError("E_INVALID_TARGET", _sentence(text, kind))
    return list(dict.fromkeys(found))


def _sentence(text: str, kind: str) -> str:
    advice = " For a receiver in your own network set allow_private." if kind in PRIVATE else ""
    return f"The webhook's host leads to {text}, which is not a public address ({kind}).{advice}"


def resolve(host: str, port: int) -> list[str]:
    """Look a name up by the system's resolver: all its addresses, in their order."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(sockaddr[0]) for *_, sockaddr in answers]
