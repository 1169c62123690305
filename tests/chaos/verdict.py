"""The far end's truth against the ledger's word: who was contacted twice, who was lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from typing_extensions import Self

from outreach.ledger.campaigns import Campaign
from outreach.ledger.database.schema import audit, contacts
from outreach.ledger.ledger import Ledger
from outreach.ledger.proof import prove
from outreach.ledger.states import CONTACTED, RESTING
from tests.chaos.crowd import Crowd

DOUBTS = ("unknown", "process_died", "process_ended")
RESOLVED_SHARE = 0.95
RECOVERY_SECONDS = 5.0
DROPPED_SHARE = 0.02


class Sums:
    """Figures of rounds, each of which can be added up: numbers, and lists of words."""

    def add(self, other: Self) -> None:
        """Another round's."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass
class Verdict(Sums):
    """What one round, or many, came to. Counts are of people, but for kills, drops and webhooks."""

    rounds: int = 0
    kills: int = 0
    overlaps: int = 0
    dropped: int = 0
    faults: int = 0
    people: int = 0
    contacted: int = 0
    contacted_twice: int = 0
    lost: int = 0
    doubts: int = 0
    found: int = 0
    released: int = 0
    never_sent: int = 0
    held: int = 0
    poison: int = 0
    unbalanced: int = 0
    webhooks_lost: int = 0
    over_limit: int = 0
    recovery_seconds: list[float] = field(default_factory=list)
    busy_seconds: list[float] = field(default_factory=list)
    """The same, but measured while the machine had more to do than it can: not judged."""
    wrong: list[str] = field(default_factory=list)

    @property
    def resolved_share(self) -> float:
        """Of the doubts that are over, those that needed no person."""
        over = self.found + self.released + self.held
        return (self.found + self.released) / over if over else 1.0

    @property
    def slowest(self) -> float:
        """Seconds from a kill to the next new contact, at the worst."""
        return max(self.recovery_seconds, default=0.0)

    @property
    def off(self) -> list[str]:
        """Every promise that was not kept, and every demand on the test itself."""
        kept = {
            f"{self.contacted_twice} contacted twice": not self.contacted_twice,
            f"{self.lost} lost": not self.lost,
            f"{self.over_limit} requests over a limit": not self.over_limit,
            f"{self.unbalanced} proofs not balanced": not self.unbalanced,
            f"{self.webhooks_lost} webhooks lost": not self.webhooks_lost,
            f"only {self.resolved_share:.1%} of the doubts resolved": self.resolved_share >= RESOLVED_SHARE,
            f"{self.slowest:.1f} s from a kill to the next contact": self.slowest < RECOVERY_SECONDS,
            f"only {self.dropped} answers dropped": self.dropped >= DROPPED_SHARE * self.contacted,
            f"only {self.kills} kills in {self.rounds} rounds": self.kills >= self.rounds,
        }
        return [*(line for line, holds in kept.items() if not holds), *self.wrong]

    @property
    def holds(self) -> bool:
        """Whether every promise was kept."""
        return not self.off

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        shares = {"resolved_share": round(self.resolved_share, 4), "slowest_recovery": round(self.slowest, 2)}
        return {**asdict(self), **shares, "off": self.off, "holds": self.holds}


def judge(ledger: Ledger, campaign: Campaign, crowd: Crowd, truth: list[dict[str, Any]]) -> Verdict:
    """Hold the ledger to the truth: one row for every contact that really happened in this round."""
    reached = Counter((row["channel"], row["to"]) for row in truth)
    proof = prove(ledger, campaign)
    with ledger.db.read() as connection:
        mine = contacts.c.campaign_id == campaign.id
        rows = connection.execute(select(contacts).where(mine)).all()
        chosen = select(audit.c.action, audit.c.detail).where(audit.c.campaign_id == campaign.id)
        actions = Counter(
            action
            for action, detail in connection.execute(chosen)
            if action not in DOUBTS or '"state":"unknown"' in detail
        )
    said = {row.conversation_id for row in rows if row.state in CONTACTED}
    happened = {row["conversation_id"] for row in truth}
    restless = sum(row.state not in RESTING for row in rows)
    held = sum(row.state == "held" for row in rows)
    # Whom nobody reached must be held for a person; whom somebody reached must stand so in the ledger.
    unreached = crowd.people - len(reached) - sum(row.state == "held" for row in rows)
    unrecorded = len(happened - said) - held
    return Verdict(
        rounds=1,
        people=crowd.people,
        contacted=len(truth),
        contacted_twice=sum(times > 1 for times in reached.values()) + proof.contacted_twice,
        lost=max(unreached, 0) + restless + max(unrecorded, 0) + len(said - happened),
        doubts=sum(actions[action] for action in DOUBTS),
        found=actions["found"],
        released=actions["released"],
        never_sent=actions["never_sent"],
        held=held,
        poison=sum(row.reason == "poison" for row in rows),
        unbalanced=not proof.balanced or proof.source_rows != crowd.rows,
        webhooks_lost=proof.webhooks["dead"],  # what still waits is counted at the end: `playing.drain`
        wrong=list(proof.missing),
    )
