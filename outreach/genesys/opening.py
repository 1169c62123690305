"""Opening a Genesys organisation: settings in, `interface.Genesys` out, and closed again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal

from outreach.clock import Clock, SystemClock
from outreach.genesys.guide import Guide
from outreach.genesys.http import permissions
from outreach.genesys.http.auth import Login, SealedToken, Token
from outreach.genesys.http.client import Connection
from outreach.genesys.http.exchange import Transport
from outreach.genesys.http.hosts import Hosts, guide_hosts, platform_hosts
from outreach.genesys.http.usage import Usage
from outreach.genesys.interface import Senders
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.external_source import DEFAULT_NAME
from outreach.genesys.rate_limit.pacer import Pacer, creations_key, token_key
from outreach.genesys.rate_limit.slots import FallbackSlotAllocator, LocalSlotAllocator, SlotAllocator

Api = Literal["platform", "guide"]

_CLOCK = SystemClock()
_THIS_PROCESS = LocalSlotAllocator(_CLOCK)
"""What clients of one process share when nothing is shared by more: a token has one budget."""


@contextlib.contextmanager
def open_genesys(
    *,
    api: Api = "platform",
    client_id: str,
    client_secret: str,
    region: str = "us-east-1",
    org_id: str | None = None,
    login_url: str | None = None,
    api_url: str | None = None,
    senders: Senders | None = None,
    requests_per_minute: int | None = 300,
    creations_per_minute: int | None = 100,
    timetable: SlotAllocator | None = None,
    share_when_away: float = 0.5,
    sealed_token: str | None = None,
    source_name: str = DEFAULT_NAME,
    clock: Clock = _CLOCK,
) -> Iterator[Platform | Guide]:
    """One organisation, open for the length of the block; `.connection.usage` counts what it spends.

    Args:
        api: which of the two wire formats.
        client_id: of the OAuth client.
        client_secret: of the OAuth client.
        region: AWS region, for the platform's hosts.
        org_id: for the guide's host.
        login_url: instead of the region's login host.
        api_url: instead of the region's API host.
        senders: who contacts; None leaves every channel of the platform without a sender.
        requests_per_minute: the token's budget; None or 0 for none.
        creations_per_minute: the guide API's budget of registrations; None or 0 for none.
        timetable: shared by all processes that use this token; None: shared within this process.
        share_when_away: the part of the budget to go on with while `timetable` doesn't answer, 0 to 1.
        sealed_token: from `fetch_token`, so that no new one is fetched.
        source_name: of the external source that holds our ids on the platform.
        clock: for tests.

    Raises SettingsError for a region or URL that can't be used. Asks nothing of Genesys by itself.
    """
    hosts = _hosts(api, region, org_id, login_url, api_url)
    login = Login(hosts.login, client_id, client_secret, api)
    with Transport() as transport:
        slots = FallbackSlotAllocator(timetable, clock, share=share_when_away) if timetable else None
        slots_or_ours = slots or (_THIS_PROCESS if clock is _CLOCK else LocalSlotAllocator(clock))
        pacer = Pacer(token_key(client_id), requests_per_minute, slots_or_ours, clock)
        creations = Pacer(creations_key(org_id or hosts.api), creations_per_minute, slots_or_ours, clock)
        connection = Connection(
            transport,
            hosts.api,
            Token(transport, login, clock, sealed_token),
            pacer,
            Usage(clock, requests_per_minute or None),
            clock,
            permissions.GUIDE if api == "guide" else permissions.PLATFORM,
            {"register": (creations,)} if api == "guide" else None,
        )
        yield Guide(connection) if api == "guide" else Platform(connection, senders or Senders(), source_name)


def fetch_token(
    *,
    api: Api = "platform",
    client_id: str,
    client_secret: str,
    region: str = "us-east-1",
    org_id: str | None = None,
    login_url: str | None = None,
    api_url: str | None = None,
    clock: Clock = _CLOCK,
) -> SealedToken:
    """Log in and give the token sealed, fit for any cache until `expires_at`.

    Raises SettingsError, Unauthorized, RateLimited or NotSent.
    """
    hosts = _hosts(api, region, org_id, login_url, api_url)
    with Transport() as transport:
        return Token(transport, Login(hosts.login, client_id, client_secret, api), clock).sealed()


def _hosts(api: Api, region: str, org_id: str | None, login_url: str | None, api_url: str | None) -> Hosts:
    if api == "guide":
        return guide_hosts(org_id, login_url, api_url)
    return platform_hosts(region, login_url, api_url)
