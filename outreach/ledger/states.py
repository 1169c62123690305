"""The states of one contact in one campaign, and the only ways between them.

    accepted ──> registered ──> cleared ──> intent ──> started ──> ended
       │             │  │           │         │  │
       └─> failed <──┘  │           │         │  └──> unknown ──> started | cleared (released) | held
                        │           │         └─> back to cleared, or failed: Genesys refused
                        ├──> blocked(reason) <┤
                        ├──> deferred(until) <┘      deferred ──> cleared | blocked | deferred | held
                        └──> held(for a person)

    blocked, held for a reason that is gone, not contacted and a corrected row comes ──> accepted
    not contacted, and the row of today cannot be read ──> held(row_unreadable), until one comes that can
    not contacted, and rows of one list contradict each other ──> held(rows_contradict), until a list agrees

    erased: not contacted ──> blocked, in doubt ──> held, started ──> ended at once; the payload is gone

`rejected` rows never become contacts; they are counted beside. Every single step: docs/never-twice.md.
"""

from enum import Enum


class State(str, Enum):
    """Where a contact stands."""

    ACCEPTED = "accepted"
    REGISTERED = "registered"
    CLEARED = "cleared"
    INTENT = "intent"
    STARTED = "started"
    ENDED = "ended"
    UNKNOWN = "unknown"
    HELD = "held"
    BLOCKED = "blocked"
    DEFERRED = "deferred"
    FAILED = "failed"

    # Without it an f-string says "held" on Python 3.10 and "State.HELD" from 3.11 on.
    def __str__(self) -> str:
        return self.value


NEXT: dict[State, frozenset[State]] = {
    State.ACCEPTED: frozenset({State.REGISTERED, State.FAILED, State.HELD, State.BLOCKED}),
    State.REGISTERED: frozenset(
        {State.ACCEPTED, State.CLEARED, State.BLOCKED, State.DEFERRED, State.HELD, State.FAILED}
    ),
    State.CLEARED: frozenset(
        {State.ACCEPTED, State.INTENT, State.BLOCKED, State.DEFERRED, State.HELD, State.FAILED}
    ),
    State.DEFERRED: frozenset({State.CLEARED, State.BLOCKED, State.DEFERRED, State.HELD, State.ACCEPTED}),
    State.INTENT: frozenset(
        {State.STARTED, State.UNKNOWN, State.CLEARED, State.FAILED, State.BLOCKED, State.DEFERRED, State.HELD}
    ),
    State.STARTED: frozenset({State.ENDED}),
    State.UNKNOWN: frozenset({State.STARTED, State.CLEARED, State.HELD, State.FAILED, State.DEFERRED}),
    State.HELD: frozenset(
        {State.STARTED, State.CLEARED, State.ACCEPTED, State.FAILED, State.BLOCKED, State.DEFERRED}
    ),
    State.BLOCKED: frozenset({State.ACCEPTED, State.HELD}),
    State.FAILED: frozenset({State.ACCEPTED, State.BLOCKED, State.HELD}),
    State.ENDED: frozenset(),
}
"""What may follow what. Back to `accepted` lead a correction, `outreach retry`, a reason that is gone."""

CONTACTED = frozenset({State.STARTED, State.ENDED})
"""The person was reached, as far as Genesys says."""

WAITING = frozenset({State.ACCEPTED, State.REGISTERED, State.CLEARED, State.DEFERRED, State.INTENT})
"""Still to be contacted, now or when their time has come."""

LOOKED_FOR = frozenset({State.UNKNOWN, State.STARTED, State.ENDED})
"""Nothing is done to these but looking: a process that dies meanwhile did not die of them."""

CORRECTABLE = frozenset(State) - CONTACTED - {State.INTENT, State.UNKNOWN}
"""A corrected row of the source starts these afresh where no outcome is in doubt, and one that cannot be read
has them held: whoever waits as well, in whosever hands, or they would be contacted by yesterday's yes.
"""

SET_ASIDE = frozenset({State.BLOCKED, State.HELD})
"""Decided on, and nobody was to be contacted: what that rested on may have gone (`ledger/reopening.py`)."""

RESTING = frozenset({State.STARTED, State.ENDED, State.BLOCKED, State.DEFERRED, State.FAILED, State.HELD})
"""Nothing is left to do for these in this run."""


def may_follow(before: State, after: State) -> bool:
    """Whether the step is drawn in the picture above."""
    return after in NEXT[before]
