"""Before anybody is contacted: can our senders serve, and whom does the organisation leave alone?

its lists ──> read, all of them ──> the mirror is what they say
          └─> not known (no file, a page, fewer entries than it says)
                  ├─> the last good copy stays in force, and whom the rest names comes on as well
                  └─> there is none: nobody is contacted
"""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import orjson

from outreach.campaign.run import Run
from outreach.errors import Forbidden, GenesysError
from outreach.genesys.interface import DoNotContactList
from outreach.ledger.facts import recall, remember
from outreach.ledger.suppressions import MIRRORED, mirror
from outreach.settings import CampaignSettings
from outreach.sources.list_entries import Entries, read_entries

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mirrored:
    """What is known of an organisation's do-not-contact lists: counts, instants, places, never an entry.

    Args:
        at: when the copy that is in force was taken, as ISO-8601 UTC; "" when there is none.
        addresses: how many are on by it.
        entries: how many the lists had at the last look.
        unread: how many of these nobody can read.
        lines: where these stand, list by list.
        problem: why the last look did not say whom the lists name, "" when it did.
        tried: when that look was.
        forbidden: whether the client may not look.
    """

    at: str = ""
    addresses: int = 0
    entries: int = 0
    unread: int = 0
    lines: tuple[str, ...] = ()
    problem: str = ""
    tried: str = ""
    forbidden: bool = False

    def warnings(self) -> list[str]:
        """What a person should hear of it, one sentence each."""
        said = []
        if self.problem and self.at:
            said.append(
                f"The do-not-contact lists could not be read ({self.problem}): the copy of {self.at} "
                "stays in force, and what could be read is kept as well."
            )
        if self.unread:
            said.append(
                f"{self.unread} of {self.entries} entries of the do-not-contact lists cannot be read "
                f"({'; '.join(self.lines)}): mend them in Genesys. Until then nobody is taken off."
            )
        return said

    def objection(self, settings: CampaignSettings) -> str:
        """Why nobody may be contacted by what is known, "" when they may."""
        if self.forbidden and not self.at and settings.lists_needed:
            return (
                "The client may not read the do-not-contact lists, and there is no earlier copy: nobody is "
                "contacted. Grant outbound:dncList:view and outbound:dnc:view, or switch off the setting "
                "lists_needed."
            )
        if self.problem and not self.at:
            return (
                f"The do-not-contact lists could not be read ({self.problem}), and there is no earlier copy: "
                "nobody is contacted. Look at the lists' export in Genesys."
            )
        if self.unread > settings.stop_unread_rate * self.entries:
            return (
                f"{self.unread} of {self.entries} entries of the do-not-contact lists cannot be read "
                f"({'; '.join(self.lines)}), more than the {settings.stop_unread_rate:.0%} that the settings "
                "allow: mend them in Genesys."
            )
        return ""


def check_senders(run: Run) -> dict[str, str]:
    """Channel to `available`, `not_checkable` or the code of a reason. Raises GenesysError."""
    return {str(channel): verdict for channel, verdict in run.genesys.check_senders().items()}


def mirror_do_not_contact(run: Run, *, not_older_than: timedelta) -> Mirrored:
    """Mirror the organisation's DNC lists into the ledger, unless its copy is fresh; what is known of them.

    Without the permission to look, the last copy stays; `Mirrored.objection` says whether that is enough.

    Raises:
        GenesysError: the organisation cannot be asked, and there is no earlier copy.
    """
    if run.genesys.api == "guide":  # it has no lists: its validation knows
        return Mirrored()
    identity = run.genesys.whoami()
    fact = f"{MIRRORED}:{identity.organization_id}"
    known = _recall(run, fact)
    if _is_fresh(run, known, not_older_than):
        found = known
    else:
        found = _look(run, known, identity.organization_id, identity.country)
        remember(run.ledger, fact, orjson.dumps(asdict(found)).decode())
    remember(run.ledger, f"{MIRRORED}@{run.campaign.id}", orjson.dumps(asdict(found)).decode())
    for sentence in found.warnings():
        log.warning("%s", sentence)
    return found


def _recall(run: Run, fact: str) -> Mirrored:
    kept = orjson.loads(recall(run.ledger, fact) or "{}")
    return Mirrored(**{**kept, "lines": tuple(kept.get("lines", ()))})


def _is_fresh(run: Run, known: Mirrored, limit: timedelta) -> bool:
    """Whether nobody has to look: what was mended there since is seen at once, a list that fails later."""
    if not known.at or known.forbidden or (known.unread and not known.problem):
        return False
    age = run.ledger.clock.now() - datetime.fromisoformat(known.tried)
    return timedelta() <= age < limit  # an instant to come was written by a wrong clock


def _look(run: Run, known: Mirrored, organisation: str, country: str) -> Mirrored:
    now = run.ledger.clock.now().isoformat()
    try:
        lists = run.genesys.list_do_not_contact()
    except Forbidden as error:  # preflight names the permission
        log.warning("The do-not-contact lists are not checkable: %s", error)
        return replace(known, tried=now, forbidden=True)
    except GenesysError as error:
        answered = 200 <= error.status <= 299  # what it said cannot be read; asking again soon says no more
        if not known.at and not answered:
            raise
        return replace(known, tried=now, problem=str(error), forbidden=False)
    read = [(each.list_id, _read(each, country)) for each in lists]
    problem = "; ".join(f"list {list_id}: {entries.problem}" for list_id, entries in read if entries.problem)
    unread = sum(entries.unread for _, entries in read)
    addresses = frozenset[str]().union(*(entries.addresses for _, entries in read))
    count = mirror(run.ledger, addresses, organisation=organisation, complete=not problem and not unread)
    return Mirrored(
        at=known.at if problem else now,
        addresses=count,
        entries=sum(entries.rows for _, entries in read),
        unread=unread,
        lines=tuple(f"list {list_id}: {entries.where()}" for list_id, entries in read if entries.unread),
        problem=problem,
        tried=now,
    )


def _read(found: DoNotContactList, country: str) -> Entries:
    if found.content is None:
        return Entries(problem=found.problem)
    return read_entries(found.content, found.size, country, of_addresses=found.holds_addresses)
