"""Opening a Genesys organisation: settings in, `interface.Genesys` out, and closed again."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from outreach.clock import Clock, SystemClock
from outreach.contacts import AddressKind, Channel
from outreach.errors import GenesysError
from outreach.genesys.guide import Guide
from outreach.genesys.http import permissions
from outreach.genesys.http.auth import SEPARATOR, Login, SealedToken, Token
from outreach.genesys.http.client import Connection
from outreach.genesys.http.exchange import Transport
from outreach.genesys.http.hosts import Hosts, guide_hosts, platform_hosts
from outreach.genesys.http.token_pool import TokenPool
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """An OAuth client of one organisation, and where that is. Its repr shows no secret.

    `region` finds the platform's hosts, `org_id` the guide's; `login_url` and `api_url` replace them.
    `allow_private`: exports may lie in our own network, at addresses that answers name.
    """

    client_id: str
    client_secret: str = field(repr=False)
    api: Api = "platform"
    region: str = "us-east-1"
    org_id: str | None = None
    login_url: str | None = None
    api_url: str | None = None
    allow_private: bool = False

    def hosts(self) -> Hosts:
        """Where to log in and where the API is. Raises SettingsError."""
        if self.api == "guide":
            return guide_hosts(self.org_id, self.login_url, self.api_url)
        return platform_hosts(self.region, self.login_url, self.api_url)

    def login(self) -> Login:
        """How to get a token. Raises SettingsError."""
        return Login(self.hosts().login, self.client_id, self.client_secret, self.api)


@contextlib.contextmanager
def open_genesys(
    account: Account,
    *,
    senders: Senders | None = None,
    requests_per_minute: int | None = 300,
    creations_per_minute: int | None = 100,
    emails_per_minute: int | None = 300,
    tokens: int = 1,
    timetable: SlotAllocator | None = None,
    share_when_away: float = 0.5,
    sealed_token: str | None = None,
    source_name: str = DEFAULT_NAME,
    clock: Clock = _CLOCK,
) -> Iterator[Platform | Guide]:
    """One organisation, open for the length of the block; `.connection.usage` counts what it spends.

    Args:
        account: whose organisation.
        senders: who contacts; None leaves every channel of the platform without a sender.
        requests_per_minute: the budget of one token; None or 0 for none.
        creations_per_minute: the guide API's budget of registrations; None or 0 for none.
        emails_per_minute: the platform's budget of agentless e-mails; None or 0 for none.
        tokens: so many, each of its own login and with its own budget.
        timetable: shared by all processes that use this token; None: shared within this process.
        share_when_away: the part of the budget to go on with while `timetable` doesn't answer, 0 to 1.
        sealed_token: from `fetch_token`, so that no new one is fetched.
        source_name: of the external source that holds our ids on the platform.
        clock: for tests.

    Raises SettingsError for a region or URL that can't be used. Asks nothing of Genesys by itself.
    """
    host, login = account.hosts().api, account.login()
    with Transport() as transport:
        slots = FallbackSlotAllocator(timetable, clock, share=share_when_away) if timetable else None
        slots_or_ours = slots or (_THIS_PROCESS if clock is _CLOCK else LocalSlotAllocator(clock))
        pacer = Pacer(token_key(account.client_id), requests_per_minute, slots_or_ours, clock, tokens)
        sealed = [*(sealed_token or "").split(SEPARATOR), *[""] * tokens][:tokens]
        pool = TokenPool([Token(transport, login, clock, text or None) for text in sealed], pacer, clock)
        whole = requests_per_minute * tokens if requests_per_minute else None
        budgets = [
            *_budgets_of_channels(
                token_key(account.client_id), senders or Senders(), emails_per_minute, whole
            ),
            ("register", creations_key(account.org_id or host), creations_per_minute, "creations"),
        ]
        more: dict[str, list[Pacer]] = {}
        for operation, key, limit, name in budgets[-1:] if account.api == "guide" else budgets[:-1]:
            more.setdefault(operation, []).append(Pacer(key, limit, slots_or_ours, clock, name=name))
        connection = Connection(
            transport,
            host,
            pool,
            pacer,
            Usage(clock, whole),
            clock,
            permissions.GUIDE if account.api == "guide" else permissions.PLATFORM,
            more,
            allow_private=account.allow_private,
        )
        if account.api == "guide":
            yield Guide(connection)
        else:
            yield Platform(connection, senders or Senders(), source_name)


def _budgets_of_channels(
    client: str, senders: Senders, emails_per_minute: int | None, whole: int | None
) -> Iterator[tuple[str, str, int | None, str]]:
    """What binds a channel's calls before the tokens' budget does: operation, key, limit, name for people."""
    mailed = [channel for channel in Channel if channel.traits.kind is AddressKind.EMAIL]
    limits = [(channel, "e-mails", emails_per_minute) for channel in mailed]
    limits += [(channel, f"sender of {channel}", senders.rate_of(channel)) for channel in Channel]
    for channel, name, limit in limits:
        if whole and limit and limit < whole:
            sender = senders.of(channel) if name.startswith("sender") else "all"
            yield f"start {channel}", token_key(f"{client}/{channel}/{sender}"), limit, name


def fetch_token(account: Account, clock: Clock = _CLOCK, *, tokens: int = 1) -> SealedToken:
    """Log in and give the tokens sealed, fit for any cache until `expires_at`; those that there are.

    Raises SettingsError, Unauthorized, RateLimited or NotSent when there is none.
    """
    login = account.login()
    with Transport() as transport:
        found = [_log_in(Token(transport, login, clock)) for _ in range(tokens)]
    known = [token for token in found if isinstance(token, SealedToken)]
    for error in found if not known else ():
        if isinstance(error, GenesysError):
            raise error
    text = SEPARATOR.join(token.text if isinstance(token, SealedToken) else "" for token in found)
    return SealedToken(text, min(token.expires_at for token in known))


def _log_in(token: Token) -> SealedToken | GenesysError:
    try:
        return token.sealed()
    except GenesysError as error:
        return error
