"""Is the ledger older than what was done with it? Nobody is contacted before that is answered.

witness knows more ─────────────────> stop, once the source is loaded: a record that was there is gone
witness knows everything ───────────> go on; Genesys is asked nothing
nobody knows, or not everything ──> Genesys: what did our senders start since the ledger's last intent?
    │ ── it fits a contact that the ledger never contacted ──> stop
    │ ── it cannot be asked, or shows too much ──────────────> stop, unless the ledger never had a witness
    └ ── nothing fits ───────────────────────────────────────> go on

Neither alone is enough: a witness on this machine knows nothing of a restore on another one, the
organisation's index lags behind by minutes.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from outreach.campaign.given_up import find_late
from outreach.counting import counted
from outreach.errors import LedgerOutdated, Refused
from outreach.genesys.interface import PAGE, Genesys
from outreach.ledger.campaigns import has_any
from outreach.ledger.forgotten import Fit, count_started, count_unexplained, find_forgotten, known_until
from outreach.ledger.ledger import Ledger
from outreach.ledger.release import find_living
from outreach.ledger.witness import (
    MachineWitness,
    Standing,
    Witness,
    ask_witnesses,
    draw_identity,
    read_identity,
    read_mark,
)
from outreach.ledger.wrong_clocks import note_ahead

log = logging.getLogger(__name__)

MOST_REQUESTS = 3
"""Of a run's start; what they do not show is for `outreach ledger catch-up`. More where the ledger itself
filled them: four tokens start 300 in 15 seconds, which are three pages.
"""

ADVICE = "Take in what Genesys knows: outreach ledger catch-up."

WHOLE = (
    "Where nothing is missing, as after a run that was killed: outreach ledger catch-up --whole REASON. "
    "Else `outreach ledger catch-up` holds everybody who is due, for this API shows no conversations."
)
AT_WORK = "Another process works with it: run this again once that has ended."


class LedgerAge:
    """What one run knows of its ledger's age. Safe for threads.

    Args:
        ledger: the ledger.
        genesys: the organisation, asked where no witness knows.
        witnesses: who else remembers, beside this machine.
        is_joined: the campaign is run already: whoever began it has asked.
    """

    def __init__(
        self, ledger: Ledger, genesys: Genesys, witnesses: Sequence[Witness] = (), *, is_joined: bool = False
    ) -> None:
        self._ledger = ledger
        self._genesys = genesys
        self._witnesses = (MachineWitness(), *witnesses)
        self._is_joined = is_joined
        self._asking = threading.Lock()
        self._identity = read_identity(ledger)
        self._since: datetime | None = None
        self._has_begun = False
        self._is_older = False
        self._is_confirmed = False

    def check(self) -> None:
        """Ask the witnesses, before this run writes anything.

        Raises:
            LedgerOutdated: it joins a run that nobody may go on with.
        """
        standing = ask_witnesses(self._ledger, self._witnesses)
        if standing is Standing.OLDER:  # said by `confirm`: what is loaded by then can be caught up with
            self._is_older, self._ledger.identity = True, None
            if self._is_joined:
                _stop_older()
        elif self._is_joined and self._identity:
            self._ledger.identity = self._identity
        elif standing is Standing.WHOLE or not self._knows_since_when():
            self._trust()

    def _knows_since_when(self) -> bool:
        """Whether Genesys can be asked. Only where it is to be: of a million intents it took 0.1 s."""
        self._since, self._has_begun = known_until(self._ledger), has_any(self._ledger)
        return self._since is not None

    def confirm(self) -> None:
        """Say what came of it, when the source is loaded; asks Genesys once, where no witness knew.

        Raises:
            LedgerOutdated: it is older than what was done, or nobody can say.
            GenesysError: Genesys cannot be asked now.
        """
        with self._asking:
            self.note_clock()
            if self._is_older:
                _stop_older()
            if self._is_confirmed:
                return
            if self._ledger.identity is None and self._since is not None:
                self._ask(self._since)
                self._trust()
            if people := count_unexplained(self._ledger):
                found = counted(people, "person here was", "people here were")
                _stop(f"{found} contacted when the ledger was another state of this one.")
            self._is_confirmed = True

    def note_clock(self) -> None:
        """Keep in the ledger how far this process's clock is ahead, as far as Genesys' answers tell."""
        note_ahead(self._ledger, -self._genesys.clock_skew)

    def renew(self, *, is_open: bool) -> None:
        """Tell all witnesses how far the ledger is, once it is trusted; `is_open` while a run goes on.

        Who only joins a run tells nothing: nobody asked there whether the ledger is whole.
        """
        if self._is_joined or not self._ledger.identity:
            return
        if mark := read_mark(self._ledger, is_open=is_open):
            for witness in self._witnesses:
                witness.remember(self._ledger.identity, mark)

    def _trust(self) -> None:
        self._ledger.identity = self._identity or draw_identity(self._ledger)
        self.renew(is_open=True)

    def _ask(self, since: datetime) -> None:
        try:
            started, is_all = self._genesys.list_started(since, at_most=MOST_REQUESTS)
            own = 0 if is_all else count_started(self._ledger, since) // PAGE
            if own:  # pages that the ledger itself may have filled: again, with so many more
                started, is_all = self._genesys.list_started(since, at_most=MOST_REQUESTS + own)
        except Refused as error:
            log.warning("Genesys does not say what our senders started: %s", error)
            started, is_all = [], False
        forgotten = self._without_late(find_forgotten(self._ledger, started)[0])
        if forgotten:
            people = counted(len({fit.row.id for fit in forgotten}), "person", "people")
            _stop(
                f"The ledger is older than what was done: Genesys knows conversations with {people} "
                "whom it never contacted."
            )
        if not is_all and self._identity and self._has_begun:
            _stop(
                "Nobody here can say whether the ledger is older than what was done with it.", self._advise()
            )

    def _advise(self) -> str:
        """What to do where nobody can say: a run's open mark is closed by its end, or by a person."""
        if find_living(self._ledger) - {self._ledger.executor.id}:
            return AT_WORK
        return ADVICE if self._genesys.can_find else WHOLE

    def _without_late(self, fits: Sequence[Fit]) -> list[Fit]:
        """Without what an attempt started that this ledger knows, and gave up: it only turned up late."""
        rows = {fit.row.id: fit.row for fit in fits}
        late = find_late(self._ledger, self._genesys, list(rows.values()))
        known = {
            match.conversation_id for each in late for match in each.seen or () if each.has_started(match)
        }
        return [fit for fit in fits if fit.trace.conversation_id not in known]


def _stop_older() -> NoReturn:
    _stop("The ledger is older than what was done with it, or another state of it.")


def _stop(problem: str, advice: str = ADVICE) -> NoReturn:
    raise LedgerOutdated(f"{problem} Nobody was contacted.", advice)
