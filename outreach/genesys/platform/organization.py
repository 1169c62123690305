"""Who we are to Genesys and what it allows us; none of these calls needs a permission."""

import re
from dataclasses import dataclass

from outreach.errors import Refused
from outreach.genesys.http.client import Connection
from outreach.genesys.http.untrusted_json import read_code, read_list, read_number, read_text
from outreach.genesys.interface import Identity
from outreach.genesys.platform.listing import unreadable

NAMESPACES = ("platform.api", "external.contacts", "messaging", "email", "callback")
"""Where the limits are that bind an outreach (platform fact sheet 2.2)."""

TOKEN_RATE = "token.rate.per.minute"  # noqa: S105  a limit's name

_COUNTRY = re.compile(r"[A-Z]{2}\Z")


def read_identity(connection: Connection) -> Identity:
    """Ask who we are. Raises GenesysError; an answer that names no organisation is Ambiguous."""
    answer = connection.request("who am i", "GET", "/api/v2/organizations/me")
    body, organization_id = answer.json, read_code(answer.json, "id")
    if not organization_id:
        raise unreadable("who am i", answer)
    country = read_code(body, "defaultCountryCode").upper()
    return Identity(organization_id, read_text(body, "name"), country if _COUNTRY.match(country) else "")


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


@dataclass(frozen=True, slots=True)
class TokensFound:
    """How many tokens were asked for, given, and alive after the last login; and whether they share a limit.

    `together` is None where the answers don't tell.
    """

    asked: int
    given: int
    alive: int
    together: bool | None


def try_tokens(connection: Connection) -> TokensFound:
    """Ask with each token who it is: nothing else may have been asked with them before."""
    answers = connection.ask_with_each_token("try tokens", "/api/v2/tokens/me")
    given = [answer for answer in answers if answer is not None]
    alive = [answer for answer in given if answer.status != 401]
    counts = [answer.headers.get("inin-ratelimit-count", "") for answer in alive]
    told = len(counts) > 1 and all(count.isdecimal() for count in counts)
    # A token that has its own window counts this first request as its first.
    together = int(counts[-1]) >= len(counts) if told else None
    return TokensFound(len(answers), len(given), len(alive), together)
