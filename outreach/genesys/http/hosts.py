"""Which hosts serve which region (platform fact sheet 1.1), and which addresses we agree to talk to."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from outreach.errors import SettingsError

DOMAINS = {
    "us-east-1": "mypurecloud.com",
    "us-east-2": "use2.us-gov-pure.cloud",
    "us-west-2": "usw2.pure.cloud",
    "ca-central-1": "cac1.pure.cloud",
    "mx-central-1": "mxc1.pure.cloud",
    "sa-east-1": "sae1.pure.cloud",
    "eu-west-1": "mypurecloud.ie",
    "eu-west-2": "euw2.pure.cloud",
    "eu-central-1": "mypurecloud.de",
    "eu-central-2": "euc2.pure.cloud",
    "eusc-de-east-1": "edee1.eusc-pure.cloud",
    "me-central-1": "mec1.pure.cloud",
    "ap-south-1": "aps1.pure.cloud",
    "ap-southeast-1": "apse1.pure.cloud",
    "ap-southeast-2": "mypurecloud.com.au",
    "ap-northeast-1": "mypurecloud.jp",
    "ap-northeast-2": "apne2.pure.cloud",
    "ap-northeast-3": "apne3.pure.cloud",
}
"""AWS region to domain. `us_east_1`, the SDK's spelling, is understood too."""

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where to log in and where the API is: `https://host`, without a slash at the end."""

    login: str
    api: str


def platform_hosts(region: str) -> Hosts:
    """The two hosts of a region. Raises SettingsError."""
    domain = DOMAINS[region_of(region)]
    return Hosts(f"https://login.{domain}", f"https://api.{domain}")


def region_of(text: str) -> str:
    """The AWS region that a name, a domain or a URL speaks of. Raises SettingsError."""
    name = text.strip().lower().replace("_", "-")
    host = name.rpartition("://")[2].partition("/")[0].partition(":")[0]
    for region, domain in DOMAINS.items():
        if name == region or host == domain or host.endswith(f".{domain}"):
            return region
    raise SettingsError(f"There is no region {text[:100]!r}.", f"Choose one of: {', '.join(DOMAINS)}.")


def guide_hosts(org_id: str | None) -> Hosts:
    """The guide's one host per organisation. Raises SettingsError."""
    if not org_id or not _LABEL.match(org_id):  # else `evil.com/` would be sent the secret
        raise SettingsError(
            "The guide API needs org_id, the name before .mypurecloud.com: letters, digits and hyphens.",
            "Set org_id, or api_url for a gateway.",
        )
    return Hosts(*[f"https://{org_id}.mypurecloud.com"] * 2)


def check_url(url: str) -> str:
    """The URL without its last slash, if we may send a secret there. Raises SettingsError."""
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(
            "A Genesys URL must look like https://api.example.com.", "Mend login_url or api_url."
        )
    if parts.username or parts.password or parts.query or parts.fragment:
        raise SettingsError(
            "A Genesys URL holds no user, password, query or fragment.",
            "Give only https://host[:port][/path].",
        )
    address = _address_of(parts.hostname)
    if parts.scheme == "http" and not (address and address.is_loopback):
        raise SettingsError(
            f"{parts.hostname} would receive the client secret unencrypted.",
            "Use https://; http:// is only for this machine.",
        )
    return url.strip().rstrip("/")


def _parts(url: str) -> SplitResult | None:
    """The URL's parts, None where it has none that make sense."""
    try:
        parts = urlsplit(url.strip())
        parts.port  # noqa: B018 - it raises for one that is no port
    except ValueError:
        return None
    return parts


def may_be_asked(url: str, *, allow_private: bool = False) -> bool:
    """Whether an address that an answer named is one to go to: https, or http in our network where allowed.

    Where the host of https leads, the connection sees.
    """
    parts = _parts(url)
    if parts is None or not parts.hostname:
        return False
    if parts.scheme == "http":
        address = _address_of(parts.hostname)
        return allow_private and address is not None and address.is_private
    return parts.scheme == "https"


def _address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a URL names instead of a host, None where it names a host."""
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return None
