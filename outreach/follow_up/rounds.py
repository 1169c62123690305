"""Following interactions to their end: one round of bounded work, safe to run at any time, by anybody.

    free what the dead held ──> outcomes in doubt ──> claim the longest due ──> read many at once
        ──> overlong ones are asked to end, and read again ──> missing links to contacts are asked for
        ──> opt-out receipts suppress ──> states and events
        ──> and the same for those that have ended, but whose message may still arrive or fail
        ──> what people answered is read (replies.py)

It works in one thread, one call at a time. The budget is first come, first served between processes, and a
campaign asks for it with all of its threads: beside a busy campaign this takes a small share, beside an idle
one what it needs. On the platform API a request reads 50 interactions; on the guide API, one.
"""

import contextlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from outreach.campaign.late_conversations import settle_at_end
from outreach.campaign.reconciliation import recover
from outreach.campaign.run import Run
from outreach.errors import Conflict, GenesysError, Invalid, NotFound
from outreach.follow_up.endings import ENDS, OVERLONG, RECEIVED, change_after, mark_overlong
from outreach.follow_up.links import ASKED, link
from outreach.follow_up.observation import Observation
from outreach.follow_up.replies import read_replies
from outreach.genesys.interface import Conversation
from outreach.ledger.changes import apply
from outreach.ledger.claims import Claimed, claim, everything, releasing
from outreach.ledger.contacts import count_in
from outreach.ledger.states import State
from outreach.ledger.suppressions import suppress

log = logging.getLogger(__name__)

GROUP = 50  # what one analytics request reads
GROUP_ONE_BY_ONE = 10
"""How many are claimed at once where each is a request of its own."""

DOUBTS = 2000
"""Outcomes in doubt that a round looks for, before it looks at what goes on."""

SHARE_OF_REPLIES = 0.25
"""Of a round's time, kept from looks: who asks to stop is heard though a busy campaign takes the budget."""

RECEIPT = "receipt"
"""The source that addresses carry in the suppression table when a receipt said that the person opted out."""


def follow_up(run: Run, *, at_most: int = 1_000_000, seconds: float = 240.0) -> Counter[str]:
    """One round over one campaign, the longest due first.

    Args:
        run: of a campaign (`opening.open_run`).
        at_most: looks at interactions, more than a round can make: the budget binds it, and `seconds`.
        seconds: after which nothing new is begun; what is begun takes its requests' time.

    Returns:
        Counts: `looked`, `ended`, of these `overlong`; `asked` to end; `not_shown` by Genesys; `opted_out`
        addresses; `receipts` that came after an end; `linked`, asked to name their contact; `replies`
        read, of these `stopped` and `to_read` by a person; outcomes in doubt `resolved`, `held` for a
        person, and still `unknown`; and `open`, all that goes on.
        `run.auto_stop.reason` says why nothing more could be asked to end.

    Raises:
        GenesysError: interactions cannot be read; what was done is done, the rest stays as it was.
    """
    until = run.ledger.clock.monotonic() + seconds
    looks_until = until - seconds * SHARE_OF_REPLIES
    counts = _resolve(run, min(at_most, DOUBTS))
    written: dict[str, Claimed] = {}
    # What still goes on first: a receipt can wait for the next round.
    for state in (State.STARTED, State.ENDED):
        while (left := at_most - counts["looked"]) > 0 and run.ledger.clock.monotonic() < looks_until:
            group = _claim(run, state, left)
            if not group:
                break
            with releasing(run.ledger, group):  # a look that fails frees the group at once
                counts.update(_look_at(run, group, written))
            run.wake_courier()
    if run.ledger.clock.monotonic() < until:
        counts.update(read_replies(run, written, until))
        run.wake_courier()
    counts["open"] = count_in(run.ledger, run.campaign.id, {State.STARTED})
    return counts


def _claim(run: Run, state: State, left: int) -> list[Claimed]:
    size = GROUP if run.genesys.api == "platform" else GROUP_ONE_BY_ONE
    return claim(run.ledger, run.campaign.id, everything(run.campaign.name), (state,), limit=min(size, left))


def describe_round(counts: Mapping[str, int]) -> str:
    """For people: "12 ended, 3 still open, 1 unknown resolved"."""
    words = {
        "overlong": "of them overlong",
        "asked": "asked to end",
        "resolved": "unknown resolved",
        "held": "unknown held for a person (outreach resolve)",
        "unknown": "still unknown",
        "not_shown": "not shown by Genesys",
        "opted_out": "opted out",
        "receipts": "receipts after the end",
        "linked": "links asked for",
        "replies": "answers read",
        "stopped": "of them asked to stop",
        "to_read": "of them for a person to read",
    }
    more = [f"{counts[name]} {word}" for name, word in words.items() if counts.get(name)]
    return ", ".join([f"{counts.get('ended', 0)} ended", f"{counts.get('open', 0)} still open", *more])


def _resolve(run: Run, at_most: int) -> Counter[str]:
    found = recover(run, at_most=at_most)
    unknown = found.pop(State.UNKNOWN.value, 0)
    held = found.pop(State.HELD.value, 0)
    return Counter(resolved=found.total(), held=held, unknown=unknown)


def _look_at(run: Run, group: Sequence[Claimed], written: dict[str, Claimed]) -> Counter[str]:
    now = run.ledger.clock.now()
    seen = _read(run, group)
    observations = [Observation(row, seen.get(row.conversation_id), now) for row in group]
    asked = _ask_to_end(run, [each.row for each in observations if each.is_overlong])
    if asked:
        with contextlib.suppress(GenesysError):  # then the next round sees the ends
            seen.update(_read(run, list(asked.values())))
    observations = [Observation(asked.get(row.id, row), seen.get(row.conversation_id), now) for row in group]
    links = link(run, observations)
    observations = [replace(each, link=links.get(each.row.id, each.row.link)) for each in observations]
    wrote = [each.row for each in observations if each.found is not None and each.found.has_inbound]
    written.update({row.conversation_id: row for row in wrote if not row.contact.is_forgotten})
    # Before the states are written: who dies between the two reads the receipt, and looks, again.
    opted_out = _suppress(
        run, [each for each in observations if each.found is not None and each.found.opted_out]
    )
    changes = {each.row.id: change_after(run, each) for each in observations}
    # Not with each look at what goes on: 0.6 ms a group of 50, a tenth of its processor time.
    told = settle_at_end(
        run, [each.row for each in observations if changes[each.row.id].after is State.ENDED]
    )
    again = [replace(each, is_told=told[each.row.id]) for each in observations if each.row.id in told]
    changes |= {each.row.id: change_after(run, each) for each in again}
    made = apply(run.ledger, list(changes.values()), owner=group[0].owner)  # one claim has one owner
    ended = [each for each in observations if each.row.id in made and changes[each.row.id].action in ENDS]
    return Counter(
        looked=len(group),
        ended=len(ended),
        overlong=sum(each.row.reason == OVERLONG for each in ended),
        asked=len(asked),
        not_shown=sum(each.found is None for each in observations),
        opted_out=opted_out,
        receipts=sum(changes[number].action == RECEIVED for number in made),
        linked=sum(known.startswith(ASKED) for known in links.values()),
    )


def _read(run: Run, rows: Sequence[Claimed]) -> dict[str, Conversation]:
    wanted = [row.conversation_id for row in rows]
    return {found.conversation_id: found for found in run.genesys.read(wanted)}


def _ask_to_end(run: Run, overlong: Sequence[Claimed]) -> dict[int, Claimed]:
    """Ask for the end of each, after writing it down; those that were asked, as they stand now."""
    asked: dict[int, Claimed] = {}
    for row in overlong:
        if run.auto_stop.reason:
            break
        if row.reason != OVERLONG:  # else it was asked before, and is asked again
            if not apply(run.ledger, [mark_overlong(row)], owner=row.owner):  # it is ours no more
                continue
            row = replace(row, reason=OVERLONG, checks=0)  # noqa: PLW2901 - the row as it stands now
        asked[row.id] = row
        _end(run, row)
    return asked


def _end(run: Run, row: Claimed) -> None:
    try:
        if row.channel:  # as everybody has who was contacted
            run.genesys.end(row.conversation_id, row.channel)
    except GenesysError as error:
        log.warning("conversation %s outlived its time, but does not end: %s", row.conversation_id, error)
        if not isinstance(error, (Invalid, Conflict, NotFound)):  # those are of this conversation alone
            run.auto_stop.stop(str(error))  # a permission, or nobody answers: the next ones fare no better


def _suppress(run: Run, observations: Sequence[Observation]) -> int:
    """Whoever opted out is not contacted again, by no campaign; how many addresses are new."""
    rows = [each.row for each in observations]
    addresses = [row.contact.channels.address(row.channel) for row in rows if row.channel]
    named = [address for address in addresses if address]
    return suppress(run.ledger, named, source=RECEIPT, reason="recipient_opted_out") if named else 0
