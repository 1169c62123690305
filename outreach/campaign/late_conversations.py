"""A conversation that turns up after its attempt was given up: never hidden, and nobody is contacted anew.

surely that attempt's ── nobody contacted anew ──> started, and followed to its end
    │ ────────────────── contacted anew ────────> `contacted_twice` in the audit: the proof is red
perhaps that attempt's ─ nobody contacted anew ──> held for a person
nobody can say just now  right before a contact ─> deferred, alone, until a person says that nobody was
    │                                              reached; the others are contacted
    └ ────────────────── after a second contact ─> looked for again

It is looked for at each run's begin and in each round of follow-up for a day, right before anybody is
contacted anew, when that interaction ends, and for three days after. Surely: it carries our reference; or it
is the only one, began before the attempt was given up, no person had said that it was not theirs, and no
other attempt at the address is in doubt.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from outreach.campaign.found import NEAR, change_when_found, tell_resolved
from outreach.campaign.given_up import GivenUp, find_late, read_given_up
from outreach.campaign.look_outage import REST
from outreach.campaign.outcomes import detail_of
from outreach.campaign.run import Run
from outreach.compliance.reasons import EARLIER_ATTEMPT_UNSURE
from outreach.errors import GenesysError
from outreach.genesys.interface import ConversationMatch
from outreach.ledger.adoption import Adoption, adopt
from outreach.ledger.changes import Change, apply
from outreach.ledger.claims import Claimed
from outreach.ledger.conversations import find_given_up
from outreach.ledger.forgotten import JUDGED
from outreach.ledger.intents import find_keys, has_rival, intent_row
from outreach.ledger.states import CONTACTED, State
from outreach.webhook.events import ContactDeferred

log = logging.getLogger(__name__)

RESTING = 500
"""So many who wait, or rest, are asked about at once: of 5,000, each round of follow-up took 400 requests."""


def settle_resting(run: Run) -> None:
    """Look for what attempts did that were given up within a day, of whoever waits or rests, and where it is
    sure count them as contacted.

    Raises:
        GenesysError: Genesys cannot be asked now, or we may not ask.
    """
    rows = find_given_up(run.ledger, run.campaign.id, at_most=RESTING)
    # Nobody is held before the ledger's age is known.
    _settle(run, find_late(run.ledger, run.genesys, rows), holds=False)


def settle_at_end(run: Run, rows: Sequence[Claimed]) -> dict[int, bool]:
    """The same of contacts whose interaction ends, or has ended.

    Of each who has such an attempt it says whether Genesys could say what became of it; nobody else is named.

    Raises:
        NotSent: the run was stopped before the question's turn came.
    """
    found, _ = _look(run, rows)
    _settle(run, found, holds=False)
    unsure = {each.row.id for each in found if each.is_unsure}
    return {each.row.id: each.row.id not in unsure for each in found}


def _settle(run: Run, found: Sequence[GivenUp], *, holds: bool) -> dict[int, State]:
    late = [(each, each.seen) for each in found if each.seen]
    shared = Counter(match.conversation_id for _, seen in late for match in seen)
    settled: dict[int, State] = {}
    for each, seen in late:  # one by one: two may be of one contact
        certain = [match for match in seen if match.certain] or seen
        is_alone = len(certain) == 1 and shared[certain[0].conversation_id] == 1
        if is_alone and _is_sure(run, each, certain[0]):
            apply(run.ledger, [_started(run, each, certain[0])], only_own=False)
            settled[each.row.id] = State.STARTED
        elif holds and each.row.state not in CONTACTED and each.row.id not in settled:
            adopt(run.ledger, [_doubted(run, each, seen)])
            settled[each.row.id] = State.HELD
    if late:
        run.wake_courier()
    return settled


def settle_or_defer(run: Run, rows: Sequence[Claimed]) -> dict[int, State]:
    """The same right before a contact, holding whom it may have reached; while Genesys cannot say, they wait.

    Raises:
        NotSent: the run was stopped before the question's turn came.
    """
    found, error = _look(run, rows)
    settled = _settle(run, found, holds=True)
    unsure = {each.row.id: each.row for each in found if each.is_unsure and each.row.id not in settled}
    apply(run.ledger, [_deferred(run, row, error) for row in unsure.values()])
    return settled | dict.fromkeys(unsure, State.DEFERRED)


def _look(run: Run, rows: Sequence[Claimed]) -> tuple[Sequence[GivenUp], GenesysError | None]:
    """What Genesys shows of their attempts, of all of them nothing during an outage; and its error."""
    outage = run.look_outage
    if not outage.lasts(run.ledger.clock.now()):
        try:
            return find_late(run.ledger, run.genesys, rows), None
        except GenesysError as error:
            if run.has_given_up(error):
                raise
            told = detail_of(error)  # its advice speaks of a call that contacts somebody
            log.warning("attempts that were given up are looked for later, Genesys cannot be asked: %s", told)
            outage.begin(error, run.ledger.clock.now())
    return list(read_given_up(run.ledger, run.genesys, rows)), outage.error


def _is_sure(run: Run, each: GivenUp, match: ConversationMatch) -> bool:
    if match.certain or each.is_by_person or not each.has_started(match):
        return match.certain
    attempt = each.attempt
    keys = find_keys(run.ledger, each.row, attempt.address)
    return not has_rival(
        run.ledger, each.row.id, keys.addresses, attempt.channel.value, attempt.at, within=NEAR
    )


def _started(run: Run, each: GivenUp, match: ConversationMatch) -> Change:
    """As an answer that comes late: the ledger knows what to make of it, wherever the contact stands."""
    row, attempt = each.row, each.attempt
    change = change_when_found(run, replace(row, reference=attempt.reference), attempt, match)
    keys = find_keys(run.ledger, row, attempt.address)
    same_address = run.settings.same_address
    intent = intent_row(row, attempt.channel, keys, attempt.reference, attempt.at, same_address)
    detail = {**change.detail, "reference": attempt.reference}
    return replace(change, detail=detail, reference=attempt.reference, restore=intent)


def _deferred(run: Run, row: Claimed, error: GenesysError | None) -> Change:
    until = run.look_outage.until if error else None
    until = until or run.ledger.clock.now() + REST
    return Change(
        contact_id=row.id,
        after=State.DEFERRED,
        action="deferred",
        reason=EARLIER_ATTEMPT_UNSURE,
        fields={"until": until},
        detail=detail_of(error) if error else {},
        events=run.event(ContactDeferred, row, reason=EARLIER_ATTEMPT_UNSURE, until=until),
    )


def _doubted(run: Run, each: GivenUp, seen: Sequence[ConversationMatch]) -> Adoption:
    row, attempt = each.row, each.attempt
    return Adoption(
        row,
        attempt.channel,
        attempt.address,
        attempt.reference,
        attempt.at,
        reason="several_matches",
        detail={JUDGED: sorted(match.conversation_id for match in seen)},
        events=tell_resolved(run, replace(row, reference=attempt.reference), "held"),
    )
