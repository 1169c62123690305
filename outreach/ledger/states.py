"""The states of one contact in one campaign, and the only ways between them.

    accepted ──> registered ──> cleared ──> intent ──> started ──> ended
       │             │  │           │         │  │
       └─> failed <──┘  │           │         │  └──> unknown ──> started | cleared (released) | held
                        │           │         └─> refused: back to cleared, or failed
                        ├──> blocked(reason) <┤
                        ├──> deferred(until) <┘      deferred ──> cleared | blocked | deferred | held
                        └──> held(for a person)

    erased: not contacted ──> blocked, in doubt ──> held, started ──> ended at once; the payload is gone

`rejected` rows never become contacts; they are counted beside. `refused` is passed through, never rested in:
the audit shows it.
"""

from __future__ import annotations

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
    REFUSED = "refused"
    FAILED = "failed"

    def __str__(self) -> str:
        return self.value


_A, _R, _C, _I = State.ACCEPTED, State.REGISTERED, State.CLEARED, State.INTENT
_S, _E, _U, _H = State.STARTED, State.ENDED, State.UNKNOWN, State.HELD
_B, _D, _F = State.BLOCKED, State.DEFERRED, State.FAILED

NEXT: dict[State, frozenset[State]] = {
    _A: frozenset({_R, _F, _H, _B}),
    _R: frozenset({_C, _B, _D, _H, _F}),
    _C: frozenset({_I, _B, _D, _H, _F}),
    _D: frozenset({_C, _B, _D, _H, _A}),
    _I: frozenset({_S, _U, _C, _F, _B, _D, _H}),
    _S: frozenset({_E}),
    _U: frozenset({_S, _C, _H, _F, _D}),
    _H: frozenset({_S, _C, _A, _F, _B, _D}),
    _B: frozenset({_A}),
    _F: frozenset({_A, _B}),
    _E: frozenset(),
}
"""What may follow what. Back to `accepted` leads only a person's correction or `outreach retry`."""

CONTACTED = frozenset({_S, _E})
"""The person was reached, as far as Genesys says."""

LOOKED_FOR = frozenset({_U, _S, _E})
"""Nothing is done to these but looking: a process that dies meanwhile did not die of them."""

CORRECTABLE = frozenset({_B, _F, _D})
"""A corrected row of the source starts these afresh; `held` too, where no outcome is in doubt."""

RESTING = frozenset({_S, _E, _B, _D, _F, _H})
"""Nothing is left to do for these in this run."""


def may_follow(before: State, after: State) -> bool:
    """Whether the step is drawn in the picture above."""
    return after in NEXT[before]
