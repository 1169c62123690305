"""`python -m tests.chaos.campaign_route --rounds 100`: chaos for the campaign route.

Each round: people, every third by e-mail alone, one unknown of the fact sheet the other way, lost answers,
processes that are killed before or after any one of their requests, in half of them a stranger who recycles
our campaigns, in half of them two numbers. All senders send at the same time. The emulator's clock moves only
while we wait, so a round takes seconds. At the end its truth is held against the ledger.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from random import Random
from typing import Any

from outreach.contacts import Channel
from outreach.errors import GenesysError, LedgerError
from outreach.genesys.http.client import Connection, ReadyRequest
from outreach.genesys.http.exchange import Received
from outreach.genesys.senders import Sender
from outreach.ledger.states import CONTACTED, RESTING, State
from tests.chaos.verdict import Sums
from tests.support.emulation import UNLIMITED
from tests.support.emulator_clients import logged_in
from tests.support.emulator_server import EmulatorControl, EmulatorServer
from tests.support.hand_overs import (
    MORE,
    TEMPLATE,
    address,
    desk,
    mail_address,
    mailed,
    person,
    prepare,
)

TRIES = 12
SECOND = (Sender(Channel.SMS, MORE),)
DONE, RESTLESS = 0, 3
OPERATIONS = (
    *("campaigns.*", "contact_lists.*", "list_contacts.*", "list_export.*", "campaign_schedule.*"),
    *("attempt_limits.*", "rule_sets.*", "analytics.query", "email_schedule.*"),
)
KINDS = (
    ("act_then_reset", 0.05),
    ("reset_before", 0.03),
    ("error_after_effect", 0.03),
    ("truncated_json", 0.03),
)
SWITCHES: tuple[dict[str, Any], ...] = (
    {},
    {"requeues_when_not_told": False},
    {"refused_add": "part"},
    {"broken_adds": 0.3},
    {"contact_ids": "guid", "longest_contact_id": 36},
    {"same_id_twice": "refused"},
    {"add_order": "shuffled"},
    {"same_campaign_name": "allowed"},
    {"name_filter": "exact"},
    {"start_seconds": 30},
    {"stop_seconds": 20},
    {"start_of_running": "refused"},
    {"start_of_complete": "refused"},
    {"stop_of_off": "refused"},
    {"stop_of_complete": "accepted"},
    {"always_running": "completes"},
    {"burst": 5},
    {"over_rate": "THROTTLED"},
    {"handover_seconds": 10},
    {"in_flight_at_stop": "dropped"},
    {"in_flight_at_stop": "returned"},
    {"ambiguous": 0.1},
    {"throttled": 0.1},
    {"throttled": 0.1, "throttled_is_retried": True},
    {"throttled": 0.1, "throttled_is_retried": True, "throttled_is_an_attempt": False},
    {"failed": 0.1, "not_sent_counts_as_messaged": False},
    {"resolves_identity": True},
    {"attempt_limits": "ignored"},
    {"attempt_limits": "end_with_recycle"},
    {"rules_after_contact": "ignored"},
    {"uncontactable_stops_queued": False},
    {"skip_is_last_result": True},
    {"recycle_resets_progress": False},
    {"requeued_counts_twice": True, "recycle_resets_progress": False},
    {"result_seconds": 30},
    {"result_words": "OUTBOUND_MESSAGE_SENT"},
    {"contactable_key": "SMS"},
    {"export": "stale"},
    {"export": "half"},
    {"export": "twice"},
    {"export_seconds": 20},
    {"export_redirects": True},
    {"email_results_in_export": False},
)


@dataclass
class Verdict(Sums):
    """What came of so many rounds."""

    rounds: int = 0
    people: int = 0
    reached: int = 0
    contacted_twice: int = 0
    lost: int = 0
    unbalanced: int = 0
    kills: int = 0
    recycles: int = 0
    held: int = 0
    failed: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not (self.contacted_twice or self.lost or self.unbalanced or self.wrong)


@dataclass(frozen=True)
class Fate:
    """What befalls one process: at which of its requests it is killed, and when a stranger recycles."""

    kill_at: int = 0
    before: bool = True
    recycle_at: int = 0
    several: bool = False
    """Whether two numbers send."""


def play(
    database: str, rounds: int, seed: int, told: Callable[[int, Verdict], None] = lambda *_: None
) -> Verdict:
    """Play so many rounds on `sqlite` or `postgres`."""
    total, random = Verdict(), Random(seed)
    with ledgers_of(database) as new_ledger, EmulatorServer(UNLIMITED) as genesys:
        for number in range(rounds):
            with new_ledger() as ledger:
                total.add(play_round(genesys, ledger, number, random))
            told(number + 1, total)
    return total


@contextlib.contextmanager
def ledgers_of(database: str) -> Iterator[Callable[[], contextlib.AbstractContextManager[str]]]:
    """What gives each round the URL of an empty ledger."""
    if database == "sqlite":
        yield in_a_folder
        return
    from tests.support.postgres import postgres

    with postgres() as server:
        yield lambda: contextlib.nullcontext(server.new_database())


@contextlib.contextmanager
def in_a_folder() -> Iterator[str]:
    """The URL of a SQLite ledger that goes with the block."""
    with tempfile.TemporaryDirectory(prefix="outreach-route-") as folder:
        yield f"sqlite:///{folder}/ledger.db"


def play_round(genesys: EmulatorControl, ledger: str, number: int, random: Random) -> Verdict:
    """One round."""
    people = random.randint(30, 90)
    switches = SWITCHES[number % len(SWITCHES)]
    recycles, several = random.random() < 0.5, random.random() < 0.5
    verdict = Verdict(rounds=1, people=people, recycles=int(recycles))
    genesys.reset()
    prepare(genesys, outbound=switches, faults=faults(), seed=random.randrange(2**31))
    for _ in range(random.randint(1, 3)):
        fate = Fate(
            random.randint(1, 60), random.random() < 0.5, random.randint(20, 60) if recycles else 0, several
        )
        verdict.kills += in_a_process(genesys.url, ledger, people, fate) == -signal.SIGKILL
    genesys.configure(faults=[], outbound={} if "export" in switches else switches)
    ended = in_a_process(genesys.url, ledger, people, Fate(recycle_at=25 if recycles else 0, several=several))
    if ended != DONE:
        verdict.wrong.append(f"round {number} {switches}: the last process ended with {ended}")
    judge(genesys, ledger, people, verdict, f"round {number} {switches}")
    return verdict


def faults() -> list[dict[str, object]]:
    """Answers that are lost, before and after the effect."""
    return [
        {"kind": kind, "operation": operation, "probability": share}
        for operation in OPERATIONS
        for kind, share in KINDS
    ]


def in_a_process(url: str, ledger: str, people: int, fate: Fate) -> int:
    """The exit code of a forked process that works on the campaign; negative for a signal."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        code = work(url, ledger, people, fate)
    except BaseException:  # noqa: BLE001 - whatever it is, the parent goes by the code
        traceback.print_exc()
    os._exit(code)


def work(url: str, ledger: str, people: int, fate: Fate) -> int:
    """Again and again, until everybody is at rest."""
    genesys = EmulatorControl()
    genesys.url = url
    more = SECOND if fate.several else ()
    with desk(ledger, genesys, more=more, email_template_id=TEMPLATE) as at_work:
        befall(at_work.run.genesys.connection, url, fate)  # type: ignore[attr-defined]  # the platform's
        for _ in range(TRIES):
            try:
                at_work.work([somebody(each) for each in range(people)])
            except (GenesysError, LedgerError) as error:
                if os.environ.get("CHAOS_SHOWS"):
                    print(error, file=sys.stderr)
            if {State(state) for state in at_work.states()} <= RESTING:
                return DONE
            at_work.run.ledger.clock.sleep(30)
    return RESTLESS


def befall(connection: Connection, url: str, fate: Fate) -> None:
    """Let the fate come at the request that it names."""
    send, count = connection.send, Counter[str]()

    def sent(ready: ReadyRequest) -> Received:
        count["sent"] += 1
        if count["sent"] == fate.recycle_at:
            recycle(url)
        if count["sent"] == fate.kill_at and fate.before:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return send(ready)
        finally:
            if count["sent"] == fate.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    connection.send = sent  # type: ignore[method-assign]


def recycle(url: str) -> None:
    """A stranger recycles whatever campaigns there are."""
    path = "/api/v2/outbound/messagingcampaigns"
    with logged_in(url) as stranger:
        for _ in range(5):  # the weather is everybody's
            try:
                found = stranger.get(path).json()["entities"]
                for each in found:
                    stranger.delete(f"{path}/{each['id']}/progress")
            except Exception:  # noqa: BLE001
                continue
            return


def somebody(number: int) -> dict[str, object]:
    """Every third is reached by e-mail alone."""
    return mailed(number) if number % 3 == 2 else person(number)


def judge(genesys: EmulatorControl, ledger: str, people: int, verdict: Verdict, name: str) -> None:
    """The truth against the ledger."""
    genesys.advance(3600)
    reached = Counter(row["to"] for row in genesys.truth()["contacts"])
    with desk(ledger, genesys) as at_work:
        rows, proof = at_work.rows(), at_work.proof()
    states = {row.external_contact_id: State(row.state) for row in rows}
    verdict.reached += len(reached)
    verdict.contacted_twice += sum(times > 1 for times in reached.values()) + proof.contacted_twice
    verdict.held += sum(state is State.HELD for state in states.values())
    verdict.failed += sum(state is State.FAILED for state in states.values())
    for each in range(people):
        state = states.get(f"EXT-{each}")
        is_reached = bool({address(each), mail_address(each)} & reached.keys())
        if is_reached and state not in (*CONTACTED, State.HELD):
            verdict.lost += 1
            verdict.wrong.append(f"{name}: reached, and the ledger says {state}")
        elif not is_reached and state not in (State.HELD, State.FAILED):
            verdict.lost += 1
            verdict.wrong.append(f"{name}: not reached, and the ledger says {state}")
    reasons = Counter(row.reason for row in rows if row.state in (State.HELD, State.FAILED))
    if reasons.total() > people / 3:
        verdict.notes.append(f"{name}: {dict(reasons)} of {people}")
    if not proof.balanced:
        verdict.unbalanced += 1
        verdict.wrong.append(f"{name}: {proof.missing}")
    if calls := {"emails.agentless", "messages.agentless"} & genesys.metrics()["by_operation"].keys():
        verdict.wrong.append(f"{name}: not by the engine alone: {calls}")
    if any(times > 1 for times in reached.values()):
        verdict.wrong.append(f"{name}: somebody was contacted twice")


def main(arguments: list[str] | None = None) -> int:
    """Play, print, and say by the exit code whether every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.campaign_route", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)

    def tell(number: int, total: Verdict) -> None:
        told = {name: value for name, value in asdict(total).items() if name not in ("wrong", "notes")}
        print(
            number,
            json.dumps(told),
            *dict.fromkeys((*total.wrong[-3:], *total.notes[-1:])),
            sep="\n  ",
            file=sys.stderr,
            flush=True,
        )

    verdict = play(options.database, options.rounds, options.seed, tell)
    print(json.dumps({**asdict(verdict), "holds": verdict.holds}))
    return 0 if verdict.holds else 1


if __name__ == "__main__":
    sys.exit(main())
