"""Attempts that were given up in doubt, and what Genesys shows of them all the same.

Nothing was found to the last look, or a person released it; then a slow index, or a request that was held up
on its way, shows the conversation late. The audit remembers each such attempt, by its reference and instant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import orjson

from outreach.compliance.reasons import EARLIER_ATTEMPT_UNSURE
from outreach.contacts import Channel
from outreach.genesys.interface import WINDOW, Attempt, ConversationMatch, Genesys
from outreach.ledger.audit.chain import read_histories
from outreach.ledger.claims import Claimed
from outreach.ledger.conversations import find_starters
from outreach.ledger.facts import recall, unmarked_in
from outreach.ledger.forgotten import JUDGED, WAITED_FOR
from outreach.ledger.ledger import Ledger
from outreach.ledger.states import State

GRAIN = timedelta(seconds=5)
"""Less tells of no clock: a `Date` has whole seconds, and an answer that is read late makes it older."""

_BY_PERSON, _STARTED_BY_PERSON = "resolved_released", "resolved_started"
_RELEASES = ("released", _BY_PERSON)
_IN_DOUBT = (State.INTENT, State.UNKNOWN, State.HELD)

_WINDOWS = 4
"""So many of a look's windows, which last 20 minutes, an engine's list may have been sent in."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """An attempt that was given up: when, whether by a person, and what Genesys shows of it.

    `until` is by Genesys' clock: what began before it was started by no later attempt. `is_handed`: Genesys'
    engine had it. `judged` are the conversations that a person has seen since, and did not take for theirs.
    `is_vouched`: a person said since, while Genesys could not, that it reached nobody.
    """

    row: Claimed
    attempt: Attempt
    until: datetime
    is_by_person: bool
    is_handed: bool = False
    judged: frozenset[str] = frozenset()
    is_vouched: bool = False
    seen: Sequence[ConversationMatch] | None = None
    """Those that are nobody's yet; None where Genesys did not say, or not all of it."""

    @property
    def is_unsure(self) -> bool:
        """Whether nobody can say now if it reached somebody."""
        return self.seen is None and not self.is_vouched

    def has_started(self, match: ConversationMatch) -> bool:
        """Whether it carries our reference, or began too early for any later attempt."""
        return match.certain or match.started_at <= self.until


def find_late(ledger: Ledger, genesys: Genesys, rows: Sequence[Claimed]) -> list[GivenUp]:
    """The given-up attempts of these contacts, with what Genesys shows of each that is nobody's yet.

    Raises:
        GenesysError: Genesys cannot be asked now, or we may not ask.
    """
    given_up = list(read_given_up(ledger, genesys, rows))
    found = _find(ledger, genesys, given_up)
    taken = find_starters(ledger, [match.conversation_id for seen in found.values() for match in seen])
    late = []
    for each in given_up:
        matches, known = found.get(each.attempt.reference), each.judged.union(taken)
        seen = None if matches is None else [m for m in matches if m.conversation_id not in known]
        late.append(replace(each, seen=seen))
    return late


def make_attempt(ledger: Ledger, row: Claimed, reference: str, by: str, at: datetime) -> Attempt:
    """The attempt with this reference, `by` this channel at this instant, as Genesys is asked for it."""
    channel = Channel(by)
    is_marked = not channel.is_mail or recall(ledger, unmarked_in(row.campaign_id)) is None
    address = row.contact.channels.address(channel) or ""
    name = row.contact.external_contact_id
    return Attempt(reference, name, row.genesys_id, channel, address, at, is_marked)


def _find(
    ledger: Ledger, genesys: Genesys, given_up: Sequence[GivenUp]
) -> dict[str, list[ConversationMatch]]:
    """As Genesys' own `find`: left out is of whom nothing was seen, and not all was shown."""
    found: dict[str, list[ConversationMatch]] = {}
    unshown: set[str] = set()
    asked, now = list(given_up), ledger.clock.now()
    for window in range(_WINDOWS):
        later = WINDOW * window
        attempts = [replace(each.attempt, at=each.attempt.at + later) for each in asked]
        looked = genesys.find(attempts) if attempts else {}
        unshown |= {attempt.reference for attempt in attempts} - looked.keys()
        for reference, seen in looked.items():
            known = found.setdefault(reference, [])
            known += [match for match in seen if match not in known]  # two windows overlap a little
        asked = [each for each in given_up if each.is_handed and each.attempt.at + later + WINDOW < now]
    return {reference: seen for reference, seen in found.items() if seen or reference not in unshown}


def read_given_up(ledger: Ledger, genesys: Genesys, rows: Sequence[Claimed]) -> Iterator[GivenUp]:
    """The given-up attempts of these contacts that Genesys can be asked about, as the audit has them."""
    if not rows or not genesys.can_find:
        return
    skew = genesys.clock_skew if abs(genesys.clock_skew) > GRAIN else timedelta()
    known = {row.id: row for row in rows if not row.contact.is_forgotten}
    records = read_histories(ledger, list(known), _RELEASES)
    for number, theirs in groupby(records, key=lambda record: record.contact_id):
        for each in _replay(ledger, known[number], list(theirs)):
            if each.attempt.address:  # a corrected row may have lost it
                yield replace(each, until=each.until + skew)


def _replay(ledger: Ledger, row: Claimed, records: Sequence[Any]) -> list[GivenUp]:
    """Of this contact's attempts those that were given up, and that nothing was found of since."""
    given_up: dict[str, GivenUp] = {}
    judged: frozenset[str] = frozenset()
    attempt: Attempt | None = None
    is_handed = False
    for record in records:
        told = orjson.loads(record.detail)
        reference = told.get("reference", "")
        if record.action == "intended":
            attempt = make_attempt(ledger, row, reference, told["channel"], record.at)
            is_handed = False
        elif record.action in _RELEASES and attempt:
            is_by_person = record.action == _BY_PERSON
            given_up[attempt.reference] = GivenUp(row, attempt, record.at, is_by_person, is_handed)
            attempt = None
        elif told.get(WAITED_FOR) == EARLIER_ATTEMPT_UNSURE and record.action == _BY_PERSON:
            given_up = {n: replace(each, is_by_person=True, is_vouched=True) for n, each in given_up.items()}
        elif JUDGED in told and reference in given_up:  # held: the doubt of that attempt is open again
            judged |= set(told[JUDGED])
            doubted = given_up.pop(reference)
            attempt, is_handed = doubted.attempt, doubted.is_handed
        elif record.action == _STARTED_BY_PERSON and "conversation_id" not in told:
            given_up.clear()  # which of them it was, nobody knows
        elif "conversation_id" in told and reference in given_up:  # its late answer: a newer one goes on
            given_up.pop(reference)
        elif told.get("state") not in _IN_DOUBT:
            attempt = None
        elif "result" in told:
            is_handed = True
    return [replace(each, judged=judged) for each in given_up.values()]
