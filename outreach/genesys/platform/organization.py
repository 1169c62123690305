"""Who we are to Genesys and what it allows us; none of these calls needs a permission."""

from dataclasses import dataclass

from outreach.errors import Refused
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import read_code, read_list, read_number, read_text

NAMESPACES = ("platform.api", "external.contacts", "messaging", "email", "callback")
"""Where the limits are that bind an outreach (platform fact sheet 2.2)."""

TOKEN_RATE = "token.rate.per.minute"  # noqa: S105  a limit's name


@dataclass(frozen=True, slots=True)
class Identity:
    """The organisation that the token belongs to."""

    organization_id: str
    organization_name: str
    state: str


def read_identity(connection: Connection) -> Identity:
    """Ask who we are. Raises GenesysError."""
    body = connection.request("who am i", "GET", "/api/v2/organizations/me").json
    return Identity(read_code(body, "id"), read_text(body, "name"), read_code(body, "state"))


def read_limits(connection: Connection) -> dict[str, float]:
    """The organisation's effective limits by key; namespaces that it doesn't show are left out."""
    limits: dict[str, float] = {}
    for namespace in NAMESPACES:
        path = f"/api/v2/organizations/limits/namespaces/{namespace}"
        try:
            body = connection.request("read limits", "GET", path).json
        except Refused:
            continue
        for entity in read_list(body, "entities"):
            value = read_number(entity, "value")
            if value is not None and read_code(entity, "key"):
                limits[read_code(entity, "key")] = value
    return limits
