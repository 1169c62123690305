"""Every conversation that we start names its external contact, so that whoever answers it knows the person.

""          no reading has shown anything yet
asked N     asked for N times: the answer, 202, is no proof; the next reading is
named       a reading shows the contact, by the id that we know or by the one into which it was merged
refused     Genesys does not take it, or takes it and shows nothing of it three times
"""

import logging
from collections.abc import Collection, Mapping, Sequence

from outreach.campaign.run import Run
from outreach.errors import Conflict, GenesysError, Invalid, NotFound, Refused
from outreach.follow_up.observation import Observation
from outreach.ledger.conversations import find_unlinked, write_links
from outreach.settings import Link

log = logging.getLogger(__name__)

ASKED, NAMED, REFUSED = "asked", "named", "refused"
MOST_ASKS = 3

RUN_SHARE = 0.06
"""Links a person contacted that a run asks for at its end, two requests each at the most; the follow-up makes
the rest.
"""
GROUP = 50


def link(run: Run, observations: Sequence[Observation]) -> dict[int, str]:
    """Look whether each names its contact, and ask for it where not: contact to what is known of it now."""
    if not run.genesys.can_find:  # there a conversation is started by the contact's id
        return {}
    shown = [each for each in observations if _is_looked_at(each)]
    known = {each.row.id: NAMED for each in shown if each.row.genesys_id in each.contact_ids}
    others = [each for each in shown if each.row.id not in known]
    try:
        ids = {each.row.genesys_id for each in others}
        canonical = _find_canonical(run, ids) if others and run.settings.link is Link.MISSING else {}
        for each in others:
            today, all_ids = canonical.get(each.row.genesys_id, (each.row.genesys_id, frozenset[str]()))
            if not all_ids.isdisjoint(each.contact_ids):
                known[each.row.id] = NAMED
            elif run.settings.link is Link.MISSING:
                known[each.row.id] = _ask(run, each, today)
    except GenesysError as error:  # a permission, or nobody answers; the next round goes on from here
        log.warning("conversations are not linked to their contacts: %s", error)
    return known


def _find_canonical(run: Run, ids: Collection[str]) -> Mapping[str, tuple[str, frozenset[str]]]:
    try:
        return run.genesys.find_canonical(ids)
    except Refused:  # without this right the contact's own id must do
        return {}


def link_due(run: Run, contacted: int) -> int:
    """A run's own share, before its end: links for the conversations that could be shown by now; how many.

    Takes no lease: to link twice is to link once, and a round that is at it does the same.
    """
    if not run.genesys.can_find or run.settings.link is Link.NEVER or run.auto_stop.reason:
        return 0
    links: dict[int, str] = {}
    most = int(contacted * RUN_SHARE)
    for group in find_unlinked(run.ledger, run.campaign.id, limit=most, group=GROUP):
        now = run.ledger.clock.now()
        try:
            seen = {
                found.conversation_id: found for found in run.genesys.read([r.conversation_id for r in group])
            }
        except GenesysError:  # the follow-up asks again
            break
        links |= link(run, [Observation(row, seen.get(row.conversation_id), now) for row in group])
    write_links(run.ledger, links)
    return len(links)


def _is_looked_at(seen: Observation) -> bool:
    is_open = seen.row.link in {"", *(f"{ASKED} {n}" for n in range(1, MOST_ASKS + 1))}
    return (
        is_open and seen.found is not None and bool(seen.row.genesys_id) and not seen.row.contact.is_forgotten
    )


def _ask(run: Run, seen: Observation, genesys_id: str) -> str:
    asks = int(seen.row.link.removeprefix(ASKED) or 0)
    if asks == MOST_ASKS or seen.found is None or seen.row.channel is None:
        return REFUSED
    try:
        run.genesys.link(seen.found, genesys_id, seen.row.channel)
    except (Invalid, Conflict, NotFound) as error:  # of this conversation alone
        log.warning("conversation %s is not linked to its contact: %s", seen.row.conversation_id, error)
        return REFUSED
    return f"{ASKED} {asks + 1}"
