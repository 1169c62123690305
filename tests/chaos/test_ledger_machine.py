"""A state machine over the ledger: whatever happens in whatever order, nobody is contacted twice or lost.

Each call is two steps here, as it is in the world: at some moment Genesys acts or doesn't (`act`),
and later its answer comes, is lost, or dies with its process. A process may be killed, or be thought dead
while it still has calls in the air.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from outreach.campaign.outcomes import NotAttempted
from outreach.campaign.reconciliation import reconcile
from outreach.campaign.run import Run
from outreach.errors import Ambiguous, Invalid, NotSent, UsageError
from outreach.genesys.interface import Attempt, Engagement, Started
from outreach.ledger.database.schema import intents
from outreach.ledger.intents import Intent
from outreach.ledger.proof import prove
from outreach.ledger.release import free_rows_of, release_dead_executors
from outreach.ledger.suppressions import suppress
from outreach.operations.resolution import resolve, retry_failed
from outreach.settings import WhenNotFound
from tests.support.clocks import SetClock
from tests.support.ledgers import (
    CALM,
    NOON,
    attempt,
    clear,
    intend,
    kill,
    load,
    new_ledger,
    new_run,
    people,
    states,
)
from tests.support.organisations import Organisation

NAMES = [f"C-{n}" for n in range(1, 7)]
ADDRESSES = {name: f"+1317555000{n % 4}" for n, name in enumerate(NAMES, start=1)}
RELAXED = CALM.model_copy(update={"stop_unknown_rate": 1.0, "stop_failure_rate": 1.0})
REFUSALS = (NotSent("start sms", 0, "connect"), Invalid("start sms", 400, "bad"), NotAttempted())
LOST = Ambiguous("start sms", 0, "read_timeout")


@dataclass
class Call:
    """A call in the air."""

    run: Run
    opened: Intent
    departed: bool = False
    acted: bool = False

    @property
    def name(self) -> str:
        return self.opened.claimed.contact.external_contact_id


class LedgerMachine(RuleBasedStateMachine):
    """Two processes on one ledger, one organisation, and a CRM that changes its mind."""

    @initialize(policy=st.sampled_from(WhenNotFound))
    def open(self, policy: WhenNotFound) -> None:
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.clock = SetClock(NOON)
        self.organisation = Organisation()
        self.settings = RELAXED.model_copy(update={"when_not_found": policy})
        self.processes = [self.start(), self.start()]
        self.calls: list[Call] = []
        self.risked: set[str] = set()
        """Addresses that a person or a policy released although somebody may have been reached."""
        self.lied: set[str] = set()
        self.edition = 0
        self.load(set(NAMES))
        self.a_process_opens_intents(0, 3)

    def start(self) -> Run:
        ledger = self.stack.enter_context(new_ledger(self.folder, self.clock))
        return self.stack.enter_context(new_run(ledger, self.organisation, self.settings))

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            with self.stack:
                self.come_to_rest()

    @rule(names=st.sets(st.sampled_from(NAMES), min_size=1))
    def a_corrected_file_is_loaded(self, names: set[str]) -> None:
        self.edition += 1
        self.load(names)

    def load(self, names: set[str]) -> None:
        rows = [
            {
                **person,
                "name": f"Edition {self.edition}",
                "sms": ADDRESSES[str(person["external_contact_id"])],
            }
            for person in people(len(NAMES), email=None)
            if person["external_contact_id"] in names
        ]
        load(self.processes[0], rows)

    @rule(which=st.integers(0, 1), count=st.integers(1, 4))
    def a_process_opens_intents(self, which: int, count: int) -> None:
        run = self.processes[which]
        clear(run)
        self.calls += [Call(run, opened) for opened in intend(run, count, departed=False)]

    @precondition(lambda self: self.calls)
    @rule(
        place=st.integers(0, 9),
        acts=st.booleans(),
        answer=st.sampled_from(("comes", "is lost", "comes later")),
        refusal=st.sampled_from(REFUSALS),
    )
    def a_call_goes_on(self, place: int, acts: bool, answer: str, refusal: NotSent) -> None:  # noqa: FBT001
        call = self.calls[place % len(self.calls)]
        self.let_go(call)
        if acts and not call.acted:
            self.act(call)
        if answer == "comes later":
            return
        self.calls.remove(call)
        conversations = {a.reference: number for number, a in self.organisation.conversations.items()}
        if answer == "is lost":
            attempt(call.run, call.opened, LOST)
        elif call.acted:
            attempt(call.run, call.opened, Started(conversations[call.opened.reference], 1.0))
        else:
            attempt(call.run, call.opened, refusal)

    @rule(which=st.integers(0, 1), arrives=st.booleans())
    def a_process_is_killed(self, which: int, arrives: bool) -> None:  # noqa: FBT001 - hypothesis draws it
        """What it had sent may still arrive."""
        dead = self.processes[which]
        kill(dead.ledger)
        for call in [call for call in self.calls if call.run is dead]:
            self.calls.remove(call)
            if arrives and call.departed and not call.acted:
                self.act(call)
        self.processes[which] = self.start()

    @rule(which=st.integers(0, 1))
    def a_living_process_is_thought_dead(self, which: int) -> None:
        if executor := self.processes[which].ledger.executor.id:
            free_rows_of(self.processes[1 - which].ledger, executor, deaths=1)

    @rule(which=st.integers(0, 1))
    def a_process_buries_the_dead(self, which: int) -> None:
        release_dead_executors(self.processes[which].ledger)

    @rule(which=st.integers(0, 1), visible=st.booleans())
    def a_process_looks_for_the_doubtful(self, which: int, visible: bool) -> None:  # noqa: FBT001
        self.organisation.visible = visible
        self.clock.advance(61)
        before = self.standing()
        reconcile(self.processes[which])
        self.organisation.visible = True
        after = self.standing()
        self.note_releases({n for n in before if (before[n], after[n]) == ("unknown", "cleared")})

    @rule(name=st.sampled_from(NAMES), outcome=st.sampled_from(("started", "released")))
    def a_person_decides(self, name: str, outcome: str) -> None:
        before = self.standing().get(name)
        with contextlib.suppress(UsageError):
            resolve(self.processes[0].ledger, self.processes[0].campaign, name, outcome, reason="sure")  # type: ignore[arg-type]  # one of the two
            if outcome == "started":
                self.lied.add(name)
            elif before in ("unknown", "held"):
                self.note_releases({name})

    @rule()
    def a_person_retries_the_failed(self) -> None:
        retry_failed(self.processes[0].ledger, self.processes[0].campaign)

    @rule(name=st.sampled_from(NAMES))
    def a_person_asks_to_be_left_alone(self, name: str) -> None:
        suppress(self.processes[0].ledger, [ADDRESSES[name]], source="person", reason="asked")

    @invariant()
    def no_two_intents_live_for_one_contact_or_address(self) -> None:
        if not hasattr(self, "processes"):
            return
        for column in (intents.c.contact_id, intents.c.address_slot, intents.c.reference):
            twice = select(column).group_by(column).having(func.count() > 1)
            with self.processes[0].ledger.db.read() as connection:
                assert connection.execute(twice).all() == []

    @invariant()
    def nobody_is_contacted_twice(self) -> None:
        if hasattr(self, "organisation"):
            reached = Counter(e.attempt.address for e in self.organisation.contacted)
            assert {address for address, times in reached.items() if times > 1} <= self.risked

    @invariant()
    def the_proof_balances(self) -> None:
        if hasattr(self, "processes"):
            proof = prove(self.processes[0].ledger, self.processes[0].campaign)
            twice = f"{proof.contacted_twice} contacted twice"
            assert set(proof.missing) <= ({twice} if self.risked else set())

    def let_go(self, call: Call) -> None:
        if not call.departed:
            call.departed = call.run.ledger.executor.note_sent(
                call.opened.claimed.owner, call.opened.reference
            )

    def act(self, call: Call) -> None:
        """Genesys contacts the person, whoever still knows of it."""
        if not call.departed:
            return
        call.acted = True
        address, claimed = call.opened.address, call.opened.claimed
        number = f"c-{len(self.organisation.contacted) + 1}"
        attempt_made = Attempt(
            call.opened.reference,
            call.name,
            claimed.genesys_id,
            call.opened.channel,
            address,
            call.opened.at,
        )
        self.organisation.contacted.append(Engagement(attempt_made, claimed.contact, "Hello"))
        self.organisation.conversations[number] = attempt_made

    def note_releases(self, names: set[str]) -> None:
        self.risked |= {ADDRESSES[name] for name in names}

    def standing(self) -> dict[str, str]:
        return {n: s.partition(":")[0] for n, s in states(self.processes[0].ledger).items()}

    def come_to_rest(self) -> None:
        """Everybody dies, a last process cleans up: whoever was reached stands so, nobody is left over."""
        for run in self.processes:
            kill(run.ledger)
        last = self.start()
        release_dead_executors(last.ledger)
        for _ in range(4):
            self.clock.advance(61)
            reconcile(last)
        standing = {n: s.partition(":")[0] for n, s in states(last.ledger).items()}
        assert not {"intent", "unknown"} & set(standing.values())
        reached = {e.attempt.external_contact_id for e in self.organisation.contacted}
        recorded = {name for name, state in standing.items() if state in ("started", "ended", "held")}
        assert {name for name in reached - recorded if ADDRESSES[name] not in self.risked} == set()
        claimed = {name for name, state in standing.items() if state in ("started", "ended")}
        assert claimed - reached <= self.lied
        risky = (
            {f"{prove(last.ledger, last.campaign).contacted_twice} contacted twice"} if self.risked else set()
        )
        assert set(prove(last.ledger, last.campaign).missing) <= risky


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
