"""A webhook's URL, read strictly: what two parsers could read differently is refused, never guessed.

Refused, each with its own sentence: other schemes, user names and passwords, fragments, spaces, control and
non-ASCII characters, backslashes, percent signs in the host (zone ids among them), IPv4 in octal, in
hexadecimal, as one number or cut short, and ports where no web server listens.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from outreach.errors import WebhookError
from outreach.webhook.addresses import vet

LONGEST_URL = 2048

_URL = re.compile(r"(?P<scheme>[A-Za-z]+)://(?P<authority>[^/?#]*)(?P<rest>[^#]*)\Z")
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?\Z")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\Z")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)\Z")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes. `host` is a name in lower case or an address; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str
    is_address: bool

    @property
    def authority(self) -> str:
        """Host and port as the Host header wants them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.scheme) else f"{host}:{self.port}"

    @property
    def label(self) -> str:
        """Safe to log: the path and the query may hold a token, so they are left out."""
        return f"{self.scheme}://{self.authority}"


def parse_target(url: str, *, allow_private: bool = False) -> Target:
    """Read a webhook's URL; raises WebhookError E_INVALID_TARGET with what is wrong and what to do."""
    _check_characters(url)
    parts = _URL.match(url)
    if not parts:
        raise _invalid("is not a URL like https://crm.example.com/webhooks, without a fragment")
    scheme = parts["scheme"].lower()
    _check_scheme(scheme, allow_private=allow_private)
    host, port = _split_authority(parts["authority"], scheme, allow_private=allow_private)
    name, is_address = _canonical_host(host)
    if is_address:
        vet([name], allow_private=allow_private)  # said at once; a name is vetted at each connection
    rest = parts["rest"]
    return Target(scheme, name, port, rest if rest.startswith("/") else f"/{rest}", is_address)


def _check_characters(url: str) -> None:
    if len(url) > LONGEST_URL:
        raise _invalid(f"is longer than {LONGEST_URL} characters")
    if not url.isascii():
        raise _invalid("has characters outside ASCII; write an international host in its xn-- form")
    if any(character <= " " or character in "\\\x7f" for character in url):
        raise _invalid("has a space, a backslash or a control character")


def _check_scheme(scheme: str, *, allow_private: bool) -> None:
    if scheme == "http" and not allow_private:
        raise _invalid("must begin with https://; http is for receivers in your own network (allow_private)")
    if scheme not in {"http", "https"}:
        raise _invalid("must begin with https://")


def _split_authority(authority: str, scheme: str, *, allow_private: bool) -> tuple[str, int]:
    if "@" in authority:
        raise _invalid("must not hold a user name or password; the signature proves who sends")
    parts = _AUTHORITY.match(authority)
    if not parts:
        raise _invalid("has a host or port that cannot be read")
    port = int(parts["port"]) if parts["port"] else _default_port(scheme)
    # Below 1024 mail, SSH and the like listen: a webhook must not talk to them.
    if not (0 < port < 65536 and (allow_private or port == 443 or port >= 1024)):
        raise _invalid(f"names port {port}; allowed are 443 and 1024 to 65535")
    return parts["host"], port


def _canonical_host(host: str) -> tuple[str, bool]:
    if host.startswith("["):
        return _canonical_ipv6(host[1:-1]), True
    name = host.lower().removesuffix(".")  # the same host, but no certificate names it so
    labels = name.split(".")
    if _NUMBER.match(labels[-1]):  # as browsers decide it: 0x7f.1 is an address
        return _canonical_ipv4(name), True
    if len(name) > 253 or not all(_LABEL.match(label) for label in labels):
        raise _invalid("has a host that is not a valid name")
    return name, False


def _canonical_ipv6(text: str) -> str:
    if "%" in text:
        raise _invalid("has a zone id in its address; a receiver on one link only cannot be used")
    try:
        return str(IPv6Address(text))
    except AddressValueError:
        raise _invalid("has a host that is not a valid IPv6 address") from None


def _canonical_ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        raise _invalid("has a numeric host that is not four decimal numbers like 192.0.2.1") from None


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _invalid(problem: str) -> WebhookError:
    return WebhookError("E_INVALID_TARGET", f"The webhook's URL {problem}.")
