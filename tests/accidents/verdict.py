"""What came of a round: the far end's truth beside the ledger's word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select

from outreach.contacts import Contact
from outreach.ledger.campaigns import find_campaign
from outreach.ledger.database.schema import contacts
from outreach.ledger.opening import open_ledger
from outreach.ledger.proof import prove
from outreach.ledger.states import CONTACTED
from tests.accidents.stage import Stage
from tests.accidents.worker import CAMPAIGN, KEY

JUSTIFIED = {"suppressed", "same_address"}
"""Reasons of those who are on a list, and of the second row of an address."""


@dataclass
class Count:
    """One sum, counted at the far end and by the ledger."""

    far_end: int = 0
    ledger: int = 0

    def __bool__(self) -> bool:
        return bool(self.far_end or self.ledger)

    def add(self, other: Count) -> None:
        """Another round's."""
        self.far_end += other.far_end
        self.ledger += other.ledger


@dataclass
class Verdict:
    """One round's sums, or those of many."""

    rounds: int = 0
    kills: int = 0
    people: int = 0
    contacted: int = 0
    twice: Count = field(default_factory=Count)
    listed: Count = field(default_factory=Count)
    held: Count = field(default_factory=Count)
    left: Count = field(default_factory=Count)
    doubts: int = 0
    """Held rightly: the call was on its way when its process was killed, or when the ledger was put back."""
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        """Another round's."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(mine, Count):
                mine.add(value)
            else:
                setattr(self, name, mine + value)

    @property
    def sums(self) -> dict[str, Count]:
        """The four that must be 0."""
        return {
            "contacted twice": self.twice,
            "contacted although listed": self.listed,
            "held though innocent": self.held,
            "left behind by a green run": self.left,
        }

    @property
    def holds(self) -> bool:
        """Whether every sum is 0 and nothing else went wrong."""
        return not any(self.sums.values()) and not self.wrong

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {**asdict(self), "holds": self.holds}


def judge(stage: Stage, names: Iterable[str], number: int) -> Verdict:
    """Hold the ledger to the truth, once peace has come."""
    reached = Counter(row.address for row in stage.emulator.org.truth.rows)
    with open_ledger(stage.place.direct, keys=[KEY], actor="judge") as ledger:
        proof = prove(ledger, find_campaign(ledger, CAMPAIGN))
        rows = ledger.db.rows(select(contacts))
        address = {row.id: _address(ledger.vault.open(row.payload)) for row in rows}
    said = {address[row.id] for row in rows if row.state in {str(state) for state in CONTACTED}}
    unserved = stage.crowd.innocent - said
    kept = {address[row.id]: row for row in rows if _is_kept(row) and address[row.id] in unserved}
    doubtful = {
        name
        for name, row in kept.items()
        if row.state == "held" and (row.reference in stage.let_go or (stage.restored and reached[name]))
    }
    green = [report for report in stage.reports if report.verdict == "green"]
    missed = stage.crowd.innocent - set(reached) - set(kept) if green else set()
    verdict = Verdict(
        rounds=1,
        kills=stage.kills,
        people=len(stage.crowd.addresses),
        contacted=sum(reached.values()),
        twice=Count(sum(times > 1 for times in reached.values()), proof.contacted_twice),
        listed=Count(len(stage.crowd.listed & set(reached)), len(stage.crowd.listed & said)),
        held=Count(len([n for n in kept if not reached[n] and n not in doubtful]), len(set(kept) - doubtful)),
        left=Count(len(missed), sum(report.left for report in green)),
        doubts=len(doubtful),
    )
    verdict.wrong = [
        f"round {number} ({', '.join(names)}): {line}" for line in _oddities(stage, balanced=proof.balanced)
    ]
    if any(verdict.sums.values()):
        held = Counter(f"{row.state} {row.reason}" for row in kept.values())
        sums = {name: (count.far_end, count.ledger) for name, count in verdict.sums.items() if count}
        verdict.wrong.append(f"round {number} ({', '.join(names)}): {sums} {dict(held) or ''}")
    return verdict


def _is_kept(row: Any) -> bool:
    """Whether somebody waits for a person, or for a time to come, who need not."""
    return row.state in ("held", "deferred", "failed") or (
        row.state == "blocked" and row.reason not in JUSTIFIED
    )


def _address(payload: str) -> str:
    return next(iter(Contact.model_validate_json(payload).channels.addresses().values()))


def _oddities(stage: Stage, *, balanced: bool) -> list[str]:
    last = stage.reports[-1]
    found = [f"{r.verdict}: {r.said}" for r in stage.reports if r.verdict in ("traceback", "hung")]
    if last.verdict != "green":
        found.append(f"no green run in the end: {last.verdict}: {last.said}")
    if not balanced:
        found.append("the proof is red")
    return found
