"""The order of the campaign route's steps, from whoever is cleared to everybody's outcome.

    claim, decide, intent ──> assigned ──> list filled ──> campaign, off ──> decided again ──> start committed
                                                                                                   │
      started <── conversation seen                                        start, once <───────────┘
      failed  <── the engine says so      <── results, conversations <── stopped <── watched
      held    <── anything else

Each step may be repeated but the start. It is committed before it is made, so a process that dies leaves a
hand-over that may have started: it is stopped and read, and started again only on the word of an export that
the engine has a result for nobody. Whom it leaves without a word is held, and never given to it again.
"""

import contextlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from outreach.campaign.hand_overs.filling import SENDING, fill, next_bound
from outreach.campaign.hand_overs.results import Results, read_results
from outreach.campaign.hand_overs.sending import Sending, gather, withdraw_forbidden
from outreach.campaign.hand_overs.settling import settle
from outreach.campaign.hand_overs.watching import stop, watch
from outreach.campaign.run import Run
from outreach.errors import Ambiguous, NotSent, Refused
from outreach.genesys.platform.api import Engine
from outreach.ledger.changes import apply_outcomes, to_cleared
from outreach.ledger.hand_overs import HandOver, commit_start, find_open, note
from outreach.ledger.turns import taking_turn

MOST_STARTS = 3


def hand_over_cleared(run: Run) -> Counter[str]:
    """Give everybody who is cleared for the campaign route to Genesys' engine, and see it through.

    Begins with what an earlier process left. Returns how many ended in each state. Does nothing while another
    living process does it.

    Raises:
        GenesysError: the organisation cannot be asked; everything stays, and the next run goes on with it.
        LedgerOutdated: the ledger is older than what was done with it.
    """
    counts: Counter[str] = Counter()
    engine = run.engine
    if engine is None:
        return counts
    run.age.confirm()
    with taking_turn(run.ledger, f"hand-over/{run.campaign.id}") as mine, run.stopping():
        try:
            while mine and _advance(run, engine, counts) and not run.auto_stop.reason:
                pass
        except NotSent as error:
            if not run.has_given_up(error):
                raise  # else the engine is stopped, and the next run reads what it did
    run.wake_courier()
    return counts


def _advance(run: Run, engine: Engine, counts: Counter[str]) -> bool:
    """See through what is open, or one hand-over more of each sender; False when nobody is left."""
    waiting = find_open(run.ledger, run.campaign.id)
    if not waiting and not run.auto_stop.reason:
        fill(run, engine, counts)
        waiting = find_open(run.ledger, run.campaign.id)
    for ended in _see_all_through(run, engine, waiting):
        counts.update(ended)
    return bool(waiting)


def _see_all_through(run: Run, engine: Engine, waiting: Sequence[HandOver]) -> list[Counter[str]]:
    """Each to its end; at the same time where they have several senders, for each has its own pace."""
    see = partial(_see_through, run, engine)
    by_sender: dict[tuple[str, str], list[HandOver]] = defaultdict(list)
    for each in waiting:
        by_sender[each.channel, each.sender].append(each)
    if len(by_sender) < 2:
        return [see(each) for each in waiting]

    def see_in_order(own: Sequence[HandOver]) -> list[Counter[str]]:
        with run.stopping():  # what stops one stops all
            return [see(each) for each in own]

    with ThreadPoolExecutor(len(by_sender)) as threads:
        return [ended for own in threads.map(see_in_order, by_sender.values()) for ended in own]


def _see_through(run: Run, engine: Engine, hand_over: HandOver) -> Counter[str]:
    """Take a hand-over from wherever it stands to its end."""
    sending = gather(run, engine, hand_over)
    if not sending.rows:  # a person has decided on all of them meanwhile
        if hand_over.outbound_id:
            stop(sending)
        note(run.ledger, hand_over, ended_at=sending.now)
        return Counter()
    if hand_over.start_at is not None:
        return settle(sending, _send(sending, MOST_STARTS))
    if not hand_over.outbound_id and (run.auto_stop.reason or _is_late(sending)):
        _give_back(sending)
        return Counter()
    if run.auto_stop.reason:
        return Counter()  # it lies there, switched off, for the next run
    prepared, may_start = _prepare(sending)
    if not may_start:  # it is stopped and read
        return settle(prepared, _send(prepared, 1))
    started = _start(prepared)
    return settle(started, _send(started, MOST_STARTS))


def _is_late(sending: Sending) -> bool:
    """Whether so much time has passed that its people would not all be sent to before its bound."""
    return sending.now > sending.hand_over.until - SENDING


# until the start


def _prepare(sending: Sending) -> tuple[Sending, bool]:
    """The list with everybody in it and the campaign, off; and whether we may start it.

    Raises:
        Ambiguous: the list has others than these. No campaign is made of it, and they go into another.
    """
    run, route, hand_over = sending.run, sending.route, sending.hand_over
    list_id = hand_over.list_id or route.prepare_list(hand_over.name)
    note(run.ledger, hand_over, list_id=list_id)
    route.add(list_id, [sending.write_row(key) for key in sending.rows])
    is_whole = _is_whole(sending, list_id)
    if hand_over.outbound_id:  # others may have started what lay there
        return sending, is_whole and not any(route.read_results(list_id).values())
    if not is_whole:
        _give_back(sending)
        raise Ambiguous("count contact list", 0, "sizes_differ", "", "Run it again: it makes another list.")
    outbound_id = route.prepare_campaign(hand_over.name, list_id, sending.list_hours())
    note(run.ledger, hand_over, outbound_id=outbound_id)
    return replace(sending, hand_over=replace(hand_over, list_id=list_id, outbound_id=outbound_id)), True


def _is_whole(sending: Sending, list_id: str) -> bool:
    """Whether the list has exactly as many rows as were given."""
    if sending.route.count(list_id) == len(sending.rows):
        return True
    sending.run.ledger.clock.sleep(sending.run.settings.look_after_seconds[-1])  # it may lag behind
    return sending.route.count(list_id) == len(sending.rows)


def _give_back(sending: Sending) -> None:
    """Nobody can have been contacted: there is no campaign yet. They go into another list."""
    changes = [
        to_cleared(
            contact_id=row.id,
            action="not_tried",
            reference=row.reference,
            fields={"attempts": row.attempts - 1},
        )
        for row in sending.rows.values()
    ]
    apply_outcomes(sending.run.ledger, changes)
    note(sending.run.ledger, sending.hand_over, ended_at=sending.now)


def _start(sending: Sending) -> Sending:
    """Decide on everybody again, commit the start, and make it, once."""
    if _is_late(sending):
        until = next_bound(sending.now)
        note(sending.run.ledger, sending.hand_over, until=until)
        sending = replace(sending, hand_over=replace(sending.hand_over, until=until))
    ledger, route, hand_over, decided_at = sending.run.ledger, sending.route, sending.hand_over, sending.now
    withdraw_forbidden(sending)
    route.bound(hand_over.outbound_id, hand_over.until)
    before = route.look(hand_over.outbound_id)
    if not commit_start(ledger, hand_over, len(sending.rows), decided_at):
        raise Ambiguous("start campaign", 0, "hand_over_changed", "", "Run it again.")
    if before.is_untouched:  # else somebody has started it: never a second time
        _send_start(sending)
    return replace(sending, hand_over=replace(hand_over, start_at=decided_at))


def _send_start(sending: Sending) -> None:
    try:
        sending.route.start(sending.hand_over.outbound_id)
    except (NotSent, Refused):  # proven: nothing happened
        note(sending.run.ledger, sending.hand_over, start_at=None)
        raise
    except Ambiguous:
        return  # it is looked for, and not made again in doubt


# from the start on


def _send(sending: Sending, starts: int) -> Results:
    """What the engine did, read once it has stopped. Has it start again while it did nothing for anybody."""
    while True:
        watch(sending)
        results, starts = read_results(sending), starts - 1
        if results.is_touched or not starts or sending.run.auto_stop.reason:
            return results
        _start_again(sending)


def _start_again(sending: Sending) -> None:
    """The export has a result for nobody: the start was lost, or never made."""
    route, hand_over = sending.route, sending.hand_over
    withdraw_forbidden(sending)
    found = route.look(hand_over.outbound_id)
    is_ours = route.count(hand_over.list_id) == len(sending.rows)  # else the list has whom we let go
    if is_ours and found.is_untouched and sending.now < hand_over.until:
        with contextlib.suppress(Ambiguous):
            route.start(hand_over.outbound_id)
