"""Is everything in place before a campaign? Each check says OK, WARN or ERROR, what it found, and what to do.

    ledger       it opens, is of this version, its key is the right one, and nothing of it is gone
    time zones   how old their rules are, and whether other processes on the ledger go by the same
    ledger key   whether that of a shared ledger lies on one machine alone
    login        the client id and secret, at the region's host
    organisation who we are to it                        (platform)
    permissions  the missing ones, by name               (platform)
    tokens       how many live at once, and what they buy   (platform, if several)
    limits       our budget against the organisation's   (platform)
    senders      numbers, addresses, queue, integration
    do-not-contact  each internal list, and which of its lines cannot be read  (platform)
    clock        how far ours is from Genesys'
    webhook      the receiver answers a signed ping

Nobody is contacted. One check that fails does not keep the others from being made.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum

from outreach.clock import Clock
from outreach.errors import Forbidden, GenesysError, OutreachError
from outreach.genesys.guide import Guide
from outreach.genesys.http.auth import SealedToken
from outreach.genesys.interface import DoNotContactList
from outreach.genesys.platform.api import Platform
from outreach.genesys.platform.organization import TOKEN_RATE, TokensFound, read_limits, try_tokens
from outreach.genesys.platform.permissions import ESSENTIAL, find_forbidden
from outreach.genesys.platform.senders import NO_SENDER, check_each
from outreach.ledger.ledger import Ledger
from outreach.ledger.migrations.migrate import HEAD
from outreach.ledger.release import list_zone_rules
from outreach.ledger.root_key import SHARE
from outreach.ledger.witness import MachineWitness, Standing, Witness, ask_witnesses
from outreach.reachability import AVAILABLE, NOT_CHECKABLE
from outreach.settings import CampaignSettings
from outreach.sources.list_entries import Entries, read_entries
from outreach.webhook.endpoint import Endpoint
from outreach.zones import OLD_AFTER_DAYS, find_version, made_by

SKEW_WARN_SECONDS = 5.0
SKEW_ERROR_SECONDS = 240.0  # with a minute's room
"""Receivers refuse webhooks whose time is five minutes off."""
_A_PAGE = re.compile(r"\s*<(!doctype )?html", re.IGNORECASE)


class Level(str, Enum):
    """How bad it is."""

    OK = "OK"
    WARN = "WARN"
    ERROR = "ERROR"


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: `what` was found, and what to do about it (`advice`, empty when all is well)."""

    name: str
    level: Level
    what: str
    advice: str = ""

    def as_json(self) -> dict[str, str]:
        """For machines, and for tables."""
        return {**asdict(self), "level": self.level.value}


@dataclass(frozen=True)
class Targets:
    """How to open what is checked. `webhook` is None when nobody is told."""

    ledger: Callable[[], AbstractContextManager[Ledger]]
    login: Callable[[], SealedToken]
    genesys: Callable[[str], AbstractContextManager[Platform | Guide]]
    """Takes the sealed token."""
    webhook: Callable[[], Endpoint] | None
    budget: int
    """Of one token."""
    clock: Clock
    witnesses: Sequence[Witness] = ()
    """Who, beside this machine, remembers how far the ledger had come."""
    tokens: int = 1


def run_preflight(means: Targets) -> list[Check]:
    """All checks. Raises nothing that a check can say."""
    return [*check_ledger(means), *check_genesys(means), *check_webhook(means)]


def worst(checks: Iterable[Check]) -> Level:
    """The worst level among them."""
    # By their place: as texts, which they are too, ERROR would be the least.
    order = list(Level)
    return max((check.level for check in checks), key=order.index, default=Level.OK)


def check_ledger(means: Targets) -> Iterator[Check]:
    """Open the ledger, which also migrates it."""
    try:
        with means.ledger() as ledger:
            kind = "SQLite, on this machine alone" if ledger.db.is_sqlite else "PostgreSQL"
            yield Check("ledger", Level.OK, f"{kind}, at revision {HEAD}.")
            if ask_witnesses(ledger, (MachineWitness(), *means.witnesses)) is Standing.OLDER:
                what = "It is older than what was done with it: no run will contact anybody."
                yield Check(
                    "ledger", Level.ERROR, what, "Take in what Genesys knows: outreach ledger catch-up."
                )
            yield _check_zones(list_zone_rules(ledger) - {find_version()}, means.clock.now().date())
            if ledger.key_file and not ledger.db.is_sqlite:
                what = f"The ledger is shared; its key lies on this machine alone: {ledger.key_file}."
                yield Check("ledger key", Level.WARN, what, f"{SHARE} Nobody else can open the ledger.")
    except OutreachError as error:
        yield _error("ledger", error)


def _check_zones(others: set[str], today: date) -> Check:
    ours = find_version()
    if others:
        what = f"The time zones here are of tzdata {ours}; another process on this ledger has {min(others)}."
        return Check("time zones", Level.WARN, what, "Install the same tzdata everywhere, the newest.")
    age = (today - made_by(ours)).days
    if age > OLD_AFTER_DAYS:
        what = f"The rules of time zones are at least {age} days old (tzdata {ours})."
        advice = "Countries change them at short notice: pip install --upgrade tzdata."
        return Check("time zones", Level.WARN, what, advice)
    return Check("time zones", Level.OK, f"By tzdata {ours}, whatever this machine has.")


def check_genesys(means: Targets) -> Iterator[Check]:
    """Log in, and ask what the client may do; without a login nothing else can be asked."""
    try:
        token = means.login()
    except OutreachError as error:
        yield _error("login", error)
        return
    yield Check("login", Level.OK, "The client is known.")
    try:
        with means.genesys(token.text) as genesys:
            yield from _check_organisation(genesys, means)
    except OutreachError as error:
        yield _error("organisation", error)


def _check_organisation(genesys: Platform | Guide, means: Targets) -> Iterator[Check]:
    if isinstance(genesys, Platform):
        if means.tokens > 1:
            yield _check_tokens(
                try_tokens(genesys.connection), means.budget
            )  # first: it goes by their first requests
        identity = genesys.whoami()
        yield Check("organisation", Level.OK, f"{identity.organization_name or identity.organization_id}.")
        yield from _check_permissions(genesys)
        yield _check_limits(genesys, means.budget)
        yield from _check_do_not_contact(genesys, identity.country)
    yield from _check_senders(genesys)
    yield _check_clock(genesys.connection.clock_skew.total_seconds())  # last: the answers above tell it


def _check_permissions(genesys: Platform) -> Iterator[Check]:
    forbidden = find_forbidden(genesys.connection)
    for operation, error in forbidden.items():
        level = Level.ERROR if operation in ESSENTIAL else Level.WARN
        yield Check("permissions", level, f"Not allowed: {operation}.", error.advice)
    if not forbidden:
        yield Check("permissions", Level.OK, "All that can be tried without contacting anybody are there.")


def _check_tokens(found: TokensFound, budget: int) -> Check:
    name, advice = "tokens", f"Set `tokens` to {max(found.alive, 1)} in the credentials block."
    if found.given < found.asked:
        what = f"The login gave {found.given} of {found.asked} tokens."
        return Check(name, Level.WARN, what, advice)
    if found.alive < found.asked:
        what = f"Only {found.alive} of {found.asked} tokens live at once: a login ends an older one."
        return Check(name, Level.WARN, what, advice)
    if found.together:
        what = f"{found.asked} tokens share one limit: more of them buy nothing."
        advice = "Set `tokens` to 1, or ask Genesys for a limit of each token."
        return Check(name, Level.WARN, what, advice)
    whole = f": {found.asked * budget} requests a minute" if budget else ""
    sure = "" if found.together is False else " A limit above them shows only in a run."
    return Check(name, Level.OK, f"{found.asked} tokens live at once{whole}.{sure}")


def _check_limits(genesys: Platform, budget: int) -> Check:
    allowed = read_limits(genesys.connection).get(TOKEN_RATE)
    if allowed is None:
        advice = "Compare the budget in the credentials block with your contract."
        return Check("limits", Level.WARN, "The organisation does not show its limits.", advice)
    if not budget:
        advice = f"Set {allowed:.0f} requests a minute in the credentials block."
        return Check("limits", Level.WARN, "The credentials block sets no budget.", advice)
    if budget > allowed:
        advice = f"Set at most {allowed:.0f} requests a minute in the credentials block."
        return Check("limits", Level.ERROR, f"The budget of {budget} is over {allowed:.0f} a minute.", advice)
    return Check("limits", Level.OK, f"A budget of {budget} of {allowed:.0f} requests a minute.")


def _check_do_not_contact(genesys: Platform, country: str) -> Iterator[Check]:
    name = "do-not-contact"
    try:
        lists = genesys.list_do_not_contact()
    except Forbidden:  # named above
        return
    except GenesysError as error:
        yield _error(name, error)
        return
    if not country:
        what = "The organisation does not say its country: numbers without one cannot be read."
        yield Check(name, Level.WARN, what, "Set its default country in Genesys.")
    for each in lists:
        yield _check_list(name, each, country)
    if not lists:
        yield Check(name, Level.OK, "There is no internal list.")


def _check_list(name: str, found: DoNotContactList, country: str) -> Check:
    if found.content is None:
        entries = Entries(problem=found.problem)
    else:
        entries = read_entries(found.content, found.size, country, of_addresses=found.holds_addresses)
    if entries.problem:
        advice = "Look at its export in Genesys: without an earlier copy nobody is contacted."
        return Check(name, Level.ERROR, f"List {found.list_id} cannot be read: {entries.problem}.", advice)
    if entries.unread:
        unread = f"{entries.unread} of {entries.rows} entries cannot be read ({entries.where()})"
        too_many = entries.unread > CampaignSettings().stop_unread_rate * entries.rows
        advice = "Mend them in Genesys; a campaign stops at its stop_unread_rate."
        level = Level.ERROR if too_many else Level.WARN
        return Check(name, level, f"List {found.list_id}: {unread}.", advice)
    return Check(name, Level.OK, f"List {found.list_id}: {entries.rows} entries.")


def _check_senders(genesys: Platform | Guide) -> Iterator[Check]:
    found = genesys.check_senders()
    asked = [(f"sender {channel}", verdict) for channel, verdict in found.items()]
    if isinstance(genesys, Platform) and genesys.senders.more:
        each = check_each(genesys.connection, genesys.senders)
        asked += [(f"sender {of} {name}", verdict) for of, name, verdict in each]
    for name, verdict in asked:
        if verdict == AVAILABLE:
            yield Check(name, Level.OK, "Ready.")
        elif verdict == NO_SENDER:
            what, advice = "None is set: nobody is contacted by it.", "Set it in the senders block."
            yield Check(name, Level.WARN, what, advice)
        elif verdict == NOT_CHECKABLE:
            yield Check(name, Level.WARN, "It cannot be checked.", "Grant the permission to look, see above.")
        else:
            advice = "Mend it in Genesys, or in the senders block."
            yield Check(name, Level.ERROR, f"Not ready: {verdict}.", advice)
    # One channel is enough for a campaign; with none, every contact would be blocked.
    if AVAILABLE not in found.values() and NOT_CHECKABLE not in found.values():
        yield Check("senders", Level.ERROR, "No channel has a sender.", "Set one in the senders block.")


def _check_clock(skew_seconds: float) -> Check:
    off = abs(skew_seconds)
    what = f"Within {off:.0f} seconds of Genesys' clock." if off else "It agrees with Genesys' clock."
    if off > SKEW_ERROR_SECONDS:
        return Check("clock", Level.ERROR, what, "Set this machine's clock (NTP): webhooks would be refused.")
    if off > SKEW_WARN_SECONDS:
        return Check("clock", Level.WARN, what, "Set this machine's clock (NTP).")
    return Check("clock", Level.OK, what)


def check_webhook(means: Targets) -> Iterator[Check]:
    """Send the receiver a signed ping, which it must take with a 2xx."""
    if means.webhook is None:
        what, advice = "None is named: the CRM is told nothing.", "Name one if it should be."
        yield Check("webhook", Level.WARN, what, advice)
        return
    try:
        with means.webhook() as endpoint:
            attempt = endpoint.ping(means.clock.now())
            label = endpoint.label
    except OutreachError as error:
        yield _error("webhook", error)
        return
    if attempt.outcome == "delivered" and _A_PAGE.match(attempt.response_excerpt):
        what = (
            f"{label} answers a signed ping with a page for people: it counts as delivered, as any 2xx does."
        )
        advice = "See that it is the receiver, and no log-in page, proxy or captive portal before it."
        yield Check("webhook", Level.WARN, what, advice)
    elif attempt.outcome == "delivered":
        yield Check("webhook", Level.OK, f"{label} took a signed ping in {attempt.seconds * 1000:.0f} ms.")
    elif attempt.status == 401:
        advice = "Give the receiver the signing secret of the webhook block."
        yield Check("webhook", Level.ERROR, f"{label} does not accept our signature (401).", advice)
    else:
        said = f"status {attempt.status}" if attempt.status else attempt.code
        what, advice = f"{label} did not take a ping: {said}.", "Mend the receiver or its address."
        yield Check("webhook", Level.ERROR, what, advice)


def _error(name: str, error: OutreachError) -> Check:
    advice = error.advice  # str(error) ends with it; here it stands apart
    return Check(name, Level.ERROR, str(error).removesuffix(advice).strip() if advice else str(error), advice)
