"""Outcomes in doubt: look for the conversation, with growing delays, and never send again blindly.

unknown ── one match ───────────────> started
   │ ───── several matches ─────────> held      a person decides (`outreach resolve`)
   │ ───── none, time left ─────────> unknown   look again later
   │ ───── none, and none to come ──> held, or cleared where the settings say `release`
   └ ───── an API without look-up ──> held at once
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from outreach.campaign.found import NEAR, change_when_found, tell_resolved
from outreach.campaign.given_up import make_attempt
from outreach.campaign.late_conversations import settle_resting
from outreach.campaign.run import Run
from outreach.errors import GenesysError
from outreach.genesys.interface import Attempt, ConversationMatch
from outreach.ledger.changes import Change, OutboundEvent, apply, still, to_cleared
from outreach.ledger.claims import Claimed, claim, everything, releasing
from outreach.ledger.conversations import find_starters
from outreach.ledger.intents import has_rival, read_intents
from outreach.ledger.release import POISON_DEATHS, release_dead_executors
from outreach.ledger.states import State
from outreach.ledger.wrong_clocks import IN_DOUBT, take_back_instants
from outreach.settings import WhenNotFound
from outreach.webhook.events import InteractionUnknown

GROUP = 50  # one query of conversations answers for so many

log = logging.getLogger(__name__)


def recover(run: Run, *, at_most: int = 5000, is_round: bool = True) -> Counter[str]:
    """Free what dead processes held and look for outcomes in doubt; says what it found.

    `is_round`: look for what was given up within a day, too. A request for each 25 of those, each time: none
    for a call about one person, nor once more at a run's end. Right before a contact it is looked for anyway.

    Returns how many of at most `at_most` outcomes in doubt are in which state now.
    """
    freed = release_dead_executors(run.ledger)
    take_back_instants(run.ledger)
    if freed:
        log.warning(
            "an earlier process died holding %s contacts; they go on from where they stood", len(freed)
        )
    try:
        if is_round:
            settle_resting(run)
        found = reconcile(run, at_most=at_most)
    except GenesysError as error:  # a resumed run goes on: who is in doubt only waits longer
        log.warning("outcomes in doubt stay so, Genesys cannot be asked: %s", error)
        return Counter()
    if found:
        log.info("outcomes in doubt: %s", ", ".join(f"{count} {state}" for state, count in found.items()))
    return found


def reconcile(run: Run, *, at_most: int = 5000) -> Counter[str]:
    """Look for every outcome in doubt whose time to look has come; how many ended in each state.

    Raises:
        GenesysError: Genesys cannot be asked; everything stays as it is.
    """
    counts: Counter[str] = Counter()
    batch = everything(run.campaign.name)
    while counts.total() < at_most:  # a run that resumes must not look for a day before it contacts anybody
        group = claim(run.ledger, run.campaign.id, batch, (State.UNKNOWN,), limit=GROUP)
        if not group:
            break
        with releasing(run.ledger, group):
            counts.update(_reconcile(run, group))
    run.wake_courier()
    return counts


def _reconcile(run: Run, group: Sequence[Claimed]) -> Counter[str]:
    intents = read_intents(run.ledger, [row.id for row in group])
    tried = ((row, intents[row.id]) for row in group if row.id in intents)
    attempts = {
        row.id: make_attempt(run.ledger, row, intent.reference, intent.channel, intent.at)
        for row, intent in tried
    }
    seen = run.genesys.find(list(attempts.values())) if run.genesys.can_find else {}
    # What another contact started is not this one's.
    named = [sighting.conversation_id for found in seen.values() for sighting in found]
    taken = find_starters(run.ledger, named)
    shared = _shared(seen)
    unsure = [row.id for row in group if any(not s.certain for s in seen.get(row.reference, ()))]
    rivalled = {number for number in unsure if _is_rivalled(run, intents[number])}
    asked = attempts if run.genesys.can_find else {}
    unshown = {row.id for row in group if row.id in asked and row.reference not in seen}
    if unshown:
        log.warning("%s outcomes in doubt stay so, Genesys does not show all that there is", len(unshown))
    changes = []
    for row in group:
        sightings = [s for s in seen.get(row.reference, []) if taken.get(s.conversation_id, row.id) == row.id]
        # Two attempts at one address at about one time: no evidence tells them apart.
        if any((s.conversation_id in shared or row.id in rivalled) and not s.certain for s in sightings):
            changes.append(_held(run, row, "several_matches"))
        elif row.id in unshown:
            changes.append(_look_later(run, row, row.checks))  # no complete look, so it counts for none
        else:
            changes.append(_judge(run, row, attempts.get(row.id), sightings))
    made = apply(run.ledger, changes)
    return Counter(change.after.value for change in changes if change.contact_id in made)


def _is_rivalled(run: Run, intent: Any) -> bool:  # noqa: ANN401 - a row of the intents
    return has_rival(
        run.ledger, intent.contact_id, (intent.address_key,), intent.channel, intent.at, within=NEAR
    )


def _shared(seen: Mapping[str, Sequence[ConversationMatch]]) -> set[str]:
    """Conversations that could be those of several attempts: to one address, at about one time."""
    met = Counter(sighting.conversation_id for found in seen.values() for sighting in found)
    return {conversation_id for conversation_id, times in met.items() if times > 1}


def _judge(run: Run, row: Claimed, attempt: Attempt | None, sightings: Sequence[ConversationMatch]) -> Change:
    # Our own reference beats address and time.
    certain = [sighting for sighting in sightings if sighting.certain] or list(sightings)
    if attempt is None:  # an erased intent: nothing to look for
        return _held(run, row, "no_intent")
    if len(certain) == 1:
        return change_when_found(run, row, attempt, certain[0])
    if certain:
        return _held(run, row, "several_matches")
    if not run.genesys.can_find:  # the guide API shows no conversations
        return _held(run, row, "outcome_unknown")
    return _not_found(run, row)


def _not_found(run: Run, row: Claimed) -> Change:
    checks = row.checks + 1
    if checks < len(run.settings.look_after_seconds):
        return _look_later(run, row, checks)
    if row.deaths >= POISON_DEATHS:  # releasing it would kill a third process
        return _held(run, row, "poison")
    # Looked for at a wrong time: that nothing was seen there proves nothing.
    if run.settings.when_not_found is WhenNotFound.RELEASE and row.reason != IN_DOUBT:
        return to_cleared(
            contact_id=row.id,
            action="released",
            fields={"looks": 0},
            detail={"policy": "release", "looks": checks},
            events=(*_doubted(run, row), *tell_resolved(run, row, "released")),
        )
    return _held(run, row, "outcome_unknown")


def _look_later(run: Run, row: Claimed, checks: int) -> Change:
    """After so many complete looks. The wait begins when the look's answer is here, however long it took."""
    delays = run.settings.look_after_seconds
    later = run.ledger.clock.now() + timedelta(seconds=delays[min(checks, len(delays) - 1)])
    fields = {"looks": checks, "look_at": later}
    told, detail = _doubted(run, row), {"looks": checks}
    return still(contact_id=row.id, after=State.UNKNOWN, fields=fields, detail=detail, events=told)


def _held(run: Run, row: Claimed, reason: str) -> Change:
    return Change(
        contact_id=row.id,
        after=State.HELD,
        action="held",
        reason=reason,
        detail={"reason": reason},
        events=(*_doubted(run, row), *tell_resolved(run, row, "held")),
    )


def _doubted(run: Run, row: Claimed) -> tuple[OutboundEvent, ...]:
    """Nobody told the CRM of this doubt where the process died: at the first look, we do."""
    if row.checks or row.channel is None or row.reason not in ("process_died", "process_ended"):
        return ()
    return run.event(InteractionUnknown, row, channel=row.channel, reason=row.reason, reference=row.reference)
