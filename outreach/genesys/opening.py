"""Opening a Genesys organisation: settings in, `interface.Genesys` out, and closed again."""

import contextlib
import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from outreach.clock import Clock, SystemClock
from outreach.contacts import Channel
from outreach.errors import GenesysError
from outreach.genesys import guide
from outreach.genesys.http.auth import SEPARATOR, Login, SealedToken, Token
from outreach.genesys.http.client import Connection
from outreach.genesys.http.exchange import Transport
from outreach.genesys.http.hosts import Hosts, check_url, guide_hosts, platform_hosts
from outreach.genesys.http.token_pool import TokenPool
from outreach.genesys.http.usage import Usage
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.permissions import PERMISSIONS
from outreach.genesys.rate_limit.budgets import Budgets
from outreach.genesys.rate_limit.pacer import Pacer, creations_key, token_key
from outreach.genesys.rate_limit.slots import FallbackSlotAllocator, LocalSlotAllocator, SlotAllocator
from outreach.genesys.senders import Senders, budget_of

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
        """Where to log in and where the API is. Raises SettingsError.

        One URL alone serves for both, as a gateway or an emulator does.
        """
        if given := self.login_url or self.api_url:
            return Hosts(check_url(given), check_url(self.api_url or given))
        return guide_hosts(self.org_id) if self.api == "guide" else platform_hosts(self.region)

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
    sealed_token: str | None = None,
    clock: Clock = _CLOCK,
) -> Iterator[Platform | guide.Guide]:
    """One organisation, open for the length of the block; `.connection.usage` counts what it spends.

    Args:
        account: whose organisation.
        senders: who contacts; None leaves every channel of the platform without a sender.
        requests_per_minute: the budget of one token; None or 0 for none.
        creations_per_minute: the guide API's budget of registrations; None or 0 for none.
        emails_per_minute: the platform's budget of agentless e-mails; None or 0 for none.
        tokens: so many, each of its own login and with its own budget.
        timetable: shared by all processes that use this token; None: shared within this process.
        sealed_token: from `fetch_token`, so that no new one is fetched.
        clock: for tests.

    Raises SettingsError for a region or URL that can't be used. Asks nothing of Genesys by itself.
    """
    host, login, ours = account.hosts().api, account.login(), senders or Senders()
    whole = requests_per_minute * tokens if requests_per_minute else None
    with Transport() as transport:
        slots = _open_slots(timetable, clock)
        pacer = Pacer(token_key(account.client_id), requests_per_minute, slots, clock, tokens)
        if account.api == "guide":
            creations = creations_key(account.org_id or host)
            more = {"register": Pacer(creations, creations_per_minute, slots, clock, name="creations")}
        else:
            more = _narrower(_pacers_of_channels(pacer.key, ours, emails_per_minute, slots, clock), whole)
        sealed = [*(sealed_token or "").split(SEPARATOR), *[""] * tokens][:tokens]
        pool = TokenPool([Token(transport, login, clock, text or None) for text in sealed], pacer, clock)
        connection = Connection(
            transport,
            host,
            pool,
            Budgets(pacer, more, clock),
            Usage(clock, whole),
            clock,
            guide.PERMISSIONS if account.api == "guide" else PERMISSIONS,
            allow_private=account.allow_private,
        )
        yield guide.Guide(connection) if account.api == "guide" else Platform(connection, ours)


def _open_slots(timetable: SlotAllocator | None, clock: Clock) -> SlotAllocator:
    if timetable:
        return FallbackSlotAllocator(timetable, clock)
    return _THIS_PROCESS if clock is _CLOCK else LocalSlotAllocator(clock)


def _narrower(pacers: Iterable[tuple[str, Pacer]], whole: int | None) -> dict[str, Pacer]:
    """By what they are spent: what is not narrower than all tokens together binds nobody."""
    found = [(name, pacer) for name, pacer in pacers if 0 < (pacer.limit or 0) < (whole or 0)]
    # A number that is named twice, for two countries, is one number: with two pacers it had half its rate.
    return dict(sorted(found, key=lambda each: -(each[1].limit or 0)))


def _pacers_of_channels(
    client: str, senders: Senders, emails_per_minute: int | None, slots: SlotAllocator, clock: Clock
) -> Iterator[tuple[str, Pacer]]:
    """Those of a kind of call, and those of a sender, each with what it is spent by."""
    make = functools.partial(Pacer, slots=slots, clock=clock)
    for channel in Channel:
        if channel.is_mail:
            key = token_key(f"{client}/{channel}/all")
            yield f"start {channel}", make(key, emails_per_minute, name="e-mails")
        ours = senders.all_of(channel)
        for number, sender in enumerate(ours, 1):
            key = token_key(f"{client}/{channel}/{sender.name}")
            name = f"sender of {channel}{f' {number}' if len(ours) > 1 else ''}"
            yield budget_of(channel, sender.name), make(key, sender.per_minute, name=name)


def fetch_token(account: Account, clock: Clock = _CLOCK, *, tokens: int = 1) -> SealedToken:
    """Log in and give the tokens sealed, fit for any cache until `expires_at`; those that there are.

    Raises SettingsError, Unauthorized, RateLimited or NotSent when there is none.
    """
    login = account.login()
    with Transport() as transport:
        found = [_log_in(Token(transport, login, clock)) for _ in range(tokens)]
    known = [token for token in found if isinstance(token, SealedToken)]
    if not known:
        raise next(error for error in found if isinstance(error, GenesysError))
    text = SEPARATOR.join(token.text if isinstance(token, SealedToken) else "" for token in found)
    return SealedToken(text, min(token.expires_at for token in known))


def _log_in(token: Token) -> SealedToken | GenesysError:
    try:
        return token.sealed()
    except GenesysError as error:
        return error
